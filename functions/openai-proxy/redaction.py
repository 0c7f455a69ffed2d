"""Removes from upstream's error texts what tells whose key was used."""

import json
import re

_SECRETS = re.compile(r"(?<![A-Za-z0-9])(?:sk-|org-|proj_)[\w*•…-]+(?:\.[\w*•…-]+)*")
"""Keys of OpenAI and Anthropic, which their servers quote with some characters starred, organizations and projects."""

_HIDDEN = "[redacted]"
_LINE_END = re.compile(rb"(\r\n|\n|\r)")
_BLANK_LINE = re.compile(rb"(\r\n\r\n|\n\n|\r\r)")


def text(value: str) -> str:
    """The text without keys, organizations and projects."""
    return _SECRETS.sub(_HIDDEN, value)


def document(body: bytes) -> bytes:
    """The body of a refusal, unchanged if there is nothing to hide."""
    try:
        value = json.loads(body)
        hidden = _hidden(value)
    except (ValueError, RecursionError):
        return text(body.decode("utf-8", "replace")).encode()
    return body if hidden == value else json.dumps(hidden).encode()


def frames(events: bytes) -> bytes:
    """Whole events of a stream; only those that report a failure are changed."""
    if b"error" not in events:
        return events
    return b"".join(_frame(part) for part in _BLANK_LINE.split(events))


def _frame(event: bytes) -> bytes:
    if b"error" not in event:
        return event
    lines = _LINE_END.split(event)
    is_error = any(re.fullmatch(rb"event: ?error", line) for line in lines)
    for at, line in enumerate(lines):
        if line.startswith(b"data:"):
            try:
                value = json.loads(line[5:])
                hidden = _hidden(value) if is_error or is_failure(value) else value
            except (ValueError, RecursionError):
                value = hidden = None
            if value is None and is_error:
                lines[at] = text(line.decode("utf-8", "replace")).encode()
            elif hidden != value:
                lines[at] = b"data: " + json.dumps(hidden).encode()
    return b"".join(lines)


def is_failure(value: object) -> bool:
    """True if a document, or an event's data, says that upstream has failed."""
    if not isinstance(value, dict):
        return False
    choices = value.get("choices")
    holders = [value, value.get("response"), *(choices if isinstance(choices, list) else [])]
    return value.get("type") == "error" or any(isinstance(holder, dict) and holder.get("error") for holder in holders)


def _hidden(value: object) -> object:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_hidden(member) for member in value]
    if isinstance(value, dict):
        return {name: _hidden(member) for name, member in value.items()}
    return value
