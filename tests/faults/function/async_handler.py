"""`async def handle`: everything that an async handler may do, selected by the request's path."""

import asyncio
import os
import time
from collections.abc import Iterator
from typing import Any

import flask
import httpx2
from openai import AsyncStream

from faas_stream import passthrough, stream

from . import async_openai, in_loop

http = httpx2.AsyncClient()


async def handle(req: str) -> Any:
    return await globals()[flask.request.path.strip("/")](req)


async def streams(req: str) -> Any:
    return stream(async_openai.create(req))


async def awaits(req: str) -> Any:
    """Awaits the call itself, so that its status is known before there is a response."""
    chunks: AsyncStream[Any] = await async_openai.create(req)
    return stream(chunks)


async def passed(req: str) -> Any:
    """An event stream of upstream, passed through."""
    body = {"stream": True, "messages": [{"role": "user", "content": req}]}
    request = http.build_request("POST", os.environ["openai_base_url"] + "/chat/completions", json=body)
    return passthrough(await http.send(request, stream=True))


async def text(_req: str) -> str:
    await asyncio.sleep(0)
    return f"text for {flask.request.headers['X-Call-Id']}"


async def relayed(req: str) -> Any:
    """A response of Flask's own, whose generator is sync."""
    await asyncio.sleep(0)
    return flask.Response(_frames(req), mimetype="text/event-stream")


async def silent(_req: str) -> Any:
    try:
        await asyncio.sleep(60)
    finally:
        print("the handler was cancelled", flush=True)


async def raises(req: str) -> Any:
    await in_loop.raising(req)


async def blocks_before_it_returns(req: str) -> str:
    time.sleep(float(req))
    return "late"


def _frames(req: str) -> Iterator[str]:
    yield f"data: {req}\n\n"
    yield "data: [DONE]\n\n"
