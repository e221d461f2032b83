"""Every answer has the same headers and every error the same shape, whatever kind of route it comes from."""

import asyncio
import logging
from typing import Any, cast

import httpx2
import pytest
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message

from omilink.app.services import Services
from omilink.errors import NotFound
from omilink.web import bodies, headers
from omilink.web.pipeline import Pipeline
from omilink.web.plain_route import IS_HEAD, PlainRoute

FILE = "bytes */10"


async def sent(request: Request) -> Response:
    first = await bodies.beginning(request.receive)
    return Response(b"".join([chunk async for chunk in bodies.chunks(first, request)]))


async def missing(_: Request) -> Response:
    raise NotFound("There is no such thing.")


async def broken(_: Request) -> Response:
    raise ZeroDivisionError("words that somebody said")


async def gone(_: Request) -> Response:
    raise ClientDisconnect


async def whether_head(request: Request) -> Response:
    return Response(headers={"X-Head": str(IS_HEAD in request.scope)})


async def half(_: Request) -> Response:
    async def parts() -> Any:
        yield b"half"
        raise ZeroDivisionError

    return StreamingResponse(parts())


async def no_such_part(_: Request) -> Response:
    return PlainTextResponse("no", 416, {"Content-Range": FILE})


async def own_headers(_: Request) -> Response:
    return Response(headers={"Cache-Control": "max-age=5"})


ENDPOINTS = (sent, missing, broken, gone, whether_head, half, no_such_part, own_headers)
KINDS = ("plain", "starlette", "fastapi")
"""Of routes."""


def make_pipeline() -> Pipeline:
    router = APIRouter()
    for endpoint in ENDPOINTS:
        method = "POST" if endpoint is sent else "GET"
        router.routes += [
            PlainRoute(f"/plain/{endpoint.__name__}", endpoint, method=method, describe=lambda schemas: {}),
            Route(f"/starlette/{endpoint.__name__}", endpoint, methods=[method]),
        ]
        router.add_api_route(f"/fastapi/{endpoint.__name__}", endpoint, methods=[method])
    return Pipeline(cast(Services, object()), router)


def ask(path: str, method: str = "GET", **more: Any) -> httpx2.Response:
    async def send() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=make_pipeline())
        async with httpx2.AsyncClient(transport=transport, base_url="http://omilink") as client:
            return await client.request(method, path, **more)

    return asyncio.run(send())


def is_explained(answer: httpx2.Response, status: int, code: str) -> bool:
    return answer.status_code == status and answer.json()["error"] == code and has_all_headers(answer)


def has_all_headers(answer: httpx2.Response) -> bool:
    return all(answer.headers.get(name) == value for name, value in headers.SECURITY.items())


@pytest.mark.parametrize("kind", KINDS)
def test_errors_have_one_shape(kind: str) -> None:
    assert is_explained(ask(f"/{kind}/missing"), 404, "not_found")
    assert is_explained(ask(f"/{kind}/nothing"), 404, "not_found")
    assert is_explained(ask(f"/{kind}/missing", "POST"), 405, "method_not_allowed")


@pytest.mark.parametrize("kind", KINDS)
def test_what_starlette_says_in_plain_text_becomes_json(kind: str) -> None:
    part = ask(f"/{kind}/no_such_part")
    assert is_explained(part, 416, "range_not_satisfiable") and part.headers["content-range"] == FILE


@pytest.mark.parametrize("kind", KINDS)
def test_a_bug_is_logged_without_the_address_and_answered_without_a_reason(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = ask(f"/{kind}/broken?token=secret")
    assert is_explained(answer, 500, "internal") and "words" not in answer.text
    [record] = caplog.records
    assert record.getMessage() == "GET broken failed" and record.exc_info


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_keeps_the_headers_that_it_sets_itself(kind: str) -> None:
    answer = ask(f"/{kind}/own_headers")
    assert answer.headers.get_list("cache-control") == ["max-age=5"]
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("kind", KINDS)
def test_head_is_routed_as_get(kind: str) -> None:
    assert ask(f"/{kind}/whether_head", "HEAD").headers["x-head"] == "True"
    assert ask(f"/{kind}/whether_head").headers["x-head"] == "False"


def test_a_plain_route_gets_the_body_as_it_was_sent_and_others_unpacked() -> None:
    packed = {"content": b"not gzip", "headers": {"Content-Encoding": "gzip"}}
    assert ask("/plain/sent", "POST", **packed).content == b"not gzip"
    assert is_explained(ask("/starlette/sent", "POST", **packed), 400, "bad_request")


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_after_the_beginning_of_an_answer_is_the_servers(kind: str) -> None:
    with pytest.raises((ZeroDivisionError, ExceptionGroup)):
        ask(f"/{kind}/half")


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_answered_who_has_gone(kind: str) -> None:
    answered: list[Message] = []

    async def send(message: Message) -> None:
        answered.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": f"/{kind}/gone", "query_string": b"", "headers": []}
    asyncio.run(make_pipeline()(scope | {"client": None}, receive, send))
    assert answered == []
