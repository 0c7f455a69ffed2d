"""A long conversation is sent without work for each message, because all answers wait while the event loop is busy."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import flask
import openai
import pytest

from faas_stream.secrets import MissingSecretError
from tests.function_modules import load

SDK = str(Path(openai.__file__).parent)


@pytest.mark.parametrize("function", ["stream-openai", "chat"])
def test_the_sdk_does_not_work_on_each_message(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = load(function, "handler")
    monkeypatch.setattr(handler, "stream", lambda source, **_: source)
    _calls_within_the_sdk(handler, 1)  # the first call imports parts of the SDK
    assert _calls_within_the_sdk(handler, 100) < _calls_within_the_sdk(handler, 1) + 100


def _calls_within_the_sdk(handler: ModuleType, messages: int) -> int:
    """How many functions of the SDK one request of the handler calls. It is not sent, because there is no secret."""
    body = {"messages": [{"role": ("user", "assistant")[n % 2], "content": "Hi"} for n in range(messages)]}
    calls = 0

    def count(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename.startswith(SDK)

    async def ask(source: Any) -> None:
        sys.setprofile(count)
        try:
            with suppress(MissingSecretError):
                await source
        finally:
            sys.setprofile(None)

    with flask.Flask(__name__).test_request_context(method="POST", json=body):
        source = handler.handle(flask.request.get_data(as_text=True))
    asyncio.run(ask(source))
    return calls
