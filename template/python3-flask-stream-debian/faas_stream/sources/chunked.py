"""Chunked transfer coding: RFC 9112, section 7.1."""

from faas_stream.sources.chunk import StreamFailedError


class Chunks:
    """A decoder: bytes in, bytes out. is_ended: nothing follows."""

    def __init__(self) -> None:
        self.is_ended = False
        self._rest = b""
        self._left = 0  # of the chunk that is being read, with its line end

    def feed(self, data: bytes) -> bytes:
        """The content that these bytes complete. Raises StreamFailedError for what is no chunk."""
        data, self._rest = self._rest + data, b""
        found, at = [], 0
        while at < len(data):
            if self._left:
                piece = data[at : at + self._left]
                at += len(piece)
                self._left -= len(piece)
                # Of the last two bytes, the line end, some may have come.
                found.append(piece[: len(piece) - (2 - self._left)] if self._left < 2 else piece)
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                self._rest = data[at:]
                break
            size = _size(data[at:end])
            if size == 0:
                # Trailers, which no provider sends, end in a blank line too.
                self.is_ended = data.endswith(b"\r\n\r\n")
                self._rest = b"" if self.is_ended else data[at:]
                break
            at, self._left = end + 2, size + 2
        return b"".join(found)


def _size(line: bytes) -> int:
    try:
        size = int(line.partition(b";")[0], 16)
    except ValueError:
        size = -1
    if size < 0:
        raise StreamFailedError("upstream's transfer is not chunked as it says")
    return size
