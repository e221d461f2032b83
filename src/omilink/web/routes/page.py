"""What a browser loads: the page at `/`, which is the app's web export as script/build-page made it, the page of /docs,
and the JavaScript client's modules for pages without a build."""

import re
from collections.abc import Sequence
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGE = Path(__file__).parents[2] / "page"
HASHED = re.compile(r".*-[0-9a-f]{16}\.\w+")
FOR_EVER = "public, max-age=31536000, immutable"
SUFFIXES = {"br": ".br", "gzip": ".gz", "identity": ""}
"""Suffixes of the compressed files, by content coding. Of two codings that are accepted alike the first is used."""
WEIGHTED = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")


async def start(_: Request) -> Response:
    return FileResponse(PAGE / "index.html")


class Files(StaticFiles):
    """Serves files. A file with a hash in its name never changes: browsers keep it, and get it compressed if they
    accept that."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not HASHED.fullmatch(path):
            return await super().get_response(path, scope)
        coding = best_coding(", ".join(Headers(scope=scope).getlist("accept-encoding")), list(SUFFIXES))
        response = await super().get_response(path + SUFFIXES[coding], scope)
        response.headers["Cache-Control"] = FOR_EVER
        response.headers["Vary"] = "Accept-Encoding"
        if coding != "identity":
            response.headers["Content-Encoding"] = coding
        return response


def best_coding(accept_encoding: str, offered: Sequence[str]) -> str:
    """The content coding to answer with (RFC 9110, 12.5.3). `offered` ends with "identity", which everybody accepts."""
    weights = {
        found[1].lower(): float(found[2] or 1)
        for each in accept_encoding.split(",")
        if (found := WEIGHTED.fullmatch(each))
    }

    def weight(coding: str) -> float:
        if coding == "identity":
            return weights.get(coding, 0) or 0.0001  # below every other weight that is not 0
        return weights.get(coding, weights.get("*", 0))

    return max(offered, key=weight)


routes = [
    Route("/", start, include_in_schema=False),
    Mount("/page", Files(directory=PAGE, packages=[("omilink.web", "static")], follow_symlink=True), name="page"),
]
