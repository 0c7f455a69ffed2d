"""SSE frames of an upstream: bytes, with the number of their tokens and the time for which they are held back."""

import json
from typing import NamedTuple


class Frame(NamedTuple):
    data: bytes
    tokens: int = 0
    is_closing: bool = False  # the end marker of a complete stream
    pause_s: float = 0.0  # in addition to the pace; infinite: silence


def encode(document: object) -> bytes:
    """`document` as compact UTF-8 JSON, as the recorded providers write it; lone surrogates become `?`."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def data_frame(document: object, tokens: int = 0) -> Frame:
    """A nameless event with a JSON document."""
    return Frame(b"data: %b\n\n" % encode(document), tokens)


def event_frame(name: str, document: object, tokens: int = 0, *, is_closing: bool = False) -> Frame:
    """A named event with a JSON document."""
    return Frame(b"event: %b\ndata: %b\n\n" % (name.encode(), encode(document)), tokens, is_closing)


DONE = Frame(b"data: [DONE]\n\n", is_closing=True)


def obfuscation(position: int, delta: str) -> str:
    """Padding of 1 to 16 letters, so that lengths on the wire do not reveal the tokens; the same at every run."""
    return "kT3vQz8mWpL0xRb5"[: (position * 7 + len(delta) * 5) % 16 + 1]
