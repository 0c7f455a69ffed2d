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


def test_the_refusal_of_a_body_that_the_server_does_not_keep_waits_too(function: Running) -> None:
    body = bytes(3 * 1024 * 1024)  # above the default of max_body by more than what the application refuses
    for _ in range(20):
        with Caller(function.port) as caller:
            caller.ask(headers=(*STREAM, ("Content-Length", str(len(body)))), method="POST").send(body[:-1])
            assert caller.hears_nothing(0.05)  # while the server reads it
            sent_at = time.monotonic()
            caller.send(body[-1:])
            assert caller.response().status == 413
            assert time.monotonic() - sent_at >= BEARABLE_S
