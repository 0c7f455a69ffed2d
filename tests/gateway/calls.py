"""A call through gateway and provider: its address, an event of its answer, and how it fails on each path."""

import pytest

from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.gateways import FUNCTION

# How long a test waits for something that must not come.
A_WHILE_S = 0.2
PATH = f"/function/{FUNCTION}"
EVENT = b"data: {a 27-byte event: 1}\n\n"
both_paths = pytest.mark.parametrize("path", [STREAM, ()], ids=["stream", "plain"])


def assert_failed(caller: Caller, path: Headers, status: int) -> None:
    """The response is an empty 200 without a type on the streaming path, and has the status on the plain one."""
    response = caller.response()
    assert (response.status, response.read()) == (200 if path else status, b"")
    assert response.getheader("Content-Type") is None
