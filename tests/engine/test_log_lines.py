"""No line that is printed can wedge the watchdog."""

import io
import logging
from threading import Lock

import pytest

from faas_stream.log_lines import MAX_LINE_CHARS, BoundedLines, QuotedMessages


@pytest.mark.parametrize("pieces", [["x" * 200_000], ["x"] * 50_000, ["x" * 15_999, "yyy", "\n", "z" * 16_000, "\n"]])
def test_long_lines_are_broken(pieces: list[str]) -> None:
    stream = io.StringIO()
    bounded = BoundedLines(stream, Lock())
    for piece in pieces:
        assert bounded.write(piece) == len(piece)
    written = stream.getvalue()
    assert max(map(len, written.split("\n"))) <= MAX_LINE_CHARS
    assert written.replace("\n", "") == "".join(pieces).replace("\n", "")


def test_other_lines_are_untouched() -> None:
    stream = io.StringIO()
    print("a\u2028b", "c\r\nd", sep="\n", file=BoundedLines(stream, Lock()))
    assert stream.getvalue() == "a\u2028b\nc\r\nd\n"


def test_text_is_written_at_once_where_output_is_buffered() -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    print("half a line", end="", file=BoundedLines(stream, Lock()))
    assert stream.buffer.getvalue() == b"half a line"


def test_it_is_the_stream_it_wraps() -> None:
    assert BoundedLines(io.TextIOWrapper(io.BytesIO(), encoding="ascii"), Lock()).encoding == "ascii"


def test_a_record_has_a_line_of_its_own() -> None:
    stream = io.StringIO()
    bounded = BoundedLines(stream, Lock())
    print("half", end="", file=bounded)
    bounded.line("own")
    bounded.line("own")
    print("rest", file=bounded)
    assert stream.getvalue() == "half\nown\nown\nrest\n"


def test_a_packages_message_with_a_path_is_one_line_that_steers_no_terminal(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.quoted")
    logger.addFilter(QuotedMessages())
    logger.warning("Exception while serving %s", '/\n{"call_id": 1}\r\x1b[31m\u2028')
    assert caplog.messages == ['Exception while serving /\n    {"call_id": 1}\\r\\x1b[31m\\u2028']
