"""The page of /docs, to try the routes out. Its script comes from a package, so it works offline and no other site's
script runs here."""

from importlib.resources import files
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

PAGE = Path(__file__).parents[1] / "static" / "docs.html"
PARTS = ("swagger-ui-bundle.js", "swagger-ui.css")


async def docs(_: Request) -> Response:
    return FileResponse(PAGE)


async def part(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in PARTS:
        raise HTTPException(404)
    return FileResponse(str(files("fastapi_offline") / "static" / name))


routes = [Route("/docs", docs), Route("/docs/{name}", part)]
