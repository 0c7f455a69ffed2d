"""The part of an event stream that tests compare."""

import re

_ID = re.compile(r"^id: [0-9a-f]{32}\.\d+\n", re.MULTILINE)


def without_ids(stream: str) -> str:
    """The event stream without the template's event ids, which differ for each answer."""
    return _ID.sub("", stream)
