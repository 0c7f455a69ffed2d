"""The part of an event stream that tests compare."""

import re

_ID = re.compile(r"^id: [0-9a-f]{32}\.\d+\n", re.MULTILINE)
_HEARTBEAT = re.compile(r"^: \n", re.MULTILINE)


def without_ids(stream: str) -> str:
    """The event stream without the template's event ids, which differ for each answer."""
    return _ID.sub("", stream)


def items_only(stream: str) -> str:
    """The event stream without its ids, heartbeats and the event that only brings the first id.

    For functions that run in real time: on a busy machine, their answers may be silent for long enough to have those.
    """
    return _HEARTBEAT.sub("", without_ids(stream).replace("event: id\ndata: \n\n", ""))
