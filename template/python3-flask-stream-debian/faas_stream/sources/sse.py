"""Server-Sent Events from bytes: WHATWG HTML, section 9.2.6, "Interpreting an event stream".

One deviation: at the end of the stream a pending event is dispatched, because providers leave out the last blank line.
This module knows the names and data of events, and not what they mean. It ignores ids and reconnection times.
"""

from collections.abc import Iterator

from faas_stream.sources.delta import UpstreamFailedError

_BOM = b"\xef\xbb\xbf"
_FIELD = b"data: "


class EventDecoder:
    """Bytes in, events out, each as its name ("" if it has none) and its data.

    max_event: bytes of the data of one event, or of another line. Time and memory are linear in an event's size,
    however its bytes are cut.
    """

    def __init__(self, max_event: int) -> None:
        self._max_event = max_event
        self._is_at_start = True
        self._skips_lf = False  # the last byte was a CR, so that a LF would belong to the same line end
        self._line: list[bytes] = []  # the pieces of the line that has not ended
        self._line_size = 0
        self._name = ""
        self._data: list[bytes] = []
        self._data_size = 0

    def feed(self, data: bytes) -> Iterator[tuple[str, str]]:
        """The events that these bytes complete. Raises UpstreamFailedError for an event above `max_event`."""
        for line in self._lines(data):
            if line.startswith(b"data:"):
                value = line[6:] if line.startswith(_FIELD) else line[5:]
                self._data_size += len(value) + bool(self._data)  # with the line break between two lines
                self._data.append(value)
                check_size(self._data_size, self._max_event)
            elif not line:
                name, self._name = self._name, ""
                if self._data:
                    text = b"\n".join(self._data).decode("utf-8", "replace")
                    self._data.clear()
                    self._data_size = 0
                    yield name, text
            elif line.startswith(b"event:"):
                self._name = line[6:].removeprefix(b" ").decode("utf-8", "replace")
            elif line == b"data":
                self._data_size += bool(self._data)
                self._data.append(b"")
                check_size(self._data_size, self._max_event)
            elif line == b"event":
                self._name = ""
        check_size(self._data_size + self._line_size - len(_FIELD), self._max_event)

    def end(self) -> Iterator[tuple[str, str]]:
        """The event whose blank line is missing at the end of the stream, if there is one."""
        return self.feed(b"\n\n")

    def _lines(self, data: bytes) -> list[bytes]:
        """The lines that these bytes complete, without their ends."""
        if self._skips_lf and data:
            data = data.removeprefix(b"\n")
            self._skips_lf = False
        if b"\r" in data:
            self._skips_lf = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = data.split(b"\n")
        unfinished = lines.pop()
        if lines:
            if self._line:
                lines[0] = b"".join([*self._line, lines[0]])
                self._line.clear()
                self._line_size = 0
            if self._is_at_start:
                self._is_at_start = False
                lines[0] = lines[0].removeprefix(_BOM)
        if unfinished:
            self._line.append(unfinished)
            self._line_size += len(unfinished)
        return lines


def check_size(size: int, max_event: int) -> None:
    """Raises UpstreamFailedError for an event that is too large."""
    if size > max_event:
        raise UpstreamFailedError(
            f"upstream sent an event of more than {max_event} bytes: raise max_event in stack.yaml"
        )
