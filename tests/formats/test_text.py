"""What the formats `text` and `text/plain` send, byte for byte."""

from tests.formats.examples import AGENT, sent
from tests.sources.answers import FORMATS, events, write


def test_text_is_deltas_with_an_id_each_and_a_done() -> None:
    assert sent("text") == (
        "id: x.1\ndata: Hi\n\nid: x.2\ndata: \ndata: - a\n\n"
        'id: x.3\ndata: {"hits": 3}\n\nid: p1\nevent: progress\ndata: half\n\nid: x.5\ndata: AP8=\n\n'
        "id: x.6\ndata: [DONE]\n\n"
    )


def test_text_that_starts_early_gives_an_id_before_its_first_delta() -> None:
    assert sent("text", ["a"], is_early=True) == (
        "id: x.0\nevent: id\ndata: \n\nid: x.1\ndata: a\n\nid: x.2\ndata: [DONE]\n\n"
    )


def test_text_sends_a_crlf_that_is_cut_in_two_as_one_line_break() -> None:
    data = [event.data for event in events(sent("text", ["a\r", "\nb", "\r", "\n", "\n"]).encode())]
    assert data == ["a\n", "b", "\n", "\n", "[DONE]"]


def test_text_of_the_model_never_ends_the_answer() -> None:
    assert [event.data for event in events(sent("text", ["[DONE]"]).encode())] == ["[", "DONE]", "[DONE]"]


def test_plain_is_the_text_without_a_byte_order_mark() -> None:
    assert sent("text/plain", ["\ufeff", "\ufeffa", "\ufeffb"]) == "a\ufeffb"
    assert write(AGENT, FORMATS["text/plain"]()) == b"a"
