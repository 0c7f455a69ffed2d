"""When an answer is complete: the table of the rule, from bytes. The tests of each API have more."""

import pytest

from faas_stream.sources import StreamReader, UpstreamFailedError
from tests.sources.answers import FORMATS, read_back, read_bytes, write
from tests.sources.chunks import DONE, STOP, chat, choice, event, typed


@pytest.mark.parametrize(
    ("stream", "end", "reason"),
    [
        (chat(choice(content="a")) + STOP + DONE, "complete", "stop"),
        (chat(choice(content="a")) + STOP, "complete", "stop"),
        (chat(choice(content="a")) + STOP.rstrip(), "complete", "stop"),
        (chat(choice(content="a")) + DONE, "complete", None),
        (chat(choice(content="a")) + b"data: [DONE]", "complete", None),
        (chat(choice("", content="a")) + DONE, "complete", None),
        (chat(choice("null", content="a")) + DONE, "complete", None),
        (chat(choice(content="a")), "error", None),
        (chat(choice("", content="a")), "error", None),
        (chat(choice("null", content="a")), "error", None),
        (chat(choice("", content="a")) + STOP[:-20], "error", None),
        (chat(choice("end_turn", content="a")), "complete", "stop"),
        (chat(choice("max_tokens", content="a")), "complete", "length"),
        (chat(choice("eos", content="a")), "complete", "eos"),
        (STOP + chat(usage={"total_tokens": 1})[:-20], "complete", "stop"),
        (DONE, "error", None),
        (chat() + DONE, "error", None),
        (b": OPENROUTER PROCESSING\n\n", "error", None),
        (b"", "error", None),
        (b"<html>Bad gateway</html>", "error", None),
        (b'{"error": {"message": "no"}}', "error", None),
        (typed("response.completed", response={}) + DONE, "complete", "stop"),
        (typed("message_stop"), "complete", None),
        (event({"id": "x"}, "start") + event({"text": "a"}, "message"), "error", None),
        (event({"id": "x"}, "start") + event({"finish_reason": None, "usage": None}, "end"), "complete", None),
    ],
)
def test_a_stream_is_complete_or_not(stream: bytes, end: str, reason: str | None) -> None:
    answer = read_bytes([stream])
    assert (answer.end, answer.finish_reason) == (end, reason)
    client = read_back("openai", write(answer, FORMATS["openai"]()))
    assert (client.end, client.finish_reason) == (end, reason)


@pytest.mark.parametrize(
    "end",
    [
        STOP + DONE,
        typed("response.completed", response={}),
        typed("message_stop"),
        event({"id": "x"}, "start") + event({}, "end"),
    ],
)
def test_nothing_is_read_after_the_end(end: bytes) -> None:
    reader = StreamReader()
    list(reader.feed(end + chat(choice(content="never")) + event({"error": "never"})))
    assert reader.is_over
    assert list(reader.feed(event({"error": "never"}))) == []
    assert list(reader.end()) == []


@pytest.mark.parametrize(
    ("stream", "dialect"),
    [
        (b": hello\n\n", ""),
        (STOP, "openai"),
        (typed("response.created", response={}), "openai"),
        (typed("message_start", message={}), "anthropic"),
        (event({"object": "response", "status": "completed", "output": []}), "openai"),
        (event({"type": "message", "content": []}), "anthropic"),
        (typed("transcript.text.delta", delta="x"), "openai"),
        (event({"id": "x"}, "start"), "json"),
    ],
)
def test_the_dialect_is_known_by_the_first_object_of_an_api(stream: bytes, dialect: str) -> None:
    reader = StreamReader()
    list(reader.feed(stream))
    assert reader.dialect == dialect


@pytest.mark.parametrize(
    "kind", ["speech.audio.done", "transcript.text.done", "image_generation.completed", "image_edit.completed"]
)
def test_speech_transcripts_and_images_have_ends_of_their_own(kind: str) -> None:
    reader = StreamReader()
    list(reader.feed(typed(kind.rpartition(".")[0] + ".delta", delta="x")))
    with pytest.raises(UpstreamFailedError):
        list(reader.end())
    reader = StreamReader()
    deltas = list(reader.feed(typed(kind, usage={"total_tokens": 3})))
    assert [delta.usage for delta in deltas] == [{"total_tokens": 3}]
    assert list(reader.end()) == []


@pytest.mark.parametrize(
    "stream",
    [
        event({"type": "You said: my secret plan"}),
        event({"object": {"text": "my secret plan"}}),
        b"event: my secret plan\ndata: {}\n\n",
        b"event: my secret plan\ndata: words\n\n",
        b"data: my secret plan\n\n",
    ],
)
def test_what_could_be_a_prompt_is_not_named_for_the_log(stream: bytes) -> None:
    reader = StreamReader()
    list(reader.feed(stream))
    assert not any("secret" in note for note in reader.notes)


def test_an_unknown_object_is_named_for_the_log() -> None:
    reader = StreamReader()
    list(reader.feed(typed("one.thing") + typed("another.thing")))
    assert reader.notes == ["skipped what upstream sent with the unknown type 'one.thing'"]
