"""On PYTHONPATH, logs in a function when one of OpenAI's SDK clients is made."""

from typing import Any

import openai


def _counted(made: type) -> None:
    original = made.__init__  # type: ignore[misc]

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        print("an SDK client was made", flush=True)
        original(self, *arguments, **named)

    made.__init__ = init  # type: ignore[misc]


for sdk_client in (openai.OpenAI, openai.AsyncOpenAI):
    _counted(sdk_client)
