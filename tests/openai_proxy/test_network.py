"""Connections to upstream: proxies, kept connections that have died, redirects."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fronts import DIRECT, serve
from tests.platform.running import Running
from tests.raw_upstream import RawCall, RawUpstream

CHAT = "/v1/chat/completions"
ANSWER = b'{"object": "chat.completion", "choices": []}'
TIMEOUT_S = 20
LARGE = 8 * 1024 * 1024


@pytest.fixture(scope="module")
def proxy(raw: RawUpstream, folder: Path) -> Iterator[Running]:
    with serve(DIRECT, folder, openai_base_url=raw.url, max_body="32MiB", commit_after="60s") as running:
        yield running


@pytest.fixture
def kept(proxy: Running, raw: RawUpstream) -> RawUpstream:
    """The upstream, with one connection that the proxy keeps."""
    raw.says(ANSWER)
    assert ask(proxy).status_code == 200
    raw.calls.clear()
    return raw


def ask(proxy: Running, size: int = 0) -> httpx.Response:
    return httpx.post(proxy.url + CHAT, json={"model": "m", "user": "x" * size}, timeout=60)


def code(response: httpx.Response) -> str:
    return str(response.json()["error"]["code"])


def dies_on_kept_connections(call: RawCall) -> None:
    """Answers the first request on a connection, and breaks off the second in the middle of its body."""
    if call.number > 1:
        call.reset()
        return
    call.read_body()
    call.answer(ANSWER)


def test_a_kept_connection_is_used_again(proxy: Running, kept: RawUpstream) -> None:
    assert ask(proxy).status_code == 200
    assert [call.number > 1 for call in kept.calls] == [True]


def test_a_kept_connection_that_upstream_has_closed_is_replaced(proxy: Running, raw: RawUpstream) -> None:
    def answer_and_close(call: RawCall) -> None:
        call.read_body()
        call.answer(ANSWER)
        call.close()

    def ask_and_wait() -> int:
        status = ask(proxy).status_code
        assert raw.calls[-1].closed.wait(TIMEOUT_S)  # a request that is sent before is lost, and not sent again
        return status

    raw.script = answer_and_close
    assert [ask_and_wait() for _ in range(5)] == [200] * 5


def test_a_kept_connection_that_dies_while_the_request_is_sent_is_replaced(proxy: Running, kept: RawUpstream) -> None:
    kept.script = dies_on_kept_connections
    response = ask(proxy, LARGE)
    assert response.status_code == 200
    assert [call.number for call in kept.calls][-1] == 1
    assert len(kept.calls[-1].body) > LARGE


def test_a_new_connection_that_dies_while_the_request_is_sent_is_502_at_once(proxy: Running, raw: RawUpstream) -> None:
    raw.says(ANSWER, more="Connection: close\r\n")
    ask(proxy)
    raw.calls.clear()
    raw.script = RawCall.reset
    response = ask(proxy, LARGE)
    assert (response.status_code, code(response)) == (502, "upstream_unreachable")
    assert len(raw.calls) == 1


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_a_request_that_was_sent_whole_is_never_sent_again(
    proxy: Running, kept: RawUpstream, method: str, said: bytes
) -> None:
    def die(call: RawCall) -> None:
        call.read_body()
        call.send(said)
        call.close()

    kept.script = die
    response = ask(proxy) if method == "POST" else httpx.get(f"{proxy.url}/v1/models", timeout=60)
    assert response.status_code == 502
    assert len(kept.calls) == 1
    assert kept.calls[0].number > 1


def test_redirects_are_not_followed(proxy: Running, raw: RawUpstream) -> None:
    with RawUpstream(lambda call: call.answer(ANSWER)) as elsewhere:
        raw.says(b"", status="307 There", more=f"Location: {elsewhere.url}/chat/completions\r\n")
        assert ask(proxy).status_code == 502
        assert elsewhere.calls == []


@pytest.mark.parametrize(
    "garbage", [b"", b"\0\0\0", b"HTTP/9.9 200 OK\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 \xff\r\n\r\n"]
)
def test_what_is_no_http_is_502(proxy: Running, raw: RawUpstream, garbage: bytes) -> None:
    def answer(call: RawCall) -> None:
        call.read_body()
        call.send(garbage)
        call.close()

    raw.script = answer
    response = ask(proxy)
    assert response.status_code == 502
    assert code(response).startswith("upstream_")


def hop(call: RawCall) -> None:
    """An HTTP proxy that answers for every server, and makes no tunnel."""
    if call.head.startswith("CONNECT"):
        call.answer(b"", status="502 No")
        return
    call.read_body()
    call.answer(ANSWER)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_https_proxy_applies(folder: Path, name: str) -> None:
    with RawUpstream(hop) as raw:
        address = f"http://ann:secret@127.0.0.1:{raw.port}"
        with serve(DIRECT, folder, {name: address}, openai_base_url="https://upstream.test/v1") as proxy:
            response = ask(proxy)
            assert (response.status_code, code(response)) == (502, "upstream_unreachable")
        assert [call.head.split("\r\n")[0] for call in raw.calls] == ["CONNECT upstream.test:443 HTTP/1.1"]
        assert raw.calls[0].header("Proxy-Authorization").startswith("Basic ")
        assert "Bearer" not in raw.calls[0].head


def test_no_credentials_of_a_netrc_are_sent(folder: Path, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password secret\n")
    with RawUpstream(hop) as raw, serve(DIRECT, folder, azure_endpoint=raw.url, NETRC=str(netrc)) as proxy:
        assert ask(proxy).status_code == 200
        assert "authorization" not in raw.calls[0].head.lower()


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_http_proxy_applies_unless_no_proxy_names_the_host(folder: Path, scheme: str) -> None:
    with RawUpstream(hop) as raw, RawUpstream(hop) as other:
        settings = {"HTTP_PROXY": f"{scheme}127.0.0.1:{raw.port}", "openai_base_url": other.url}
        with serve(DIRECT, folder, settings) as proxy:
            assert ask(proxy).status_code == 200
            assert (len(raw.calls), len(other.calls)) == (1, 0)
            assert raw.calls[0].path == f"{other.url}/chat/completions"
        with serve(DIRECT, folder, {**settings, "NO_PROXY": "example.com,127.0.0.1"}) as proxy:
            assert ask(proxy).status_code == 200
            assert (len(raw.calls), len(other.calls)) == (1, 1)
