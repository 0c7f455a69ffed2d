"""Which part of a file a Range header asks for: RFC 9110, section 14."""

from werkzeug.http import parse_range_header

from faas_stream import ClientError

MAX_HEADER_LENGTH = 64
"""A range with two 18-digit positions has 44 characters. Longer headers are ignored before they are parsed."""


def part(header: str | None, length: int, etag: str) -> tuple[int, int] | None:
    """Returns the part's first byte and the byte after its last one, or None for the whole file.

    A header that is malformed, too long or has several ranges is ignored, as RFC 9110, section 14.2 allows: the whole
    file is the answer. etag: sent with a 416. Raises ClientError, 416, for a part that the file does not have.
    """
    ranges = parse_range_header(header) if header and len(header) <= MAX_HEADER_LENGTH else None
    if ranges is None or ranges.units != "bytes" or len(ranges.ranges) != 1:
        return None
    start, end = ranges.ranges[0]
    if start < 0:  # a suffix, which any file has: all of it if the file is shorter (section 14.1.2)
        return (max(start + length, 0), length) if length else None
    stop = length if end is None else min(end, length)
    if start >= stop:
        raise ClientError(
            f"Range {header!r} begins after the file's end: it has {length} bytes.",
            status=416,
            code="range_not_satisfiable",
            headers={"Content-Range": f"bytes */{length}", "ETag": etag},
        )
    return start, stop
