"""The response to one request: when it begins, heartbeats, how it fails, and the record of it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from faas_stream.answers.output import Output
from faas_stream.answers.record import Record
from faas_stream.answers.reply import RequestHandler, Stream, Whole
from faas_stream.errors import Failure
from faas_stream.settings import Settings


class Response:
    """Belongs to the event loop's thread.

    stream: what the client receives; None until the handler has returned one, or the response has begun without it.
    first_item_at: when upstream's first item came, in the loop's time.
    """

    def __init__(self, output: Output, handler: RequestHandler, settings: Settings, clock: Callable[[], float]) -> None:
        self._output, self._handler, self._settings, self._clock = output, handler, settings, clock
        self._requested_at = clock()
        self.stream: Stream | None = None
        self.first_item_at: float | None = None

    def begin(self, stream: Stream) -> None:
        """Begins the response, unless it has begun. To be called when the first item is there.

        Raises ClientDisconnectedError.
        """
        if self.first_item_at is None:
            self.first_item_at = self._clock()
        if not self._output.has_begun:
            self._output.begin(stream.status, stream.headers, is_padded=stream.is_padded)

    def fill_silence(self, now: float) -> None:
        """Sends a heartbeat if one is due. Raises ClientDisconnectedError.

        If the first item or even the handler is late, the response begins early, so that heartbeats can be sent.
        """
        if self._output.has_begun:
            if now - self._output.written_at >= self._settings.heartbeat_interval and self.stream is not None:
                self._output.fill_silence(self.stream.encoder.heartbeat or b"")
        elif now - self._requested_at >= self._settings.commit_after:
            self._begin_early()

    def _begin_early(self) -> None:
        stream = self.stream or self._handler.early_stream()
        if stream is None or stream.encoder.heartbeat is None:
            return
        self.stream = stream
        self._output.begin(stream.status, stream.headers, is_padded=stream.is_padded)
        self._output.fill_silence(stream.encoder.start(is_early=True) + stream.encoder.heartbeat)

    async def fail(self, failure: Failure) -> None:
        """Sends an error response if the response has not begun, else the format's error frame.

        Sends nothing if the format has none, or if the response is whole already and its client is slow. Raises
        ClientDisconnectedError.
        """
        if not self._output.has_begun:
            body = json.dumps(self._handler.error_body(failure)).encode() + b"\n"
            length = ("Content-Length", str(len(body)))
            headers = [("Content-Type", "application/json"), length, *failure.headers.items()]
            self._output.begin(failure.status_line, headers)
            await self._output.finish(body)
        elif self.stream is not None and not self._output.is_finished:
            frame = self.stream.encoder.error(failure.code, failure.message)
            if frame is not None:
                await self._output.finish(frame)

    def record(self, call_id: str, outcome: str, whole: Whole | None, upstream: Mapping[str, Any]) -> Record:
        """The answer's record. whole: a response that is no stream. upstream: what upstream said about its failure."""
        sent = whole if outcome == "complete" else None
        encoder = self.stream.encoder if self.stream else None
        known = encoder or whole
        return Record(
            call_id=call_id,
            function=self._settings.function_name,
            status=sent.status if sent else self._output.status,
            outcome=(sent and sent.code) or outcome,
            time_to_first_item_s=self.first_item_at and self.first_item_at - self._requested_at,
            duration_s=self._clock() - self._requested_at,
            events=encoder.events if encoder else 0,
            finish_reason=known.finish_reason if known else None,
            usage=known.usage if known else None,
            text=encoder.text if encoder else "",
            tool_calls=list(encoder.tool_calls) if encoder else [],
            upstream=upstream or (whole.upstream if whole else {}),
        )
