"""How deep lists and objects of JSON text are nested, known before the text is parsed.

Parsers of JSON are recursive. Python's fails on deep text in ways that depend on its version: with RecursionError, or,
in a thread with a small stack, with the end of the process.
"""

MAX_DEPTH = 100
"""No model's API nests as deep."""

_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OPENING = b"[{"
_BACKSLASH = ord("\\")


def is_too_deep(text: str | bytes) -> bool:
    """True if the JSON is nested deeper than MAX_DEPTH. Text that is no JSON may get either answer.

    Texts with few brackets are not read. Others take linear time, in steps between which other threads may run.
    """
    if isinstance(text, str):
        if text.count("[") + text.count("{") <= MAX_DEPTH:
            return False
        text = text.encode("utf-8", "surrogatepass")
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return False
    depth, at = 0, 0
    while True:
        quote = text.find(b'"', at)
        for bracket in text[at : quote if quote >= 0 else None].translate(None, _NO_BRACKETS):
            depth += 1 if bracket in _OPENING else -1
            if depth > MAX_DEPTH:
                return True
        if quote < 0:
            return False
        at = _end_of_string(text, quote + 1)


def _end_of_string(text: bytes, start: int) -> int:
    """The offset after the closing quote of the string that begins at `start`; the text's end if there is none."""
    quote = text.find(b'"', start)
    while quote >= 0:
        before = quote - 1
        while before >= start and text[before] == _BACKSLASH:
            before -= 1
        if (quote - before) % 2:  # an even number of backslashes, each of which escapes the next
            return quote + 1
        quote = text.find(b'"', quote + 1)
    return len(text)
