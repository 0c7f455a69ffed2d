"""docs/deploy.md's nginx, HAProxy and Caddy carry a stream, and each line of their configurations is needed."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.deploy.curl import CUT, VERSIONS, Curl, command, post
from tests.deploy.proxies import CADDY, HAPROXY, HOST, NGINX, Proxy
from tests.fronts import FUNCTIONS, lay_out, serve
from tests.platform.deadline import wait_until
from tests.platform.gateway_plugin import obtain_way
from tests.platform.running import Running
from tests.upstream import Call, Upstream

PROXIES = [NGINX, HAPROXY, CADDY]
HEADERS = [("Cache-Control", "no-cache, no-transform"), ("X-Accel-Buffering", "no")]
"""The template's headers of every event stream, for tests whose gateway is an `Upstream`."""

GZIP = "gzip on;\n    gzip_types *;\n    gzip_min_length 0;\n    gzip_proxied any;\n    "
COMPRESSION = "compression algo gzip\n    compression type text/event-stream\n    "


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the page's configurations name."""
    folder = tmp_path_factory.mktemp("certificates")
    subject = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    make = ["openssl", "req", "-x509", *curve, *subject, "-keyout", "privkey.pem", "-out", "fullchain.pem"]
    subprocess.run(make, cwd=folder, check=True, capture_output=True)
    (folder / "haproxy.pem").write_text((folder / "fullchain.pem").read_text() + (folder / "privkey.pem").read_text())
    return folder


@pytest.fixture(scope="module")
def gateway(server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a gateway in front of a watchdog in front of stream-openai."""
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "stream-openai")
    settings = {"heartbeat_interval": "1s", "access": "open", "openai_base_url": server.url}
    with serve(obtain_way("faas-netes"), folder, settings) as running:
        yield int(running.url.split("/")[2].rpartition(":")[2])


@pytest.fixture(scope="module")
def fronts(gateway: int, certificates: Path) -> Iterator[dict[Proxy, Running]]:
    """Each proxy in front of the function."""
    with ExitStack() as stack:
        yield {proxy: stack.enter_context(proxy.start(gateway, certificates)) for proxy in PROXIES}


@pytest.fixture(params=PROXIES, ids=lambda proxy: proxy.name)
def proxy(request: pytest.FixtureRequest) -> Proxy:
    kind: Proxy = request.param
    return kind


def first_and_silence(call: Call) -> None:
    """A delta, and then nothing until the connection is closed."""
    call.start(headers=HEADERS)
    call.delta("first")
    call.wait_for_disconnect()


class Turns:
    """A script whose deltas each wait until the client has read the one before."""

    def __init__(self, deltas: int) -> None:
        self._deltas = deltas
        self._is_read = threading.Semaphore(1)
        self.latencies_s: list[float] = []
        self._sent_at = 0.0

    def __call__(self, call: Call) -> None:
        call.start(headers=HEADERS)
        for number in range(self._deltas):
            assert self._is_read.acquire(timeout=30), "the client has not read the delta before"
            self._sent_at = time.monotonic()
            call.delta(f"delta {number}")
        call.finish()

    def read(self, curl: Curl) -> None:
        """Reads every delta, to the end of the answer."""
        for number in range(self._deltas):
            assert f"delta {number}" in curl.next_data()
            self.latencies_s.append(time.monotonic() - self._sent_at)
            self._is_read.release()
        assert "data: [DONE]" in curl.rest()
        assert curl.exit_code() == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_each_delta_arrives_before_upstream_sends_the_next(
    fronts: dict[Proxy, Running], upstream: Upstream, proxy: Proxy, version: str
) -> None:
    upstream.script = turns = Turns(5)
    with post(fronts[proxy], version) as curl:
        turns.read(curl)


def test_heartbeats_hold_a_silence_that_is_longer_than_the_proxys_limit(
    gateway: int, certificates: Path, upstream: Upstream
) -> None:
    speaks = threading.Event()

    def be_silent(call: Call) -> None:
        call.delta("first")
        assert speaks.wait(60)
        call.delta("last")
        call.finish()

    upstream.script = be_silent
    limit_s = 6
    short = {
        NGINX: {"read_timeout 60s": f"read_timeout {limit_s}s"},
        HAPROXY: {"timeout server 60s": f"timeout server {limit_s}s"},
    }
    with ExitStack() as stack:
        running = [stack.enter_context(kind.start(gateway, certificates, changes)) for kind, changes in short.items()]
        curls = [stack.enter_context(post(each, version)) for each in running for version in VERSIONS]
        for curl in curls:
            assert curl.next_data() == "first"
        threading.Timer(limit_s + 2, speaks.set).start()
        for curl in curls:
            assert curl.next_data() == "last"
            assert curl.exit_code() == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_that_disconnects_ends_the_call_upstream(
    fronts: dict[Proxy, Running], upstream: Upstream, proxy: Proxy, version: str
) -> None:
    upstream.script = first_and_silence
    with post(fronts[proxy], version) as curl:
        assert curl.next_data() == "first"
        curl.disconnect()
    assert upstream.calls[0].disconnected.wait(20)


def test_a_page_of_the_proxys_own_origin_may_call(
    fronts: dict[Proxy, Running], upstream: Upstream, proxy: Proxy
) -> None:
    running = fronts[proxy]
    for origin, expected in ((running.url, "200"), ("https://elsewhere.example", "403")):
        status = ("--json", '{"prompt": "Hello"}', "--header", f"Origin: {origin}", "--output", "/dev/null")
        line = command(running, *status, "--write-out", "%{http_code}")
        assert subprocess.run(line, capture_output=True, text=True).stdout == expected, origin
    assert len(upstream.calls) == 1


def test_a_body_above_the_templates_limit_is_refused_by_the_template(
    fronts: dict[Proxy, Running], proxy: Proxy, tmp_path: Path
) -> None:
    body = tmp_path / "body"
    body.write_bytes(b"x" * (2 << 20))
    line = command(fronts[proxy], "--data-binary", f"@{body}", "--write-out", "\n%{http_code}")
    answer, _, status = subprocess.run(line, capture_output=True, text=True).stdout.rpartition("\n")
    assert (status, json.loads(answer)["error"]["code"]) == ("413", "body_too_large")


def test_nothing_but_functions_can_be_reached(certificates: Path, upstream: Upstream, proxy: Proxy) -> None:
    up = ["/function/../system/functions", "/function/%2e%2E/system/functions", "/function/..%2fsystem/functions"]
    with proxy.start(upstream.port, certificates) as running:
        for path in ["/", "/system/functions", "/ui/", *up]:
            line = command(running, "--path-as-is", "--output", "/dev/null", "--write-out", "%{http_code}", path=path)
            assert subprocess.run(line, capture_output=True, text=True).stdout == "404", path
    assert not upstream.calls


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


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cut_answer_looks_as_the_page_says(
    certificates: Path, upstream: Upstream, proxy: Proxy, version: str
) -> None:
    def cut(call: Call) -> None:
        call.start(headers=HEADERS)
        call.delta("first")
        call.cut()

    upstream.script = cut
    with proxy.start(upstream.port, certificates) as running, post(running, version) as curl:
        assert "first" in curl.next_data()
        assert "[DONE]" not in curl.rest()
        looks_complete = proxy is CADDY or (proxy is HAPROXY and version == "--http2")
        assert curl.exit_code() == (0 if looks_complete else CUT[version])


@pytest.mark.parametrize(
    ("kind", "reload"), [(NGINX, signal.SIGHUP), (HAPROXY, signal.SIGUSR2)], ids=["nginx", "haproxy"]
)
def test_a_reload_lets_open_answers_run_to_their_end(
    certificates: Path, upstream: Upstream, kind: Proxy, reload: signal.Signals
) -> None:
    is_reloaded = threading.Event()

    def answer(call: Call) -> None:
        call.start(headers=HEADERS)
        call.delta("first")
        assert is_reloaded.wait(30)
        call.delta("last")
        call.finish()

    upstream.script = answer
    with kind.start(upstream.port, certificates) as running, post(running) as curl:
        assert "first" in curl.next_data()
        before = running.processes()
        running.signal(reload)
        wait_until(lambda: bool(running.processes() - before), "a new worker has started", 20)
        is_reloaded.set()
        assert "last" in curl.next_data()
        assert curl.exit_code() == 0


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
