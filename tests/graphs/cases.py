"""Chains and graphs of the real packages, and how they are streamed: what is recorded, and run again.

The model is a real one whose server is `answer`: it greets by the name in its system prompt, or calls its tool first.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypedDict

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, SummarizationMiddleware
from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer
from langgraph.func import entrypoint, task
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt
from pydantic import SecretStr

from tests.graphs.scripts import converse, say
from tests.upstream import Call

DOCUMENTS = [
    Document("Every token arrives at once.", metadata={"source": "docs/a.md", "title": "A", "score": 0.5}),
    Document("None is lost.", metadata={"source": "https://docs.test/b"}),
]
EVERY_MODE = ["messages", "values", "updates", "custom", "tasks", "debug", "checkpoints"]


class Case(NamedTuple):
    """method: "stream", "events" (of `astream_events`), or "v3".

    runner: of all async calls, because the model keeps its connections, which belong to one event loop.
    """

    runnable: Any
    input: Any
    options: Mapping[str, Any] = {}
    method: str = "stream"

    def items(self, runner: asyncio.Runner) -> list[Any]:
        """What the sync call yields; of events, what the async one does."""
        if self.method == "events":
            return self.async_items(runner)
        call = self.runnable.stream if self.method == "stream" else self.runnable.stream_events
        return list(call(self.input, **self._options()))

    def async_items(self, runner: asyncio.Runner) -> list[Any]:
        """What the async call yields."""

        async def read() -> list[Any]:
            call = self.runnable.astream if self.method == "stream" else self.runnable.astream_events
            made = call(self.input, **self._options())
            return [item async for item in (await made if asyncio.iscoroutine(made) else made)]

        return runner.run(read())

    def _options(self) -> dict[str, Any]:
        return {**self.options, **({"version": "v3"} if self.method == "v3" else {})}


def answer(call: Call) -> None:
    """What the model's server does: see `scripts.converse`."""
    name = next((message["content"] for message in call.body["messages"] if message["role"] == "system"), "fine")
    converse(in_tool=lambda call: say(call, f"<{name}", ">"))(call)


def cases(url: str) -> dict[str, Case]:
    """The cases by name, for one round: those that resume a graph follow those that interrupt it."""
    model = ChatOpenAI(model="m", api_key=SecretStr("k"), base_url=url, max_retries=0, stream_usage=True)
    return {**_chains(model), **_agents(model), **_graphs(model), **_interrupted(model), **_approved(model)}


def _chains(model: ChatOpenAI) -> dict[str, Case]:
    prompt = ChatPromptTemplate.from_messages([("system", "chain"), ("user", "{question}")])
    text = prompt | model | StrOutputParser()
    question = {"question": "hi"}
    retrieve: Any = RunnableLambda(lambda _: DOCUMENTS)
    retrieval: Any = RunnablePassthrough.assign(context=retrieve)
    return {
        "model": Case(model, [("system", "chain"), ("user", "hi")]),
        "model-v3": Case(model, [("system", "chain"), ("user", "hi")], method="v3"),
        "chain": Case(text, question),
        "chain-events": Case(text, question, method="events"),
        "chain-of-two-models": Case(RunnableParallel({"a": prompt | model, "b": prompt | model}), question),
        "retrieval": Case(retrieval.assign(answer=text), question),
        "retrieval-of-messages": Case(retrieval.assign(answer=prompt | model), question),
    }


@tool
def look(question: str) -> str:
    """Looks something up."""
    get_stream_writer()({"progress": question})
    return "42"


@tool
def fail(question: str) -> str:
    """Fails."""
    raise ValueError(question)


def _agents(model: ChatOpenAI) -> dict[str, Case]:
    agent = create_agent(model, [look])
    question = {"messages": [("user", "hi")]}
    modes = ("messages", "values", "updates", "custom", "tasks", "debug")
    by_mode = {f"agent-{mode}": Case(agent, question, {"stream_mode": mode}) for mode in modes}
    usual: dict[str, Any] = {"stream_mode": ["updates", "custom", "messages"]}
    failing = (
        StateGraph(MessagesState)
        .add_node("model", lambda state: {"messages": [model.bind_tools([fail]).invoke(state["messages"])]})
        .add_node("tools", ToolNode([fail], handle_tool_errors="It has failed."))
        .add_edge(START, "model")
        .add_edge("model", "tools")
        .compile()
    )
    summarizing = create_agent(
        model, [look], middleware=[SummarizationMiddleware(model, trigger=("messages", 2), keep=("messages", 1))]
    )
    long_question = {"messages": [("user", "hi"), ("ai", "ho"), ("user", "hi again")]}
    return {
        **by_mode,
        "agent-usual": Case(agent, question, usual),
        "agent-every": Case(agent, question, {"stream_mode": EVERY_MODE}),
        "agent-v2": Case(agent, question, {**usual, "version": "v2"}),
        "agent-subgraphs": Case(agent, question, {**usual, "subgraphs": True}),
        "agent-v3": Case(agent, question, method="v3"),
        "agent-events": Case(agent, question, method="events"),
        "agent-summarizing": Case(summarizing, long_question, usual),
        "agent-summarizing-events": Case(summarizing, long_question, method="events"),
        "tool-error": Case(failing, question, usual),
    }


def _graphs(model: ChatOpenAI) -> dict[str, Case]:
    def node(name: str) -> Any:
        return lambda _: {"messages": [model.invoke([("system", name), ("user", "hi")])]}

    inner = StateGraph(MessagesState).add_node("inner", node("inner")).add_edge(START, "inner").compile()
    nested = (
        StateGraph(MessagesState)
        .add_node("research", inner)
        .add_node("write", node("write"))
        .add_edge(START, "research")
        .add_edge("research", "write")
        .compile()
    )
    both = (
        StateGraph(MessagesState)
        .add_node("a", node("a"))
        .add_node("b", node("b"))
        .add_edge(START, "a")
        .add_edge(START, "b")
        .compile()
    )

    class Found(TypedDict):
        question: str
        context: list[Document]
        answer: str

    finding = (
        StateGraph(Found)
        .add_node("retrieve", lambda _: {"context": DOCUMENTS})
        .add_node("generate", lambda _: {"answer": model.invoke([("system", "rag")]).text})
        .add_edge(START, "retrieve")
        .add_edge("retrieve", "generate")
        .compile()
    )
    in_subgraph = StateGraph(MessagesState).add_node("write", inner).add_edge(START, "write").compile()
    plain = (
        StateGraph(MessagesState)
        .add_node("a", node("a"))
        .add_node("b", lambda _: {"messages": [{"role": "assistant", "content": "b"}]})
        .add_node("c", lambda _: {"messages": ("ai", "c")})
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("b", "c")
        .compile()
    )

    def copy(name: str, made: Callable[[str], Any]) -> Any:
        return lambda _: {"messages": [made(model.invoke([("system", name), ("user", "hi")]).text)]}

    copied = (
        StateGraph(MessagesState)
        .add_node("a", copy("a", lambda text: {"role": "assistant", "content": text}))
        .add_node("b", copy("b", AIMessage))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .compile()
    )
    equal = (
        StateGraph(MessagesState)
        .add_node("a", lambda _: {"messages": ("ai", "Yes.")})
        .add_node("b", lambda _: {"messages": ("ai", "Yes.")})
        .add_edge(START, "a")
        .add_edge("a", "b")
        .compile()
    )

    @task
    def shout(text: str) -> str:
        return text.upper()

    @entrypoint()
    def function(text: str) -> str:
        return f"{shout(text).result()}!"

    question = {"messages": [("user", "hi")]}
    several = {"stream_mode": ["messages", "updates"], "subgraphs": True}
    return {
        "nested": Case(nested, question, several),
        "nested-updates": Case(nested, question, {"stream_mode": "updates", "subgraphs": True}),
        "nested-v2": Case(nested, question, {"stream_mode": EVERY_MODE, "subgraphs": True, "version": "v2"}),
        "in-subgraph": Case(in_subgraph, question, several),
        "in-subgraph-updates": Case(in_subgraph, question, {"stream_mode": "updates", "subgraphs": True}),
        "in-subgraph-events": Case(in_subgraph, question, method="events"),
        "plain-updates": Case(plain, question, {"stream_mode": "updates"}),
        "plain-every": Case(plain, question, {"stream_mode": EVERY_MODE}),
        "copied-usual": Case(copied, question, {"stream_mode": ["messages", "updates"]}),
        "copied-values": Case(copied, question, {"stream_mode": ["messages", "values"]}),
        "copied-messages": Case(copied, question, {"stream_mode": "messages"}),
        "copied-every": Case(copied, question, {"stream_mode": EVERY_MODE}),
        "copied-events": Case(copied, question, method="events"),
        "copied-v3": Case(copied, question, method="v3"),
        "equal-updates": Case(equal, question, {"stream_mode": "updates"}),
        "equal-every": Case(equal, question, {"stream_mode": EVERY_MODE}),
        "functional-every": Case(function, "hi", {"stream_mode": EVERY_MODE}),
        "functional-v2": Case(function, "hi", {"stream_mode": ["updates", "messages"], "version": "v2"}),
        "parallel": Case(both, question, {"stream_mode": ["messages", "updates", "values"]}),
        "found-values": Case(finding, {"question": "hi"}, {"stream_mode": "values"}),
        "found-updates": Case(finding, {"question": "hi"}, {"stream_mode": "updates"}),
        "found-usual": Case(finding, {"question": "hi"}, {"stream_mode": ["messages", "updates"]}),
    }


def _interrupted(model: ChatOpenAI) -> dict[str, Case]:
    graph = (
        StateGraph(MessagesState)
        .add_node("plan", lambda _: {"messages": [model.invoke([("system", "plan")])]})
        .add_node("ask", lambda _: {"messages": [AIMessage(f"You said {interrupt({'approve': 'this'})}.")]})
        .add_edge(START, "plan")
        .add_edge("plan", "ask")
        .compile(checkpointer=InMemorySaver())
    )
    question = {"messages": [("user", "hi")]}
    kinds: dict[str, Case] = {
        "values": Case(graph, question, {"stream_mode": "values"}),
        "updates": Case(graph, question, {"stream_mode": "updates"}),
        "every": Case(graph, question, {"stream_mode": EVERY_MODE}),
        "v2": Case(graph, question, {"stream_mode": EVERY_MODE, "version": "v2"}),
        "v3": Case(graph, question, method="v3"),
        "events": Case(graph, question, method="events"),
    }
    return _in_two_runs("interrupt", "resume", kinds, Command(resume="yes"))


def _approved(model: ChatOpenAI) -> dict[str, Case]:
    """An agent whose tool call a person approves."""
    middleware = HumanInTheLoopMiddleware(interrupt_on={"look": True})
    agent = create_agent(model, [look], middleware=[middleware], checkpointer=InMemorySaver())
    question = {"messages": [("user", "hi")]}
    kinds: dict[str, Case] = {
        "updates": Case(agent, question, {"stream_mode": "updates"}),
        "usual": Case(agent, question, {"stream_mode": ["updates", "messages"]}),
        "events": Case(agent, question, method="events"),
    }
    return _in_two_runs("ask", "approved", kinds, Command(resume={"decisions": [{"type": "approve"}]}))


def _in_two_runs(first: str, second: str, kinds: dict[str, Case], resume: Command[Any]) -> dict[str, Case]:
    """The cases of a graph that is interrupted, and then resumed, in a thread of its own for each kind of stream."""
    all_cases: dict[str, Case] = {}
    for kind, case in kinds.items():
        options = {**case.options, "config": {"configurable": {"thread_id": kind}}}
        all_cases[f"{first}-{kind}"] = case._replace(options=options)
        all_cases[f"{second}-{kind}"] = case._replace(options=options, input=resume)
    return all_cases
