"""Failures: a status before the first byte, an error frame after that, and never the text of an exception."""

from http.client import IncompleteRead

import pytest

from tests.faults.client import DOCUMENT, SSE, Client, ask, clients_of
from tests.faults.kinds import KINDS, SDKS, STREAMED
from tests.faults.scripts import as_prompted, first, play
from tests.platform.running import Running
from tests.upstream import Call, Script, Upstream

# Long enough that even on a busy machine an immediate failure comes before it.
SETTINGS = {"commit_after": "20s"}
USED = KINDS

SECRET = b"sk-secret-in-an-error"
ERRORS = ["ValueError", "SystemExit", "KeyboardInterrupt", "CancelledError", "StopIteration", "MemoryError"]
errors = pytest.mark.parametrize("error", ERRORS)


@errors
@pytest.mark.parametrize("accept", [SSE, DOCUMENT], ids=["SSE", "JSON"])
@pytest.mark.parametrize("where", ["at_once", "at_first"])
def test_an_error_before_the_first_item_has_a_status(function: Running, where: str, accept: str, error: str) -> None:
    with Client(function, f"/faulty/{where}", error, accept=accept) as client:
        assert (client.status, client.code()) == (500, "internal_error")
        assert SECRET not in client.read_all()
        record = client.record()
    assert (record["status"], record["outcome"]) == (500, "internal_error")


@errors
def test_an_error_after_an_item_is_an_error_frame(function: Running, error: str) -> None:
    clients = [Client(function, path, error) for path in ("/faulty/later", "/faulty/relayed")]
    for client in clients:
        with client:
            assert client.code() == "internal_error"
            assert client.read_all().startswith(b"data: an item\n\ndata: an item\n\n")
            assert b"[DONE]" not in client.read_all()
            assert SECRET not in client.read_all()
            record = client.record()
            assert (record["status"], record["outcome"], record["events"]) == (200, "internal_error", 2)


def test_the_authors_own_text_has_no_error_frame_and_is_visibly_cut(function: Running) -> None:
    with Client(function, "/faulty/relayed_text", "ValueError") as client:
        assert client.status == 200
        with pytest.raises(IncompleteRead):
            client.read_all()
        record = client.record()
    assert (record["status"], record["outcome"], record["events"]) == (200, "internal_error", 2)


def test_the_author_finds_the_traceback_in_the_log(function: Running) -> None:
    with Client(function, "/faulty/later", "ZeroDivisionError") as client:
        client.read_all()
    function.wait_for_line(f"ZeroDivisionError: {SECRET.decode()}", stream="stderr")


def test_an_error_in_closing_leaves_the_answer_whole(function: Running) -> None:
    with Client(function, "/faulty/in_close", "ValueError") as client:
        assert client.read_all() == b"data: an item\n\ndata: [DONE]\n\n"
        assert client.record()["outcome"] == "complete"


@pytest.mark.parametrize(("before", "status"), [("0", 500), ("2", 200)])
def test_what_cannot_be_streamed_is_an_error_that_names_it(function: Running, before: str, status: int) -> None:
    with Client(function, "/faulty/strange_item", before) as client:
        assert (client.status, client.code()) == (status, "internal_error")
        assert client.record()["outcome"] == "internal_error"
    function.wait_for_line("TypeError: builtins.object cannot be streamed", stream="stderr")


def test_a_header_that_cannot_be_sent_is_an_error_of_the_function(function: Running) -> None:
    with Client(function, "/faulty/strange_header") as client:
        assert (client.status, client.code()) == (500, "internal_error")
        record = client.record()
    assert (record["status"], record["outcome"]) == (500, "internal_error")


def test_a_handler_that_returns_nothing_is_an_error_of_the_function(function: Running) -> None:
    with Client(function, "/short/nothing") as client:
        assert (client.status, client.code()) == (500, "internal_error")
        assert client.record()["outcome"] == "internal_error"
    assert ask(function, "/flood/sized", "1").endswith(b"data: [DONE]\n\n")


REFUSALS = {401: (502, "upstream_auth"), 404: (502, "upstream_rejected"), 500: (502, "upstream_error")}


@pytest.mark.parametrize("accept", [SSE, DOCUMENT], ids=["SSE", "JSON"])
def test_a_refusal_of_upstream_has_a_status(function: Running, upstream: Upstream, accept: str) -> None:
    upstream.script = lambda call: call.refuse(int(call.prompt))
    with clients_of(function, ["openai_handler", "langchain_handler"], map(str, REFUSALS), accept=accept) as clients:
        for (kind, refusal), client in clients.items():
            assert (client.status, client.code()) == REFUSALS[int(refusal)], kind
            record = client.record()
            assert (record["status"], record["outcome"]) == REFUSALS[int(refusal)], kind
    assert len(upstream.calls) == len(clients)


BREAKS: dict[str, Script] = {
    "cut": Call.cut,
    "error": play(lambda call: call.frame({"error": {"message": "sk-", "code": "x"}}), Call.end),
}
CODES = {"cut": "upstream_unreachable", "error": "upstream_error"}


def test_an_upstream_that_breaks_in_an_answer_is_an_error_frame(function: Running, upstream: Upstream) -> None:
    upstream.script = play(first, as_prompted(BREAKS))
    with clients_of(function, SDKS, BREAKS) as clients:
        for case, client in clients.items():
            assert client.code() == CODES[case[1]], case
            assert client.read_all().startswith(b"data: first\n\n"), case
            assert b"[DONE]" not in client.read_all(), case
            assert client.record()["outcome"] == CODES[case[1]], case
    assert len(upstream.calls) == len(clients)


def test_an_upstream_that_breaks_in_an_answer_is_502_if_nothing_was_sent(function: Running, upstream: Upstream) -> None:
    upstream.script = play(first, as_prompted(BREAKS))
    with clients_of(function, SDKS, BREAKS, accept=DOCUMENT) as clients:
        for case, client in clients.items():
            assert (client.status, client.code()) == (502, CODES[case[1]]), case
            assert client.record()["status"] == 502, case


def test_a_generator_whose_upstream_breaks_is_not_complete(function: Running, upstream: Upstream) -> None:
    upstream.script = play(first, lambda call: call.raw(b"data: {\n\n"), Call.cut)
    with clients_of(function, [kind for kind in STREAMED if kind not in SDKS]) as clients:
        for case, client in clients.items():
            assert client.code() == "internal_error", case
