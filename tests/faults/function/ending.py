"""Answers with `on_end`, which logs its record and the thread in which it ran."""

import dataclasses
import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import flask

from faas_stream import stream

from . import async_openai, default_retries

FIELDS = ("call_id", "status", "outcome", "finish_reason", "usage", "time_to_first_item_s", "duration_s", "text",
          "tool_calls")  # fmt: skip


def asynchronous(req: str) -> flask.Response:
    return stream(async_openai.create(req), on_end=_print_record())


def synchronous(req: str) -> flask.Response:
    messages: Any = [{"role": "user", "content": req}]
    made = default_retries.client.chat.completions.create(model="m", messages=messages, stream=True)
    return stream(made, on_end=_print_record())


def strings(_req: str) -> flask.Response:
    return stream(["Hel", "lo"], on_end=_print_record())


def raises(_req: str) -> flask.Response:
    return stream(_raising(), on_end=_print_record())


def blocked(req: str) -> flask.Response:
    """A generator that waits for a pipe, which the body names."""
    return stream(_blocked(req), on_end=_print_record())


def late(req: str) -> flask.Response:
    """A handler that waits for a pipe, which the body names, before it returns a stream."""
    Path(req).read_text()
    return stream(["late"], on_end=_print_record())


def large(req: str) -> flask.Response:
    """So many KiB of text."""
    return stream(("x" * 1024 for _ in range(int(req))), on_end=_print_record())


def itself_raises(_req: str) -> flask.Response:
    def fail(_record: Any) -> None:
        raise RuntimeError("on_end has failed")

    return stream(["whole"], on_end=fail)


def itself_blocks(req: str) -> flask.Response:
    def wait(_record: Any) -> None:
        Path(req).read_text()
        print("on_end has waited", flush=True)

    return stream(["whole"], on_end=wait)


def _print_record() -> Any:
    thread = threading.get_ident()

    def print_record(record: Any) -> None:
        facts: dict[str, Any] = {name: getattr(record, name) for name in FIELDS}
        in_its_thread = threading.get_ident() == thread
        facts |= {"text": record.text[:100], "characters": len(record.text), "in_its_thread": in_its_thread}
        print("on_end " + json.dumps(facts, default=_plain), flush=True)

    return print_record


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return list(value)


def _raising() -> Iterator[str]:
    yield "an item"
    raise ValueError("no more")


def _blocked(path: str) -> Iterator[str]:
    yield "first"
    Path(path).read_text()
    print(f"{path} is open", flush=True)
    yield "second"
