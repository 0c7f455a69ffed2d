"""Event streams as clients read them, without the template's own decoder, so that tests check the wire."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from faas_stream.framing import DONE, Event

_LINE_END = re.compile(r"\r\n|\r|\n")


def lines(text: str) -> list[str]:
    return _LINE_END.split(text)


def events(text: str) -> list[Event]:
    """The events of a stream, their data as text."""
    events: list[Event] = []
    data: list[str] = []
    fields: dict[str, str] = {}
    for line in [*lines(text), ""]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif line and name in ("event", "id", "retry"):
            fields[name] = value
        elif not line:
            if data:
                retry = fields.get("retry", "")
                pause = int(retry) if retry.isdecimal() else None
                events.append(Event("\n".join(data), fields.get("event") or None, fields.get("id"), pause))
            data, fields = [], {}
    return events


def are_chunks(events: Sequence[Event]) -> bool:
    """True for the format `openai`: each event without a name is a chunk or an error."""
    unnamed = [one.text() for one in events if not one.event and one.text() != DONE]
    bodies = [parsed(text, is_json=True) for text in unnamed]
    known = [isinstance(body, dict) and ("choices" in body or error_in(body) is not None) for body in bodies]
    return bool(known) and all(known)


def parsed(text: str, is_json: bool) -> Any:
    if not is_json:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def error_in(body: object) -> Mapping[str, Any] | None:
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else None


def deltas(event: Event, *, is_ai_sdk: bool) -> list[tuple[str, str]]:
    """The text and reasoning of one event, in any of the template's formats or of the APIs that it relays."""
    data: Any = event.data
    if is_ai_sdk:
        kinds = {"text-delta": "text", "reasoning-delta": "reasoning"}
        kind = kinds.get(data.get("type", "")) if isinstance(data, dict) else None
        return [(kind, data["delta"])] if kind else []
    if not event.event:
        if isinstance(data, str):
            return [] if data == DONE else [("text", data)]
        return _of_chunk(data)
    if not isinstance(data, dict):
        return []
    if event.event in ("message", "reasoning") and isinstance(data.get("text"), str):
        return [("text" if event.event == "message" else "reasoning", data["text"])]
    if event.event == "content_block_delta":
        delta = data.get("delta") or {}
        return [(kind, delta[name]) for name, kind in (("text", "text"), ("thinking", "reasoning")) if name in delta]
    if event.event == "response.output_text.delta":
        return [("text", data.get("delta", ""))]
    return [("reasoning", data.get("delta", ""))] if event.event == "response.reasoning_summary_text.delta" else []


def _of_chunk(chunk: Any) -> list[tuple[str, str]]:
    events = []
    for choice in (chunk.get("choices") or [] if isinstance(chunk, dict) else [])[:1]:
        delta = choice.get("delta") or {"content": choice.get("text")}
        events += [("reasoning", delta["reasoning_content"])] if delta.get("reasoning_content") else []
        events += [("text", delta["content"])] if delta.get("content") else []
    return events
