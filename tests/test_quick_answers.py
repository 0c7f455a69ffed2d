"""A quick answer waits a moment, because a proxy that still reads the body would cut it (T17)."""

import time
from collections.abc import Iterator

import pytest

from tests.fronts import DIRECT, lay_out, serve
from tests.platform.caller import STREAM, Caller
from tests.platform.running import Running

HANDLER = """
import flask
from faas_stream import ClientError, stream

methods = ["POST"]

def handle(req):
    if req == "refused":
        raise ClientError("no")
    return stream([req]) if req == "streamed" else req
"""
BEARABLE_S = 0.003


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(DIRECT, lay_out(tmp_path_factory.mktemp("build") / "fn", HANDLER)) as running:
        yield running


@pytest.mark.parametrize(
    ("method", "body"), [("POST", b"streamed"), ("POST", b"plain"), ("POST", b"refused"), ("PUT", b"refused earlier")]
)
def test_the_answer_to_a_body_waits_until_proxies_are_done_with_it(function: Running, method: str, body: bytes) -> None:
    for _ in range(20):
        with Caller(function.port) as caller:
            sent_at = time.monotonic()
            caller.ask(headers=(*STREAM, ("Content-Length", str(len(body)))), method=method).send(body)
            caller.response()
            assert time.monotonic() - sent_at >= BEARABLE_S
