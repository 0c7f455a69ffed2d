"""Flask's own streaming responses, and what a handler attaches to a response, live as long as the answer."""

import threading

import pytest

from tests.faults.client import Client, clients_of
from tests.faults.scripts import WHOLE, as_prompted, first, last, play, wait_for
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS = {"commit_after": "5s"}
USED = ["default_retries", "relayed"]


def test_a_plain_response_is_sent_as_its_generator_yields(function: Running, upstream: Upstream) -> None:
    may_end = threading.Event()
    upstream.script = play(first, wait_for(may_end), last)
    with Client(function, "/relayed") as client:
        assert client.until(b"data: first\n\n") == b"data: first\n\n"
        may_end.set()
        assert client.read_all() == b"data: first\n\ndata: last\n\ndata: [DONE]\n\n"
        assert client.record()["outcome"] == "complete"


@pytest.mark.parametrize("prompt", ["one", "other"])
def test_call_on_close_runs_after_the_answer_with_access_to_the_request(
    function: Running, upstream: Upstream, prompt: str
) -> None:
    may_end = threading.Event()
    upstream.script = as_prompted({"one": play(first, wait_for(may_end), last), "other": WHOLE})
    closed = f"closed: /closing {prompt}"
    with clients_of(function, ["closing"], [prompt]) as clients:
        clients["closing", prompt].until(b"data: first\n\n")
        assert prompt == "other" or closed not in function.output()
        may_end.set()
        function.wait_for_line(closed)
