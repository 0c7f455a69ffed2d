"""Connections to upstream: aiohttp behind the interface of the SDKs' HTTP library.

| what happens | what is done |
|---|---|
| HTTPS_PROXY, HTTP_PROXY, NO_PROXY are set | they apply |
| a kept connection is dead before the request was sent whole, and nothing was received on it | another one is used |
| a connection dies at any other time | an error, and nothing is sent again: a repeated prompt is paid for twice |
| upstream redirects | its response is returned as it is: the key would go to wherever upstream points |
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from types import SimpleNamespace
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
from yarl import URL

CONNECT_TIMEOUT_S = 10.0
"""Limits connecting alone. The template's settings limit how long an answer may take."""

MAX_CONNECTIONS = 4000
"""The highest value of `max_streams`. By default the library allows 100, and further streams would wait."""

KEPT_S = 4.0
"""How long an idle connection is kept: less than the 5 s after which Node and uvicorn close theirs, because a request
that is on its way while upstream closes the connection is lost."""

_PIECE_BYTES = 64 * 1024


class LostError(aiohttp.ClientError):
    """The connection has died. After an error of aiohttp's own classes, aiohttp would repeat a GET by itself."""


@dataclass
class Attempt:
    """One request on one connection. is_kept: an earlier request has used the connection."""

    is_kept: bool = False
    is_sent_whole: bool = False

    async def body(self, content: bytes) -> AsyncIterator[bytes]:
        """The body in pieces. The writer asks for more only after it has sent the last one: then the body is sent."""
        for start in range(0, len(content), _PIECE_BYTES):
            yield content[start : start + _PIECE_BYTES]
        self.is_sent_whole = True


class Connections(httpx2.AsyncBaseTransport):
    """Sends requests, whose bodies are bytes. Belongs to the event loop that sends the first one."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._certificates = httpx2.create_ssl_context()  # now, because reading them would hold up the event loop

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises httpx2.TransportError."""
        self._session = self._session or _session(self._certificates)
        content, url = await request.aread(), URL(str(request.url), encoded=True)
        while True:
            attempt = Attempt()
            try:
                response = await self._session.request(
                    request.method,
                    url,
                    headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                    data=attempt.body(content) if content else None,
                    allow_redirects=False,
                    proxy=_proxy(url.scheme, url.host or ""),
                    trace_request_ctx=attempt,
                )
            except (aiohttp.ClientError, TimeoutError) as error:
                attempt.is_sent_whole |= not content and not _was_closed(error)
                if attempt.is_kept and not attempt.is_sent_whole and not isinstance(error, TimeoutError):
                    continue
                raise _error(error) from error
            return httpx2.Response(
                response.status, headers=list(response.raw_headers), stream=_Body(response), request=request
            )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, TimeoutError) as error:
            raise httpx2.ReadError(str(error)) from error

    async def aclose(self) -> None:
        self._response.release()  # a response that was not read to its end closes its connection


def _session(certificates: SSLContext) -> aiohttp.ClientSession:
    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(_note_kept)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=KEPT_S, ssl=certificates),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=[_lose],
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
        trace_configs=[tracing],
    )


@cache
def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names. `trust_env` of the session would read it and a .netrc for each request."""
    address = getproxies().get(scheme)
    if not address or proxy_bypass(host):
        return None
    return address if "://" in address else f"http://{address}"


async def _note_kept(_session: aiohttp.ClientSession, context: SimpleNamespace, _parameters: object) -> None:
    context.trace_request_ctx.is_kept = True
    for _ in range(3):  # the event loop sees by then whether upstream has closed the connection meanwhile
        await asyncio.sleep(0)


async def _lose(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise LostError(str(error)) from error


def _was_closed(error: BaseException) -> bool:
    """True if nothing could be written, because the connection had been closed before."""
    return isinstance(error.__cause__ or error, aiohttp.ClientConnectionResetError)


def _error(error: BaseException) -> httpx2.TransportError:
    if isinstance(error, TimeoutError):
        return httpx2.ConnectTimeout(str(error))
    is_unreachable = isinstance(error, aiohttp.ClientConnectorError)
    return httpx2.ConnectError(str(error)) if is_unreachable else httpx2.RemoteProtocolError(str(error))
