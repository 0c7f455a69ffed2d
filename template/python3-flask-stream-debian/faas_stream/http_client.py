"""An HTTP client for sync SDKs whose blocked reads the template can end.

    client = OpenAI(api_key=secret_source("openai-api-key"), http_client=http_client())

A thread that waits in a read cannot be interrupted in Python, but its socket can be shut down. httpcore documents
an interface for network backends. The backend here notes which socket a request's thread reads from. It needs the SDK's
own HTTP library, and nothing private of that.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from importlib import import_module
from typing import Any
from urllib.request import getproxies


class Cancellation:
    """Whether one request may still use its connections to upstream. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a garbage collection while it is held may call `release`
        self._sockets: set[socket.socket] = set()
        self._is_cancelled = False

    def cancel(self) -> None:
        """Shuts down every connection in use, so that a blocked read ends; every later use fails. May be repeated."""
        with self._lock:
            self._is_cancelled = True
            for upstream in list(self._sockets):
                _shut_down(upstream)

    def check(self) -> None:
        """Raises ConnectionAbortedError if the request is cancelled."""
        if self._is_cancelled:
            raise ConnectionAbortedError("the answer has ended, so nothing more is sent to upstream or read from it")

    def use(self, upstream: socket.socket) -> None:
        """The request uses this connection from now on. Raises ConnectionAbortedError."""
        with self._lock:
            self.check()
            self._sockets.add(upstream)

    def release(self, upstream: socket.socket) -> None:
        """The connection may serve another request. If this one is cancelled, it is shut down instead."""
        with self._lock:
            self._sockets.discard(upstream)
            if self._is_cancelled:
                _shut_down(upstream)


def _shut_down(upstream: socket.socket) -> None:
    with suppress(OSError):
        # Its close sends a reset then. Without one, an upstream that waits to send more may learn of the end only after
        # a minute: a socket that is shut down does not open its receive window again, whatever is read from it.
        upstream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The method of the plain socket: SSLSocket.shutdown drops the TLS state, which a thread that reads still uses.
        socket.socket.shutdown(upstream, socket.SHUT_RDWR)


CANCELLATION: ContextVar[Cancellation | None] = ContextVar("faas_stream.cancellation", default=None)
"""The cancellation of the request whose thread runs. Threads that copy the context, as LangChain's do, share it."""

_OWN_OPTIONS = ("transport", "mounts", "proxy", "http1", "http2")


def http_client(**options: Any) -> Any:
    """A client of the HTTP library that the installed OpenAI SDK uses (httpx2, or httpx), for `http_client=`.

    With it, a client's disconnect closes upstream's connection within a second while the SDK waits, and the SDK's
    retries send nothing. HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are honoured. options: those of the library's
    `Client`, for example `timeout=`, except those of `_OWN_OPTIONS`, which raise a TypeError. Raises ImportError if
    neither library is installed.
    """
    if own := [name for name in _OWN_OPTIONS if name in options]:
        raise TypeError(
            f"http_client() takes no {own[0]}: it makes its own connections, over HTTP/1.1. "
            "Set HTTPS_PROXY in the function's environment for a proxy"
        )
    httpx, httpcore = _libraries()
    verify, cert = options.pop("verify", None), options.pop("cert", None)
    verify = True if verify is None else verify
    is_default = verify is True and cert is None
    ssl_context = ssl.create_default_context() if is_default else httpx.create_ssl_context(verify=verify, cert=cert)
    limits = options.pop("limits", None) or httpx.Limits(max_keepalive_connections=100)
    transport = partial(_transport_class(httpx, httpcore), ssl_context, limits)
    direct = transport()
    mounts = {}
    proxies = getproxies() if options.get("trust_env", True) else {}
    for scheme in ("http", "https", "all"):
        if proxy := proxies.get(scheme):
            mounts[f"{scheme}://"] = transport(proxy if "://" in proxy else f"http://{proxy}")
    for host in filter(None, (host.strip() for host in proxies.get("no", "").split(","))):
        mounts["all://" if host == "*" else f"all://*{host}" if host.startswith(".") else f"all://{host}"] = direct
    options.setdefault("timeout", httpx.Timeout(600, connect=5))  # as OpenAI's SDK has it
    options.setdefault("follow_redirects", True)
    return httpx.Client(transport=direct, mounts=mounts, **options)


def _libraries() -> tuple[Any, Any]:
    for suffix in ("2", ""):
        with suppress(ImportError):
            return import_module(f"httpx{suffix}"), import_module(f"httpcore{suffix}")
    raise ImportError("http_client() needs httpx2 or httpx: add the SDK, openai for example, to requirements.txt")


def _transport_class(httpx: Any, httpcore: Any) -> Callable[..., Any]:
    """The transport, for one of the two libraries."""
    errors = {
        base: getattr(httpx, base.__name__)
        for base in (
            httpcore.ConnectTimeout, httpcore.ReadTimeout, httpcore.WriteTimeout, httpcore.PoolTimeout,
            httpcore.ConnectError, httpcore.ReadError, httpcore.WriteError, httpcore.ProxyError,
            httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, httpcore.RemoteProtocolError,
        )
    }  # fmt: skip

    @contextmanager
    def mapped() -> Iterator[None]:
        try:
            yield
        except tuple(errors) as error:
            raise next(to for base, to in errors.items() if isinstance(error, base))(str(error)) from error
        except ConnectionAbortedError as error:
            raise httpx.ReadError(str(error)) from error

    class Stream(httpcore.NetworkStream):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            self._inner = inner
            self._user: Cancellation | None = None

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            if (cancellation := CANCELLATION.get()) is not None:
                if cancellation is not self._user:
                    self.release()
                cancellation.use(self.get_extra_info("socket"))  # until its response is closed
                self._user = cancellation
            return bytes(self._inner.read(max_bytes, timeout))

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            if (cancellation := CANCELLATION.get()) is not None:
                cancellation.check()
            self._inner.write(buffer, timeout)

        def release(self) -> None:
            """The request that has read from it does not use it any more, whichever thread says so."""
            user, self._user = self._user, None
            if user is not None:
                user.release(self.get_extra_info("socket"))

        def close(self) -> None:
            self.release()
            self._inner.close()

        def start_tls(self, *arguments: Any, **options: Any) -> "Stream":
            return Stream(self._inner.start_tls(*arguments, **options))

        def get_extra_info(self, info: str) -> Any:
            return self._inner.get_extra_info(info)

    class Backend(httpcore.SyncBackend):  # type: ignore[misc]
        def connect_tcp(self, *arguments: Any, **options: Any) -> Stream:
            if (cancellation := CANCELLATION.get()) is not None:
                cancellation.check()
            return Stream(super().connect_tcp(*arguments, **options))

    class Body(httpx.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, network: Any) -> None:
            self._stream, self._network = stream, network

        def __iter__(self) -> Iterable[bytes]:
            with mapped():
                yield from self._stream

        def close(self) -> None:
            if isinstance(self._network, Stream):
                self._network.release()  # before another request can use the connection
            self._stream.close()

    class Transport(httpx.BaseTransport):  # type: ignore[misc]
        def __init__(self, ssl_context: ssl.SSLContext, limits: Any, proxy: str | None = None) -> None:
            options = {
                "ssl_context": ssl_context,
                "network_backend": Backend(),
                "max_connections": limits.max_connections,
                "max_keepalive_connections": limits.max_keepalive_connections,
                "keepalive_expiry": limits.keepalive_expiry,
            }
            if proxy is None:
                self._pool = httpcore.ConnectionPool(**options)
                return
            url = httpx.URL(proxy)
            auth = (url.username, url.password) if url.username else None
            self._pool = httpcore.HTTPProxy(str(url.copy_with(userinfo=b"")), proxy_auth=auth, **options)

        def handle_request(self, request: Any) -> Any:
            url = request.url
            target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
            with mapped():
                response = self._pool.handle_request(
                    httpcore.Request(
                        request.method,
                        target,
                        headers=request.headers.raw,
                        content=request.stream,
                        extensions=request.extensions,
                    )
                )
            body = Body(response.stream, response.extensions.get("network_stream"))
            return httpx.Response(
                response.status, headers=response.headers, stream=body, extensions=response.extensions
            )

        def close(self) -> None:
            self._pool.close()

    return Transport
