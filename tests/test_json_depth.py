"""How deep JSON is nested, before it is parsed; and what happens to JSON that no parser should read."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faas_stream import chat_messages, stream
from faas_stream.json_depth import MAX_DEPTH, is_too_deep
from faas_stream.sources.values import parse_json
from tests.fixtures import Serve


def nested(depth: int, begin: str = "[", end: str = "]") -> str:
    return begin * depth + "1" + end * depth


@pytest.mark.parametrize(
    ("begin", "end"), [("[", "]"), ('{"a": ', "}"), ('["[[", {"a\\"": ', "}]"), ('["\\\\", ', "]")]
)
def test_a_hundred_levels_are_read_and_more_are_not(begin: str, end: str) -> None:
    levels = begin.count("{") + 1 if "{" in begin[1:] else 1
    for written in (str, str.encode):
        assert not is_too_deep(written(nested(MAX_DEPTH // levels, begin, end)))
        assert is_too_deep(written(nested(MAX_DEPTH // levels + 1, begin, end)))


def test_brackets_in_texts_and_many_lists_are_not_deep() -> None:
    assert not is_too_deep(json.dumps(["[" * 500, '\\"[{' * 200, "\\"]))
    assert not is_too_deep(json.dumps([[1], {"a": []}] * 500))


@settings(deadline=None)
@given(
    st.recursive(
        st.text('[]{}"\\a') | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text('"[{'), inner)
    )
)
def test_what_is_not_deep_is_never_taken_for_it(value: Any) -> None:
    text = json.dumps([value] * 60)
    assert not is_too_deep(text)
    assert is_too_deep("[" * MAX_DEPTH + text)


@pytest.mark.parametrize(
    "text", ["[" * 5_000_000, '[{"a":' * 1_000_000, '"' * 4_000_001 + "[" * 200, '"' + "\\" * 5_000_000]
)
def test_megabytes_that_are_no_json_end_in_linear_time(text: str) -> None:
    is_too_deep(text + "[" * 101)  # in quadratic time it would run into the limit that pytest has for a test


@pytest.mark.parametrize("text", [nested(101), "[" * 100_000, "9" * 10_000, '{"a": ' * 5000])
def test_upstreams_json_that_cannot_be_read_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"deeper than 100 levels|integer string conversion"):
        parse_json(text)


def test_numbers_that_are_not_finite_are_null() -> None:
    assert parse_json("[1e999, -1e999, NaN, Infinity, 1e3, 2]") == [None, None, None, None, 1000.0, 2]


DEEP = [nested(101), nested(sys.getrecursionlimit() + 100), "[" * 100_000, '{"messages": ' + "[" * 100_000]


@pytest.mark.parametrize("body", DEEP, ids=len)
@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
def test_a_deep_body_is_400_without_a_traceback(
    serve: Serve, body: str, accept: str, capfd: pytest.CaptureFixture[str]
) -> None:
    client = serve(lambda req: stream([chat_messages(req)[-1]["content"]]))
    response = client.post("/", data=body, headers={"Accept": accept, "Content-Type": "application/json"})
    assert (response.status_code, response.get_json()["error"]["code"]) == (400, "invalid_json")
    assert "Traceback" not in capfd.readouterr().err
