"""The log: one line of JSON per answer, whatever else is printed, and no print can block the function."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from faas_stream.answers.record import OUTCOMES
from tests.faults.client import DOCUMENT, END, Client, SlowClient, clients_of
from tests.faults.kinds import SDKS
from tests.faults.scripts import play
from tests.fronts import records
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import USAGE, Upstream

# The watchdog's own default, with which a long line stops its log and then the function.
SETTINGS = {"log_buffer_size": "65536", "commit_after": "5s"}
USED = SDKS
PROMPT = "a prompt that is nobody's business"


def test_the_line_says_how_an_answer_went_and_nothing_of_what_was_said(function: Running, upstream: Upstream) -> None:
    upstream.script = play(
        lambda call: call.delta("an answer", " that is nobody's either"), lambda call: call.finish("length")
    )
    for accept in ("text/event-stream", DOCUMENT):
        with clients_of(function, SDKS, [PROMPT], accept=accept) as clients:
            for (kind, _), client in clients.items():
                client.read_all()
                record = client.record()
                assert (record["function"], record["status"], record["outcome"]) == ("fn", 200, "complete"), kind
                assert (record["events"], record["finish_reason"]) == (2, "length"), kind
                assert record["usage"]["total_tokens"] == USAGE["total_tokens"], kind
                assert 0 < record["time_to_first_item_s"] <= record["duration_s"] < 20, kind
    assert "nobody's" not in "\n".join(function.output())


@pytest.mark.parametrize("sent", ["", '"}{' + "x" * 60_000], ids=["none", "no id"])
def test_an_answer_whose_call_id_cannot_be_logged_gets_a_new_one(function: Running, sent: str) -> None:
    before = len(records(function))
    with SlowClient(function, "/flood/sized", "1", call_id=sent) as client:
        client.until(END)
        wait_until(lambda: len(records(function)) > before, "the answer's log line is there")
    assert re.fullmatch("[0-9a-f-]{16,64}", records(function)[-1]["call_id"])


def test_a_slower_way_to_read_an_answer_is_logged_once(function: Running, upstream: Upstream) -> None:
    upstream.script = play(lambda call: call.delta("an answer"), lambda call: call.finish("stop"))
    for _ in range(2):
        with SlowClient(function, "/async_openai/chunks", PROMPT) as client:
            client.until(END)
            client.record()
    assert sum("ChatCompletionChunk objects takes four times" in line for line in function.output()) == 1


def test_each_outcome_of_the_log_is_documented(function: Running) -> None:
    assert {record["outcome"] for record in records(function)} <= OUTCOMES.keys()


def test_a_print_of_10_mb_without_a_line_break_does_not_wedge_the_function(function: Running) -> None:
    for _ in range(2):
        with Client(function, "/printing/long_line", "10000000") as client:
            assert client.read_all() == b"data: printed\n\ndata: [DONE]\n\n"
            assert client.record()["outcome"] == "complete"
    longest = max(len(line) for line in function.output())
    assert longest < 65_536


def test_the_line_does_not_continue_an_unfinished_print(function: Running) -> None:
    with Client(function, "/printing/half_line") as client:
        client.read_all()
        assert client.record()["outcome"] == "complete"


def test_lines_stay_whole_while_many_streams_print(function: Running) -> None:
    streams = 64
    with ThreadPoolExecutor(8) as pool:
        call_ids = list(pool.map(lambda _: _read(function), range(streams)))
    for call_id in call_ids:
        line = function.wait_for_line(f'"call_id": "{call_id}"')
        assert json.loads(line)["events"] == 20


def _read(function: Running) -> str:
    with Client(function, "/printing/each_token", "20") as client:
        client.read_all()
    return client.call_id
