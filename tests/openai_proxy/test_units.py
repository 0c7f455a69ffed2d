"""The proxy's own modules: routes, addresses, and the end of a relayed stream."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from faas_stream import ClientError
from tests.openai_proxy.modules import load
from tests.openai_proxy.test_relayed import NAMES, RECORDINGS

relay, routes, upstream = load("relay"), load("routes"), load("upstream")


class Pieces:
    """What a response of urllib3 offers: one piece a read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter([piece for piece in pieces if piece])
        self.status, self.headers = 200, {"Content-Type": "text/event-stream"}
        self.is_closed = False

    def read1(self, _size: int) -> bytes:
        return next(self._pieces, b"")

    def close(self) -> None:
        self.is_closed = True


def relayed(*pieces: bytes) -> tuple[bytes, Any]:
    """All that is sent, and the relay."""
    made = relay.Relay(Pieces(pieces))
    return b"".join(made), made


TEXT = b'data: {"choices": [{"delta": {"content": "x"}, "finish_reason": null}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"

# What an upstream sends last, and what has to follow.
ENDINGS = [
    (TEXT + STOP + DONE, b""),
    (TEXT + DONE, b""),
    (TEXT + b"data:[DONE]\r\n\r\n", b""),
    (TEXT + b"data: [DONE]", b"\n\n"),
    (TEXT + b"data: [DONE]\n", b"\n"),
    (TEXT + STOP, DONE),
    (TEXT + STOP.removesuffix(b"\n"), b"\n" + DONE),
    (TEXT + STOP.removesuffix(b"\n\n"), b"\n\n" + DONE),
    (TEXT + STOP + b'data: {"choices": [], "usage": {}}\n\n', DONE),
    (b'event: response.completed\ndata: {"response": {}}\n\n', b""),
    (b'event: response.incomplete\r\ndata: {"response": {}}\r\n\r\n', b""),
    (b'data: {"type":"response.failed"}\n\n', b""),
    (b'data: {"type": "response.completed", "x": 1}\nevent: response.completed\n\n', b""),
    (TEXT + b'event: error\ndata: {"message": "no"}\n\n', b""),
    (TEXT + b'data: {"error": {"message": "no"}}\n\n', b""),
]
CUTS = [
    b"",
    b": a comment\n\n",
    TEXT,
    b'event: response.created\ndata: {"type": "response.created"}\n\n',
    b'data: {"choices": [{"delta": {"content": "\\ndata: [DONE]\\n\\n"}, "finish_reason": null}]}\n\n',
    b'data: {"choices": [{"delta": {"content": "{\\"finish_reason\\": \\"stop\\"}"}, "finish_reason": null}]}\n\n',
    b'data: {"choices": [{"delta": {"content": "say data: [DONE]"}, "finish_reason": null}]}\n\n',
    b'data: {"error": null, "choices": []}\n\n',
]


@pytest.mark.parametrize(("sent", "expected"), ENDINGS, ids=range(len(ENDINGS)))
def test_an_end_is_known_wherever_the_reads_cut_it(sent: bytes, expected: bytes) -> None:
    assert relayed(*(sent[at : at + 1] for at in range(len(sent))))[0] == sent + expected
    for at in range(len(sent)):
        assert relayed(sent[:at], sent[at:])[0] == sent + expected


@pytest.mark.parametrize("sent", CUTS, ids=range(len(CUTS)))
def test_a_stream_without_an_end_is_a_failure_wherever_the_reads_cut_it(sent: bytes) -> None:
    for at in range(len(sent) + 1):
        with pytest.raises(upstream.UpstreamError):
            relayed(sent[:at], sent[at:])


@pytest.mark.skipif(not NAMES, reason=f"there are no recordings in {RECORDINGS}")
@pytest.mark.parametrize("name", NAMES)
def test_the_usage_of_a_recorded_stream_is_known_at_its_end(name: str) -> None:
    recorded = (RECORDINGS / f"{name}.sse").read_bytes()
    sent, made = relayed(*(recorded[at : at + 100] for at in range(0, len(recorded), 100)))
    assert sent == recorded
    events = [json.loads(line[6:]) for line in recorded.decode().split("\n") if line.startswith("data: {")]
    told = [event.get("usage") or event.get("response", {}).get("usage") for event in events]
    assert made.usage == next((usage for usage in reversed(told) if usage), None)


def test_an_answer_that_is_not_read_closes_upstreams_connection() -> None:
    asked = Pieces([TEXT])
    answer = load("handler")._relayed(asked, is_listing=False)
    assert not asked.is_closed
    answer.close()
    assert asked.is_closed


def test_the_finish_reason_is_known_at_the_end() -> None:
    assert relayed(TEXT, STOP, DONE)[1].finish_reason == "stop"
    assert relayed(TEXT, DONE)[1].finish_reason is None


@pytest.mark.parametrize("prefix", ["/v1/", "/", "/v1/../v1/"])
def test_routes_are_known_with_and_without_v1(prefix: str) -> None:
    for method, path, expected in [
        ("POST", "chat/completions", ("POST", "chat/completions", "")),
        ("POST", "responses/", ("POST", "responses", "")),
        ("GET", "models", ("GET", "models", "")),
        ("HEAD", "models", ("GET", "models", "")),
        ("GET", "models/org/name:1", ("GET", "models", "org/name:1")),
    ]:
        if ".." in prefix:
            with pytest.raises(ClientError):
                routes.find(method, prefix + path)
        else:
            assert routes.find(method, prefix + path) == expected


@pytest.mark.parametrize("address", ["api.openai.com/v1", "ftp://host", "https://", "http:host", "/v1"])
def test_what_is_no_address_is_refused_by_its_settings_name(address: str) -> None:
    for setting in ("openai_base_url", "azure_endpoint"):
        with pytest.raises(ValueError, match=f"setting {setting}="):
            upstream.Upstream.of({setting: address})


def test_openai_is_asked_where_nothing_else_is_said() -> None:
    ours = upstream.Upstream.of({"openai_base_url": "", "azure_endpoint": ""})
    assert ours.path("models", "", []) == "/v1/models"
    assert ours.path("models", "a/b", [("q", "x y")]) == "/v1/models/a%2Fb?q=x+y"
    assert (ours._pool.scheme, ours._pool.host, ours._pool.port) == ("https", "api.openai.com", 443)


@pytest.mark.parametrize("key", ["", "sk-a\nb", "sk-€", "sk-\x7f"])
def test_a_key_that_cannot_be_sent_is_told_without_it(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".secrets").mkdir()
    (tmp_path / ".secrets" / "openai-api-key").write_text(key)
    with pytest.raises(ValueError, match="openai-api-key is not one line of ASCII") as raised:
        upstream.Upstream.of({}).ask("GET", "/v1/models", None, {})
    assert "sk-" not in str(raised.value)
