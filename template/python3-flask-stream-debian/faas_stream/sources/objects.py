"""The JSON objects of one upstream answer as deltas, whichever API they belong to."""

import json
from collections.abc import Mapping
from typing import Any

from faas_stream.sources.anthropic import AnthropicReader
from faas_stream.sources.chat import ChatReader
from faas_stream.sources.delta import Delta, UpstreamFailedError
from faas_stream.sources.failures import failure_of, is_failure, reported_failure
from faas_stream.sources.json_events import JsonEventsReader
from faas_stream.sources.media import MediaReader
from faas_stream.sources.responses import ResponsesReader
from faas_stream.sources.state import AnswerState

OPENAI, ANTHROPIC, JSON = "openai", "anthropic", "json"
_SIGNS_OF_LIFE = ("ping", "heartbeat", "keepalive", "keep-alive")


class ObjectReader:
    """Recognises the API by the first object that belongs to one.

    dialect: "openai", "anthropic", "json", or "" before that. is_over: upstream has said that nothing follows.
    """

    def __init__(self, state: AnswerState) -> None:
        self._state = state
        self.dialect = ""
        self.is_over = False
        self._chat: ChatReader | None = None
        self._responses: ResponsesReader | None = None
        self._anthropic: AnthropicReader | None = None
        self._json: JsonEventsReader | None = None

    def read(self, name: str, data: object, verbatim: str | None, out: list[Delta]) -> None:
        """Appends what an object brings. name: of its event. verbatim: its JSON, None to write it here.

        Raises UpstreamFailedError if the object reports a failure, or does not have the form of its API.
        """
        try:
            self._read(name, data, verbatim, out)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            # The text of the exception may quote upstream.
            raise UpstreamFailedError(
                f"upstream sent an event that does not have the form of its API ({type(error).__name__})"
            ) from None

    def done(self, out: list[Delta]) -> None:
        """Appends what was held back, and notes `[DONE]`."""
        self.end(out)
        self._state.completeness.done()
        self.is_over = True

    def end(self, out: list[Delta]) -> None:
        """Appends what was held back."""
        if self._chat:
            self._chat.release(out)
        if remainder := self._state.remainder():
            out.append(remainder)

    def _read(self, name: str, data: object, verbatim: str | None, out: list[Delta]) -> None:
        if self._json or JsonEventsReader.recognises(name, data):
            self._read_json(name, data, verbatim or "", out)
        elif isinstance(data, list):  # Gemini wraps an error in a list
            for member in data:
                self._read(name, member, None, out)
        elif not isinstance(data, dict):
            self._state.skip(type(data).__name__)
        elif name in _SIGNS_OF_LIFE or data.get("type") in _SIGNS_OF_LIFE:
            pass
        elif ChatReader.recognises(data) and not is_failure(name):
            self.dialect = OPENAI
            self._chat = self._chat or ChatReader(self._state)
            self._chat.read(data, json.dumps(data) if verbatim is None else verbatim, out)
        elif failure := failure_of(data, name):
            raise failure
        else:
            self._read_other(name, data, out)

    def _read_other(self, name: str, data: dict[str, Any], out: list[Delta]) -> None:
        """Reads objects of APIs other than (Chat) Completions."""
        if ResponsesReader.recognises(data):
            self.dialect = OPENAI
            self._responses = self._responses or ResponsesReader(self._state)
            self._end_if(self._responses.read(data, out), out)
        elif AnthropicReader.recognises(data):
            self.dialect = ANTHROPIC
            self._anthropic = self._anthropic or AnthropicReader(self._state)
            self._end_if(self._anthropic.read(data, out), out)
        elif MediaReader.recognises(data):
            self.dialect = OPENAI
            MediaReader(self._state).read(data, out)
        else:
            self._state.skip(data.get("type") or data.get("object") or name)

    def _read_json(self, name: str, data: object, verbatim: str, out: list[Delta]) -> None:
        self._json = self._json or JsonEventsReader(self._state)
        self.dialect = JSON
        if is_failure(name):
            raise reported_failure(data if isinstance(data, Mapping) else {})
        self._end_if(self._json.read(name, data, verbatim, out), out)

    def _end_if(self, is_over: bool, out: list[Delta]) -> None:
        if is_over:
            self.end(out)
            self.is_over = True
