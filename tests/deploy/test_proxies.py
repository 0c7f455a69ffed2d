"""docs/deploy.md's nginx, HAProxy and Caddy carry a stream to its end, and nothing but functions."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.deploy.curl import CUT, VERSIONS, command, post
from tests.deploy.proxies import CADDY, HAPROXY, NGINX, PROXIES, Proxy
from tests.deploy.speaking import HEADERS, Turns, first_and_silence
from tests.fronts import FUNCTIONS, lay_out, serve
from tests.platform.deadline import wait_until
from tests.platform.gateway_plugin import obtain_way
from tests.platform.running import Running
from tests.upstream import Call, Upstream


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
    assert upstream.calls[0].disconnected.wait(30)


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
        assert is_reloaded.wait(60)
        call.delta("last")
        call.finish()

    upstream.script = answer
    with kind.start(upstream.port, certificates) as running, post(running) as curl:
        assert "first" in curl.next_data()
        before = running.processes()
        running.signal(reload)
        wait_until(lambda: bool(running.processes() - before), "a new worker has started")
        is_reloaded.set()
        assert "last" in curl.next_data()
        assert curl.exit_code() == 0
