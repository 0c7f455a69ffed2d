"""The proxy's own modules: routes, addresses, and the end of a relayed stream."""

import asyncio
import json
from pathlib import Path

import pytest

from faas_stream import ClientError
from faas_stream.formats.encoder import RawEncoder
from faas_stream.sources import StreamReader, UpstreamFailedError
from tests.openai_proxy.modules import load
from tests.recordings import NAMES, needs_recordings, recording

models, routes, upstream = load("models"), load("routes"), load("upstream")


def relayed(*pieces: bytes) -> tuple[bytes, RawEncoder]:
    """The bytes that are relayed, and the encoder, which knows how the stream ended."""
    encoder = RawEncoder(is_event_stream=True, observer=StreamReader())
    sent = [encoder.feed(piece) for piece in pieces if piece]
    encoder.check()
    return b"".join([*sent, encoder.end()]), encoder


TEXT = b'data: {"choices": [{"delta": {"content": "x"}, "finish_reason": null}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"

# What an upstream sends last, and what must follow.
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
    (b'event: response.completed\ndata: {"type": "response.completed", "response": {}}\n\n', b""),
    (b'event: response.incomplete\r\ndata: {"type": "response.incomplete", "response": {}}\r\n\r\n', b""),
    (b'data: {"type": "response.completed", "response": {}, "x": 1}\nevent: response.completed\n\n', b""),
]
ERRORS = [
    b'data: {"type":"response.failed","response":{"error":{"code":"server_error"}}}\n\n',
    TEXT + b'event: error\ndata: {"message": "no"}\n\n',
    TEXT + b'data: {"error": {"message": "no"}}\n\n',
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
        with pytest.raises(UpstreamFailedError):
            relayed(sent[:at], sent[at:])


@pytest.mark.parametrize("sent", ERRORS, ids=range(len(ERRORS)))
def test_an_error_of_upstreams_own_is_relayed_and_nothing_is_added(sent: bytes) -> None:
    encoder = RawEncoder(is_event_stream=True, observer=StreamReader())
    assert encoder.feed(sent) == sent
    encoder.check()
    with pytest.raises(UpstreamFailedError):
        encoder.end()
    assert encoder.error("upstream_error", "It failed.") == b""


@needs_recordings
@pytest.mark.parametrize("name", NAMES)
def test_the_usage_of_a_recorded_stream_is_known_at_its_end(name: str) -> None:
    recorded = recording(name)
    made = RawEncoder(is_event_stream=True, observer=StreamReader())
    for at in range(0, len(recorded), 100):
        made.feed(recorded[at : at + 100])
    events = [json.loads(line[6:]) for line in recorded.decode().split("\n") if line.startswith("data: {")]
    told = [event.get("usage") or event.get("response", {}).get("usage") for event in events]
    assert made.usage == next((usage for usage in reversed(told) if usage), None)


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
            found = routes.find(method, prefix + path)
            assert (found.method, found.name, found.model) == expected


@pytest.mark.parametrize("address", ["api.openai.com/v1", "ftp://host", "https://", "http:host", "/v1"])
def test_what_is_no_address_is_refused_by_its_settings_name(address: str) -> None:
    for setting in ("openai_base_url", "azure_endpoint"):
        with pytest.raises(ValueError, match=f"setting {setting}="):
            upstream.Upstream.of({setting: address})


def test_openai_is_upstream_if_nothing_else_is_set() -> None:
    ours = upstream.Upstream.of({"openai_base_url": "", "azure_endpoint": ""})
    listing, one = routes.find("GET", "/v1/models"), routes.find("GET", "/v1/models/a/b")
    assert ours.url(listing, "", []) == "https://api.openai.com/v1/models"
    assert ours.url(one, "", [("q", "x y")]) == "https://api.openai.com/v1/models/a%2Fb?q=x+y"


@pytest.mark.parametrize("key", ["", "sk-a\nb", "sk-€", "sk-\x7f"])
def test_the_error_about_a_key_that_cannot_be_sent_does_not_quote_it(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".secrets").mkdir()
    (tmp_path / ".secrets" / "openai-api-key").write_text(key)
    with pytest.raises(ValueError, match="openai-api-key is not one line of ASCII") as raised:
        asyncio.run(upstream.Upstream.of({}).send("GET", "https://api.openai.com/v1/models", None, {}))
    assert "sk-" not in str(raised.value)


@pytest.mark.parametrize(
    "body",
    [
        {"model": "cheap", "models": ["cheap", "dear"]},
        {"model": "cheap", "models": [{"id": "dear"}]},
        {"model": "cheap", "models": {"first": "dear"}},
        {"model": "cheap", "MODEL": "dear"},
        {"model": "cheap", "model\0": "dear"},
        {"model": "cheap", " model ": "dear"},
        {"model": "cheap", "model\u017f": ["dear"]},
        {"model": "cheap", "fallbacks": ["dear"]},
        {"model": "cheap", "fallbacks": "dear"},
        {"model": "cheap", "fallbac\u212as": ["dear"]},
        {"model": "cheap", "fallbacks": [{"model": "dear", "max_tokens": 1}]},
        {"model": "cheap", "fallbacks": [{"cheap": ["dear"]}]},
        {"model": "cheap", "fallbacks": [{"cheap": "dear"}]},
        {"model": "cheap", "context_window_fallbacks": [{"cheap": ["dear"]}]},
        {"model": "cheap", "fallback_models": ["dear"]},
        {"model": "cheap", "tools": [{"type": "image_generation", "model": "dear"}]},
        {"model": "cheap", "tools": [{"type": "advisor", "MODEL": "dear"}]},
        {"model": "cheap", "tool\u017f": [{"type": "image_generation", "model": "dear"}]},
        {"model": "cheap", "tools": {"a": {"b": [{"model": "dear"}]}}},
        {"model": "cheap", "plugins": [{"id": "router", "allowed_models": ["dear"]}]},
        {"model": "cheap", "plugins": [{"id": "router", "allowed_models": ["*"]}]},
        {"model": "cheap", "extra_body": {"model": "dear"}},
        {"model": "cheap", "litellm_params": {"model": "dear"}},
        {"model": "cheap", "engine": "dear"},
        {"model": "cheap", "deployment_id": "dear"},
    ],
    ids=str,
)
def test_a_model_is_found_wherever_a_request_can_name_it(body: dict[str, object]) -> None:
    allowed = models.Allowed("cheap")
    for written in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
        with pytest.raises(ClientError, match="is not allowed here: expected one of cheap"):
            allowed.check(models.names_in_body(models.read(written.encode())))


@pytest.mark.parametrize(
    "body",
    [
        {"model": "cheap", "metadata": {"model": "dear"}},
        {"model": "cheap", "messages": [{"role": "user", "content": "x", "model": "dear"}]},
        {"model": "cheap", "input": [{"model": "dear"}]},
        {"model": "cheap", "tools": [{"type": "function", "function": {"parameters": {"properties": {"model": {}}}}}]},
        {"model": "cheap", "tools": [{"name": "buy", "input_schema": {"properties": {"model": {"type": "string"}}}}]},
        {"model": "cheap", "tools": [{"type": "function", "parameters": {"default": {"model": "dear"}}}]},
        {"model": "cheap", "models": None, "fallbacks": None, "plugins": [{"id": "web"}]},
        {"model": "cheap", "models": ["cheap"], "fallbacks": [{"model": "cheap"}]},
    ],
    ids=str,
)
def test_what_no_server_takes_for_a_model_is_none(body: dict[str, object]) -> None:
    assert set(models.names_in_body(models.read(json.dumps(body).encode()))) == {"cheap"}


@pytest.mark.parametrize(
    ("setting", "allowed", "refused"),
    [
        ("*", ["", "any/thing", "a,b"], []),
        ("", ["any"], []),
        ("a, *", ["any"], []),
        (
            "gpt-4o*",
            ["gpt-4o", "gpt-4o-mini"],
            ["gpt-4", "xgpt-4o", "gpt-4o,o1", "gpt-4o o1", "gpt-4o\0", "gpt-4o\no1"],
        ),
        ("*/small", ["a/small", "a/b/small"], ["small", "a/small2"]),
        ("gpt.4", ["gpt.4"], ["gpt-4"]),
        ("a|b,c", ["a|b", "c"], ["a", "b"]),
        ("cheap", ["cheap"], ["Cheap", "cheap ", " cheap", "cheap\n", "ch\u212aap", "*", "cheap*", ""]),
    ],
)
def test_patterns_with_stars_are_known(setting: str, allowed: list[str], refused: list[str]) -> None:
    ours = models.Allowed(setting)
    assert ([ours.allows(name) for name in allowed], [ours.allows(name) for name in refused]) == (
        [True] * len(allowed),
        [False] * len(refused),
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_body_in_another_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(ClientError, match="in UTF-8"):
        models.read('{"model": "cheap"}'.encode(encoding))
