"""Tuples and dicts that could be an author's or a graph's, and what the log says of a graph's items."""

from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    RemoveMessage,
    ToolMessage,
)
from langchain_core.messages.ai import UsageMetadata

from faas_stream.sources import Delta, ItemReader
from tests.sources.answers import Answer, collect

NAMESPACE = ("write:1",)
STOP = {"model_provider": "openai", "finish_reason": "stop"}
UNKNOWN = "skipped what upstream sent with the unknown type {!r}"


def chunk(text: str, node: str = "model", namespace: str = "", path: Any = ("__pregel_pull", "model")) -> Any:
    metadata = {"langgraph_node": node, "langgraph_checkpoint_ns": namespace or f"{node}:1", "langgraph_path": path}
    return AIMessageChunk(content=text, id=f"{node}{namespace}"), metadata


def read(items: list[Any], answer_node: str | None = None) -> tuple[Answer, ItemReader]:
    reader = ItemReader(answer_node=answer_node)

    def deltas() -> Any:
        for item in items:
            yield from reader.read(item)
        yield from reader.end()

    return collect(deltas()), reader


@pytest.mark.parametrize(
    "value",
    [
        ("a", 1), ("messages", "a"), ("updates", None), ("values", 3), (), ("a",), (1, 2, 3), (("a", "b"), 1),
        {"type": "event"}, {"type": "a", "ns": "b", "data": 1}, {"event": "on_sale", "data": 1}, {"answer": "a"},
        {"a": {"b": 1}}, {"a": None}, {"question": "a"}, {"question": "a", "answer": "b"}, {"id": 1, "name": "b"},
        {"messages": ["a"]}, {"context": []},
    ],
)  # fmt: skip
def test_an_authors_value_stays_a_value(value: Any) -> None:
    answer, reader = read([value, "a"])
    assert (
        answer.values == [list(value) if isinstance(value, tuple) and not isinstance(value, str) else value]
        or [list(map(list, value[:1])) + list(value[1:])] == answer.values
    )
    assert answer.text == "a"
    assert reader.notes == []


def test_the_input_of_a_chain_is_left_out_and_any_other_first_dict_is_not() -> None:
    question, document = {"question": "q"}, {"context": [Document("d", metadata={"source": "s"})]}
    assert read([question, document, {"answer": "a"}])[0].values == []
    assert read([question, question])[0].values == [question, question]
    assert read([{"other": 1}, document])[0].values == [{"other": 1}]


def test_the_same_document_is_cited_once_and_a_long_one_is_shortened() -> None:
    document = {"context": [Document("d" * 301, metadata={"source": "s", "odd": [1], "relevance_score": float("nan")})]}
    assert read([document, document])[0].citations == [{"file": "s", "snippet": "d" * 300 + "…", "score": None}]


def test_unknown_modes_are_skipped_and_noted_once() -> None:
    answer, reader = read([("updates", {"a": None}), ("novel", {"b": 1}), ("novel", 2), ((), "novel", 3)])
    assert (answer.values, answer.text) == ([], "")
    assert reader.notes == ["skipped what upstream sent with the unknown type 'novel'"]


def test_payloads_that_do_not_fit_their_mode_are_skipped() -> None:
    modes = ("updates", "tasks", "debug", "checkpoints", "messages", "tools")
    for mode in modes:
        answer, reader = read(
            [((), mode, None), {"type": mode, "ns": (), "data": {"odd": 1} if mode == "tasks" else 3}]
        )
        assert (answer.end, answer.values) == ("complete", [])
        assert UNKNOWN.format(mode) in reader.notes


def test_updates_after_one_with_messages_need_none() -> None:
    answer, _ = read([{"model": {"messages": [AIMessage("a", id="1")]}}, {"clean": None}, {"count": {"number": 1}}])
    assert answer.values == []
    names = [step["name"] for delta in answer.deltas for step in delta.steps if step["state"] == "finished"]
    assert names == ["model", "clean", "count"]


def test_the_updates_of_middleware_are_no_values_of_the_author() -> None:
    limit = {"ModelCallLimitMiddleware.after_model": {"run_model_call_count": 1}}
    answer, _ = read([{"check.before_agent": None}, limit, {"model": {"messages": [AIMessage("a", id="1")]}}])
    assert (answer.text, answer.values) == ("a", [])


def test_a_state_that_a_graph_was_called_with_is_not_the_answer() -> None:
    history = [HumanMessage("q", id="1"), AIMessage("old", id="2"), HumanMessage("q", id="3")]
    answer, _ = read([{"messages": history}, {"messages": [*history, AIMessage("new", id="4")]}])
    assert answer.text == "new"


@pytest.mark.parametrize(
    ("answer_node", "text"),
    [(None, "top"), ("model", "top"), ("write", "inner"), ("inner", "inner"), ("other", "")],
)
def test_the_answer_is_of_the_top_graph_or_of_the_named_node(answer_node: str | None, text: str) -> None:
    inner = chunk("inner", "inner", "write:1|inner:2")
    answer, reader = read([(NAMESPACE, "messages", inner), ((), "messages", chunk("top"))], answer_node)
    assert answer.text == text
    assert bool(reader.notes) == (not text)


def test_the_last_text_of_subgraphs_is_the_answer_if_there_is_no_other() -> None:
    first = chunk("first", "inner", "write:1|inner:2")
    last = [(AIMessageChunk(content=text, id="3"), first[1]) for text in ("la", "st")]
    inner = [(NAMESPACE, "messages", each) for each in (first, *last)]
    answer, reader = read(inner)
    assert [delta.text for delta in answer.deltas if delta.text] == ["last"]
    assert reader.notes == [
        "the text was sent in one piece, because all of it is of subgraphs, write/inner. "
        "Name one with stream(answer_node=…), and its text is sent as it comes"
    ]
    assert read([*inner, ((), "messages", chunk("top"))])[0].text == "top"
    assert read([*inner, "the author's"])[0].text == "the author's"
    assert read([*inner, ((), "values", {"answer": "a"})])[0].text == "a"
    assert read([*inner, ((), "updates", {"__interrupt__": ()})])[0].text == ""


def test_the_log_says_why_a_graph_has_no_text() -> None:
    inner = (NAMESPACE, "messages", chunk("inner", "inner", "write:1|inner:2"))
    assert read([("updates", {"a": {"joke": "b", "count": 1}})])[1].notes == [
        "no text was sent: the graph has no messages, but texts in its state: joke. "
        "Stream the messages too (stream_mode), or yield the text yourself"
    ]
    assert read([inner], "other")[1].notes == [
        "no text was sent: answer_node='other' is none of the nodes with text, write/inner"
    ]


def test_the_model_that_a_tool_calls_is_not_the_answer_but_parallel_nodes_are() -> None:
    call = AIMessageChunk(
        content="",
        id="1",
        tool_call_chunks=[{"index": 0, "id": "c", "name": "f", "args": "{}", "type": "tool_call_chunk"}],
    )
    calling = (call, {"langgraph_node": "model", "langgraph_checkpoint_ns": "model:1"})
    from_tool = chunk("in tool", "run", path=("__pregel_push", 0, False))
    result = (ToolMessage("42", tool_call_id="c", id="2"), {"langgraph_node": "run"})
    answer, _ = read([calling, chunk("beside ", "other"), from_tool, result, chunk("after", "run")])
    assert answer.text == "beside after"
    assert answer.tool_results == [{"id": "c", "name": None, "result": "42"}]


@pytest.mark.parametrize("order", [("c1", "c2"), ("c2", "c1")])
def test_parallel_calls_of_one_tool_are_sent_once_in_whichever_order_they_run(order: tuple[str, str]) -> None:
    calls: Any = [{"id": id, "name": "f", "args": {}, "type": "tool_call"} for id in ("c1", "c2")]
    items = [{"event": "on_chat_model_end", "run_id": "m", "data": {"output": AIMessage("", id="1", tool_calls=calls)}}]
    for id in order:
        run = {"name": "f", "run_id": f"run {id}"}
        items.append({"event": "on_tool_start", "data": {"input": {}}, **run})
        items.append({"event": "on_tool_end", "data": {"output": ToolMessage(id, tool_call_id=id, name="f")}, **run})
    answer, _ = read(items)
    assert [call[0] for call in answer.tool_calls] == ["c1", "c2"]
    assert [result["id"] for result in answer.tool_results] == list(order)


def test_the_tool_calls_of_a_model_are_not_an_agents() -> None:
    call = {"type": "tool_call", "id": "c", "name": "f", "args": {"a": 1}}
    answer, _ = read([
        {"event": "message-start", "role": "ai", "id": "1"},
        {"event": "content-block-finish", "index": 0, "content": call},
        {"event": "message-finish", "metadata": {"finish_reason": "tool_calls"}},
    ])  # fmt: skip
    assert (answer.tool_calls, answer.finish_reason) == ([["c", "f", '{"a":1}']], "tool_calls")
    assert not any(delta.by_agent for delta in answer.deltas)


def test_what_middleware_holds_back_of_an_event_comes_with_the_end_of_its_block() -> None:
    """As LangChain's PIIMiddleware does."""
    call = {"type": "tool_call_chunk", "id": "c", "name": "f", "args": ""}
    answer, _ = read([
        {"event": "message-start", "role": "ai", "id": "1"},
        {"event": "content-block-start", "index": 0, "content": {"type": "reasoning", "reasoning": "Hm"}},
        {"event": "content-block-delta", "index": 0, "delta": {"type": "reasoning-delta", "reasoning": "m."}},
        {"event": "content-block-finish", "index": 0, "content": {"type": "reasoning", "reasoning": "Hmm. Yes."}},
        {"event": "content-block-start", "index": 1, "content": {"type": "text", "text": ""}},
        {"event": "content-block-delta", "index": 1, "delta": {"type": "text-delta", "text": "Write to "}},
        {"event": "content-block-delta", "index": 1, "delta": {"type": "text-delta", "text": ""}},
        {"event": "content-block-finish", "index": 1, "content": {"type": "text", "text": "Write to [email]."}},
        {"event": "content-block-start", "index": 2, "content": call},
        {"event": "content-block-delta", "index": 2, "delta": {"type": "tool-call-delta", "args": ""}},
        {"event": "content-block-finish", "index": 2, "content": {**call, "type": "tool_call", "args": {"a": 1}}},
        {"event": "message-finish", "metadata": {"finish_reason": "tool_calls"}},
    ])  # fmt: skip
    assert (answer.reasoning, answer.text) == ("Hmm. Yes.", "Write to [email].")
    assert answer.tool_calls == [["c", "f", '{"a":1}']]


def test_what_a_node_returns_as_plain_messages_is_read_once() -> None:
    tool_call = {"role": "assistant", "content": None, "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    ]}  # fmt: skip
    tool_result = {"role": "tool", "tool_call_id": "c", "content": "42"}
    text = {"role": "assistant", "content": "done"}
    state = {"messages": [AIMessage("done", id="9")]}
    answer, _ = read([("updates", {"a": {"messages": [tool_call, tool_result, text]}}), ("values", state)])
    assert answer.text == "done"
    assert (answer.tool_calls, answer.tool_results) == ([["c", "f", "{}"]], [{"id": "c", "name": None, "result": "42"}])


@pytest.mark.parametrize(
    ("copy", "text"),
    [
        (AIMessage(" Yes.\n", id="9"), "Yes."),
        (AIMessage([{"type": "text", "text": "Yes."}], id="9"), "Yes."),
        (AIMessage("Yes.", id="9", tool_calls=[{"name": "f", "args": {}, "id": "c"}]), "Yes.Yes."),
        (AIMessage("Yes!", id="9"), "Yes.Yes!"),
        (("ai", "Yes."), "Yes."),
        (HumanMessage("Yes.", id="9"), "Yes."),
    ],
)
def test_the_copy_of_a_streamed_message_is_not_read_again(copy: Any, text: str) -> None:
    pieces = [("messages", (AIMessageChunk(content=piece, id="1"), {"langgraph_node": "a"})) for piece in ("Y", "es.")]
    assert read([*pieces, ("updates", {"a": {"messages": [copy]}})])[0].text == text


def test_another_node_may_say_what_was_streamed_before() -> None:
    piece = ("messages", (AIMessageChunk(content="Yes.", id="1"), {"langgraph_node": "a"}))
    copy = AIMessage("Yes.", id="2")
    assert read([piece, ("updates", {"b": {"messages": [copy]}})])[0].text == "Yes.Yes."
    twice = [("updates", {"a": {"messages": [AIMessage("Yes.", id=id)]}}) for id in ("1", "2")]
    assert read([piece, *twice])[0].text == "Yes.Yes."
    state = ("values", {"messages": [AIMessage("Yes.", id="1"), copy]})
    assert read([piece, state])[0].text == "Yes.Yes."


def test_the_node_that_runs_a_graph_may_copy_its_answer() -> None:
    pieces = [(NAMESPACE, "messages", chunk(text, "inner", "write:1|inner:2")) for text in ("Y", "es.")]
    inner = (NAMESPACE, "updates", {"inner": {"messages": [("ai", "Yes.")]}})
    outer = ((), "updates", {"write": {"messages": [AIMessage("Yes.", id="9")]}})
    assert read([*pieces, inner, outer], "write")[0].text == "Yes."
    assert read([*pieces, inner, outer])[0].text == "Yes."  # the answer is the outer one, which comes whole
    assert read([*pieces, inner, outer, outer])[0].text == "Yes."


def test_an_empty_state_is_no_value_of_the_author() -> None:
    assert read([{"q": "a", "messages": []}, {"q": "a", "messages": [AIMessage("b", id="1")]}])[0].values == []


@pytest.mark.parametrize("answer_node", [None, "model"])
def test_a_hidden_message_that_was_cut_is_an_error_unless_its_call_raised(answer_node: str | None) -> None:
    half = AIMessageChunk(content="half", id="1", response_metadata={"model_provider": "openai"})
    last = AIMessageChunk(content="", id="1", chunk_position="last")  # LangChain's, of a stream that has not raised
    origin = chunk("", "inner", "write:1|inner:2" if answer_node is None else "")[1]
    top = (AIMessageChunk(content="a", id="2", response_metadata=STOP), {"langgraph_node": "model"})
    hidden = [(NAMESPACE if answer_node is None else (), "messages", (message, origin)) for message in (half, last)]
    assert read([*hidden, top], answer_node)[0].end == "error"
    assert read([hidden[0], top], answer_node)[0].end == "complete"


def test_the_history_that_a_node_returns_again_is_not_the_answer() -> None:
    """As LangChain's middleware does that shortens or redacts a conversation."""
    usage = UsageMetadata(input_tokens=1, output_tokens=2, total_tokens=3)
    old = [HumanMessage("q1", id="1"), AIMessage("old", id="2", usage_metadata=usage), HumanMessage("q2", id="3")]
    new = AIMessage("new", id="4", usage_metadata=usage)
    answer, _ = read(
        [
            ("updates", {"redact": {"messages": old}}),
            ("updates", {"shorten": {"messages": [RemoveMessage(id="1"), *old]}}),
            ("updates", {"model": {"messages": [new]}}),
            ("updates", {"reflect": {"messages": [AIMessage(" and more", id="5"), HumanMessage("critique", id="6")]}}),
        ]
    )
    assert (answer.text, answer.end) == ("new and more", "complete")
    assert answer.usage is not None
    assert answer.usage["total_tokens"] == 3


def test_the_message_that_a_person_has_approved_was_sent_in_an_earlier_answer() -> None:
    usage = UsageMetadata(input_tokens=1, output_tokens=2, total_tokens=3)
    asked = AIMessage("I will look.", id="1", tool_calls=[{"name": "f", "args": {}, "id": "c"}], usage_metadata=usage)
    refusal = ToolMessage("no", tool_call_id="c", status="error")
    done = ("updates", {"model": {"messages": [AIMessage("Done.", id="2", usage_metadata=usage)]}})
    update = ("updates", {"HumanInTheLoopMiddleware.after_model": {"messages": [asked, refusal]}})
    answer, _ = read([update, done])
    assert (answer.text, answer.tool_calls) == ("Done.", [["c", "f", "{}"]])
    assert answer.tool_results == [{"id": "c", "name": None, "error": "no"}]
    assert answer.usage is not None
    assert answer.usage["total_tokens"] == 3
    assert read([("updates", {"model": {"messages": [asked]}}), update, done])[0].text == "I will look.Done."
    rewritten = AIMessage("Rewritten.", id="3")
    assert read([done, ("updates", {"guard.after_model": {"messages": [rewritten]}})])[0].text == "Done.Rewritten."


def test_an_agents_last_call_that_has_a_result_is_no_call_for_the_client() -> None:
    call = AIMessage(
        "", id="1", tool_calls=[{"name": "f", "args": {}, "id": "c"}],
        response_metadata={"model_provider": "openai", "finish_reason": "tool_calls"},
    )  # fmt: skip
    tool_call = {"model": {"messages": [call]}}
    tool_result = {"tools": {"messages": [ToolMessage("42", tool_call_id="c", id="2")]}}
    assert read([tool_call])[0].finish_reason == "tool_calls"
    assert read([tool_call, tool_result])[0].finish_reason == "stop"


def test_a_static_breakpoint_is_an_interrupt_without_a_payload() -> None:
    answer, _ = read([{"model": {"messages": [AIMessage("a", id="1")]}}, {"__interrupt__": ()}])
    assert (answer.finish_reason, answer.values) == ("interrupt", [])


@pytest.mark.parametrize("output", ["42", ToolMessage("42", tool_call_id="run", name="f", id="1")])
def test_a_tool_that_no_model_has_called_is_a_call_and_its_result(output: Any) -> None:
    common = {"name": "f", "run_id": "run", "metadata": {}, "parent_ids": ["p"]}
    answer, _ = read(
        [
            {**common, "event": "on_tool_start", "data": {"input": {"a": 1}}},
            {**common, "event": "on_tool_end", "data": {"output": output}},
        ]
    )
    assert answer.tool_calls == [["run", "f", '{"a": 1}']]
    assert answer.tool_results == [{"id": "run", "name": "f", "result": "42"}]


def test_an_unknown_event_of_a_run_is_noted() -> None:
    event = {"event": "on_novelty_start", "run_id": "r", "name": "n", "data": {}, "metadata": {}, "parent_ids": []}
    answer, reader = read([event])
    assert list(answer.deltas) == []
    assert UNKNOWN.format("on_novelty_start") in reader.notes


def test_a_custom_value_keeps_its_shape() -> None:
    answer, _ = read([("custom", "a"), ("custom", {"b": [1]}), ((), "custom", None)])
    assert answer.values == ["a", {"b": [1]}, None]
    assert answer.text == ""
    assert all(delta.by_agent for delta in answer.deltas)
    assert Delta() == Delta(by_agent=True)
