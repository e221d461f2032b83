"""The same server stack doing nothing: what a POST costs before omilink does anything with it."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def take(request: Request) -> JSONResponse:
    await request.body()
    return JSONResponse({"ok": True})


app = FastAPI(routes=[Route("/omi-webhook/{secret}", take, methods=["POST"])])
