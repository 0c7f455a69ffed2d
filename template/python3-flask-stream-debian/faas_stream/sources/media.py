"""The events of OpenAI's endpoints for speech, transcription and images as deltas."""

from collections.abc import Mapping
from typing import Any

from faas_stream.sources.completeness import MEDIA_ENDS
from faas_stream.sources.delta import Delta
from faas_stream.sources.state import AnswerState

_PREFIXES = ("speech.audio.", "transcript.text.", "image_generation.", "image_edit.")


class MediaReader:
    """Reads one event. A transcript is text. Sound and images reach only clients that get upstream's own events."""

    def __init__(self, state: AnswerState) -> None:
        self._state = state
        state.completeness.needs_end = True

    @staticmethod
    def recognises(data: Mapping[str, Any]) -> bool:
        """True for an event of one of these endpoints."""
        return str(data.get("type", "")).startswith(_PREFIXES)

    def read(self, data: Mapping[str, Any], out: list[Delta]) -> None:
        """Appends what the event brings."""
        kind, _, phase = data["type"].rpartition(".")
        self._state.completeness.has_content = True
        if kind == "transcript.text" and phase == "delta":
            out.append(Delta(text=self._state.text(data["delta"])))
        elif phase in MEDIA_ENDS:
            self._state.completeness.has_end = True
            out.append(Delta(usage=data.get("usage") or None))
