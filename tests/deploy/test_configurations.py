"""Each line of the proxies' configurations is needed: what a stream is like without it, or with compression."""

import threading
from pathlib import Path

import pytest

from tests.deploy.curl import VERSIONS, post
from tests.deploy.proxies import CADDY, HAPROXY, NGINX, Proxy
from tests.deploy.speaking import HEADERS, Turns, first_and_silence
from tests.upstream import Call, Upstream

GZIP = "gzip on;\n    gzip_types *;\n    gzip_min_length 0;\n    gzip_proxied any;\n    "
COMPRESSION = "compression algo gzip\n    compression type text/event-stream\n    "


@pytest.mark.parametrize("version", VERSIONS)
def test_a_disconnect_in_silence_reaches_the_gateway(
    certificates: Path, upstream: Upstream, proxy: Proxy, version: str
) -> None:
    assert _disconnect_reaches(upstream, certificates, proxy, version, {}, 20)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (HAPROXY, {"    option abortonclose\n": ""}),
        (CADDY, {"reverse_proxy 127.0.0.1:8080": "reverse_proxy 127.0.0.1:8080 {\n\t\t\tflush_interval -1\n\t\t}"}),
    ],
    ids=["haproxy without abortonclose", "caddy with flush_interval -1"],
)
def test_a_disconnect_in_silence_stays_with_the_proxy(
    certificates: Path, upstream: Upstream, kind: Proxy, changes: dict[str, str], version: str
) -> None:
    assert not _disconnect_reaches(upstream, certificates, kind, version, changes, 1)


def _disconnect_reaches(
    upstream: Upstream, certificates: Path, kind: Proxy, version: str, changes: dict[str, str], within_s: float
) -> bool:
    upstream.script = first_and_silence
    with kind.start(upstream.port, certificates, changes) as running, post(running, version) as curl:
        assert "first" in curl.next_data()
        curl.disconnect()
        return upstream.calls[-1].disconnected.wait(within_s)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [(NGINX, {"read_timeout 60s": "read_timeout 1s"}), (HAPROXY, {"timeout server 60s": "timeout server 1s"})],
    ids=["nginx", "haproxy"],
)
def test_a_silence_without_heartbeats_is_cut(
    certificates: Path, upstream: Upstream, kind: Proxy, changes: dict[str, str]
) -> None:
    upstream.script = first_and_silence
    with kind.start(upstream.port, certificates, changes) as running, post(running) as curl:
        assert "first" in curl.next_data()
        assert "[DONE]" not in curl.rest()
    assert len(upstream.calls) == 1


@pytest.mark.parametrize(
    ("kind", "changes", "left_out", "is_live"),
    [
        (NGINX, {}, "X-Accel-Buffering", False),
        (NGINX, {"location /function": f"{GZIP}location /function"}, "", True),
        (HAPROXY, {"server gateway": f"{COMPRESSION}server gateway"}, "", True),
        (HAPROXY, {"server gateway": f"{COMPRESSION}server gateway"}, "Cache-Control", False),
        (CADDY, {"handle /function/*": "encode gzip\n\thandle /function/*"}, "", False),
    ],
    ids=[
        "nginx without the header", "nginx with gzip", "haproxy with compression",
        "haproxy with compression, without no-transform", "caddy with encode",
    ],
)  # fmt: skip
def test_buffering_and_compression_over_http_1(
    certificates: Path, upstream: Upstream, kind: Proxy, changes: dict[str, str], left_out: str, is_live: bool
) -> None:
    is_read, results = threading.Event(), list[bool]()

    def answer(call: Call) -> None:
        call.start(headers=[header for header in HEADERS if header[0] != left_out])
        call.delta("first" * 200)
        results.append(is_read.wait(20 if is_live else 0.5))
        call.finish()

    upstream.script = answer
    with (
        kind.start(upstream.port, certificates, changes) as running,
        post(running, "--http1.1", "--compressed") as curl,
    ):
        assert "first" in curl.next_data()
        is_read.set()
        assert "[DONE]" in curl.rest()
    assert results == [is_live]


@pytest.mark.parametrize(
    ("changes", "is_late"), [({}, False), ({"    option http-no-delay\n": ""}, True)], ids=["with", "without"]
)
def test_haproxy_without_tls_needs_http_no_delay(
    certificates: Path, upstream: Upstream, changes: dict[str, str], is_late: bool
) -> None:
    upstream.script = turns = Turns(5)
    plain = {" ssl crt /etc/ssl/openfaas/haproxy.pem alpn h2,http/1.1": ""}
    with HAPROXY.start(upstream.port, certificates, plain | changes) as running:
        running.url = running.url.replace("https", "http")
        with post(running) as curl:
            turns.read(curl)
    # The kernel keeps a segment that is not full for 200 ms, unless another follows, as after the last delta. The
    # shortest latency is not the busy machine's.
    assert (min(turns.latencies_s[:-1]) > 0.15) is is_late
