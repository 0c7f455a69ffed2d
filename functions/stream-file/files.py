"""The files of one folder."""

import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from os.path import isfile
from pathlib import Path

from werkzeug.security import safe_join

from faas_stream import ClientError

PIECE_BYTES = 12 * 1024
"""A multiple of 3, so that the pieces' base64, joined, is that of the whole; 16 KiB on the wire."""

# Without the machine's own tables, which differ; and what Python's lacks or has by an older name.
_TYPES = mimetypes.MimeTypes()
for _suffix, _type in (
    (".wav", "audio/wav"), (".ogg", "audio/ogg"), (".opus", "audio/ogg"), (".flac", "audio/flac"),
    (".m4a", "audio/mp4"), (".webp", "image/webp"), (".avif", "image/avif"),
):  # fmt: skip
    _TYPES.add_type(_type, _suffix)


@dataclass(frozen=True)
class File:
    """changed: of its last change, in nanoseconds."""

    name: str
    path: Path
    length: int
    changed: int

    def described(self) -> dict[str, str | int]:
        media_type = _TYPES.guess_type(self.name)[0] or "application/octet-stream"
        return {"name": self.name, "media_type": media_type, "length": self.length}

    def sha256(self) -> str:
        """Of the whole file, in hexadecimal digits; read once for as long as the file does not change."""
        return _sha256(self)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from start up to stop. Raises OSError if the file is not any more what it was."""
        with self.path.open("rb") as opened:
            opened.seek(start)
            for at in range(start, stop, PIECE_BYTES):
                size = min(PIECE_BYTES, stop - at)
                piece = opened.read(size)
                if len(piece) != size:
                    raise OSError(f"{self.name} was {self.length} bytes, but ends before byte {at + size}")
                yield piece


class Folder:
    """Folders in it count, names that begin with a dot do not. Raises ValueError if there is no such folder."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise ValueError(f"setting files_dir={str(path)!r} is no folder: expected one with the files to stream")
        self._path = path

    def files(self) -> list[File]:
        names = sorted(path.relative_to(self._path).as_posix() for path in self._path.rglob("*") if path.is_file())
        return [self._file(name) for name in names if not _is_hidden(name)]

    def find(self, name: str) -> File:
        """The file of this name. Raises ClientError, 404, which lists those there are."""
        path = safe_join(str(self._path), name)
        if path is None or _is_hidden(name) or not isfile(path):  # which takes any name, however long
            names = [file.name for file in self.files()]
            message = f"There is no file {name[:100]!r}: expected one of {', '.join(names[:50]) or '(none)'}."
            raise ClientError(message, status=404, code="no_such_file")
        return self._file(name)

    def _file(self, name: str) -> File:
        path = self._path / name
        found = path.stat()
        return File(name, path, found.st_size, found.st_mtime_ns)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


@lru_cache(maxsize=1024)
def _sha256(file: File) -> str:
    with file.path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
