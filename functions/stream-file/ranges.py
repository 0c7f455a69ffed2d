"""Which part of a file a Range header asks for: RFC 9110, section 14."""

import re

from faas_stream import ClientError

# More digits than any file has bytes are no range, which may be ignored.
_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


def part(header: str | None, length: int, etag: str) -> tuple[int, int] | None:
    """Where the part begins, and where it has ended; None for the whole file.

    The whole is the answer too to what is no range, or several at once, as section 14.2 allows. etag: told to who is
    refused. Raises ClientError, 416, for a part that the file does not have.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None:
        return None
    first, last = match.groups()
    if first:
        if last and int(last) < int(first):
            return None
        start, stop = int(first), min(int(last) + 1, length) if last else length
    elif last and length:
        start, stop = max(length - int(last), 0), length
    else:
        return None
    if start >= stop:
        raise ClientError(
            f"Range {header!r} begins behind the file's end: it has {length} bytes.",
            status=416,
            code="range_not_satisfiable",
            headers={"Content-Range": f"bytes */{length}", "ETag": etag},
        )
    return start, stop
