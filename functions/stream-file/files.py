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
"""A multiple of 3, so that the base64 of all pieces, joined, is the base64 of the file; 16 KiB on the wire."""

# Python's own table, because the machines' tables differ, and the types that it lacks or has under an older name.
_TYPES = mimetypes.MimeTypes()
for _suffix, _type in (
    (".wav", "audio/wav"), (".ogg", "audio/ogg"), (".opus", "audio/ogg"), (".flac", "audio/flac"),
    (".m4a", "audio/mp4"), (".webp", "image/webp"), (".avif", "image/avif"),
):  # fmt: skip
    _TYPES.add_type(_type, _suffix)


@dataclass(frozen=True)
class File:
    """One file. path: without symbolic links. changed_ns: the time of its last change, in nanoseconds."""

    name: str
    path: Path
    length: int
    changed_ns: int

    def description(self) -> dict[str, str | int]:
        media_type = _TYPES.guess_type(self.name)[0] or "application/octet-stream"
        return {"name": self.name, "media_type": media_type, "length": self.length}

    def sha256(self) -> str:
        """The digest of the whole file, in hexadecimal digits. The file is read again only after it has changed."""
        return _sha256(self)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from start up to stop. Raises OSError if the file has become shorter since it was found."""
        with self.path.open("rb") as opened:
            opened.seek(start)
            for at in range(start, stop, PIECE_BYTES):
                size = min(PIECE_BYTES, stop - at)
                piece = opened.read(size)
                if len(piece) != size:
                    raise OSError(f"{self.name} was {self.length} bytes, but ends before byte {at + size}")
                yield piece


class Folder:
    """The files of a folder and of the folders in it.

    Names that begin with a dot are left out, and so are symbolic links that lead out of the folder. Links within it
    count, because Kubernetes mounts a ConfigMap's files as such links. Raises ValueError if there is no such folder.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise ValueError(f"setting files_dir={str(path)!r} is no folder: expected one with the files to stream")
        self._path = path.resolve()

    def files(self) -> list[File]:
        names = sorted(path.relative_to(self._path).as_posix() for path in self._path.rglob("*") if path.is_file())
        return [file for name in names if not _is_hidden(name) and (file := self._file(name))]

    def find(self, name: str) -> File:
        """The file of this name. Raises ClientError, 404, which lists the files that exist."""
        path = safe_join(str(self._path), name)
        # isfile() takes any name: one with a NUL character or of any length is no file.
        file = None if path is None or _is_hidden(name) or not isfile(path) else self._file(name)
        if file is None:
            names = [file.name for file in self.files()]
            message = f"There is no file {name[:100]!r}: expected one of {', '.join(names[:50]) or '(none)'}."
            raise ClientError(message, status=404, code="no_such_file")
        return file

    def _file(self, name: str) -> File | None:
        """The file, or None if symbolic links lead out of the folder."""
        # The resolved path is kept, so that a link that changes later cannot lead elsewhere when the file is opened.
        path = (self._path / name).resolve()
        if not path.is_relative_to(self._path):
            return None
        status = path.stat()
        return File(name, path, status.st_size, status.st_mtime_ns)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


@lru_cache(maxsize=1024)
def _sha256(file: File) -> str:
    with file.path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
