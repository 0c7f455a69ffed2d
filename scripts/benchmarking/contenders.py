"""The servers that are measured: each gets the same prompt, calls the same upstream and has the same watchdog."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarking import documents, packages
from benchmarking.revision import WORKING_TREE, Revision
from tests.platform.processes import PLACEHOLDER

BASELINE = "baseline"
"""No function at all: the watchdog forwards each request to the mock."""

LABELS = {
    "stream-openai": "`stream-openai`",
    "padding": "`stream-openai`, padded clients",
    "generator": "`stream-openai`, a generator of streams",
    "sync-client": "`stream-openai`, the sync client",
    "openai-proxy": "`openai-proxy`",
    "stream-langchain": "`stream-langchain`",
    "langchain-stream": "`stream-langchain`, `.stream()`",
    "langchain": "LangChain alone",
    "ask-docs": "`ask-docs`, 10,000 sections",
    "agent": "`agent`",
    "langgraph": "LangGraph alone",
    "python3-flask": "python3-flask, the blog's handler",
    "fastapi": "FastAPI, uvicorn, sse-starlette",
    "express": "Express, openai",
    BASELINE: "the watchdog straight to the mock",
}
"""The name of each contender, as `--only` takes it, and its label in the tables."""

DOCUMENTS = "docs_dir"
"""The setting of `ask-docs` that names its collection."""

_MODEL = "gpt-4o-mini"
_COMPLETIONS = "/v1/chat/completions"
_EVENT_STREAM = "text/event-stream"
_HANDLERS = Path(__file__).parent / "handlers"


class _Ours(NamedTuple):
    """A contender on our template. function: in functions/; the contender has its packages, and its code by default.

    handler: a file in handlers/ that replaces the function's code.
    """

    function: str
    handler: str = ""
    path: str = "/"
    accept: str = _EVENT_STREAM


_OURS = {
    "stream-openai": _Ours("stream-openai"),
    "padding": _Ours("stream-openai", accept="*/*"),
    "generator": _Ours("stream-openai", handler="generator_of_streams.py"),
    "sync-client": _Ours("stream-openai", handler="sync_client.py"),
    "openai-proxy": _Ours("openai-proxy", path=_COMPLETIONS),
    "stream-langchain": _Ours("stream-langchain"),
    "langchain-stream": _Ours("stream-langchain", handler="langchain_stream.py"),
    "ask-docs": _Ours("ask-docs"),
    "agent": _Ours("agent"),
}

# The values of stack.yaml. The watchdog reads some of them, our template others, and the peers only the model.
_SETTINGS = {
    "write_timeout": "5m30s",
    "read_timeout": "5m30s",
    "exec_timeout": "5m30s",
    "healthcheck_interval": "5s",
    "prefix_logs": "false",
    "log_buffer_size": "-1",
    "openai_model": _MODEL,
    "OPENAI_MODEL": _MODEL,
    "OPENAI_API_KEY": "test-key",
}


class Request(NamedTuple):
    accept: str
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Contender:
    """command: run in `folder`, without quoting, as a watchdog runs it. programs: the folder searched before PATH."""

    name: str
    command: str
    folder: Path
    programs: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    path: str = "/"
    accept: str = _EVENT_STREAM

    def environment(self, mock: str, port: int) -> dict[str, str]:
        """The variables of its process. mock: upstream's base URL. port: where the contender must listen."""
        path = os.environ.get("PATH", os.defpath)
        if self.programs:
            path = f"{self.programs}{os.pathsep}{path}"
        upstream = {"openai_base_url": mock, "OPENAI_BASE_URL": mock}
        own_url = mock.removesuffix("/v1") if self.name == BASELINE else f"http://127.0.0.1:{port}"
        listen = {"upstream_url": own_url, "PORT": str(port)}
        return {"PATH": path, **_SETTINGS, **upstream, **listen, **self.settings}

    def request(self, tokens: int) -> Request:
        """A request for this number of tokens."""
        prompt = f"What are some calorie dense foods? tokens={tokens}"
        if self.path == "/":
            return Request(self.accept, "text/plain", prompt)
        messages = [{"role": "user", "content": prompt}]
        body = json.dumps({"model": _MODEL, "messages": messages, "stream": True})
        return Request(self.accept, "application/json", body)


def make(name: str, folder: Path) -> Contender:
    """The contender of this name, with its packages installed. A function of ours is laid out in `folder`."""
    if name in _OURS:
        return _make_ours(name, WORKING_TREE, folder)
    match name:
        case "python3-flask":
            return Contender(name, "python index.py", packages.PEERS / "python3_flask", _python_of("stream-openai"))
        case "langchain":
            return Contender(name, "python langchain_alone.py", packages.PEERS, _python_of("stream-langchain"))
        case "langgraph":
            return Contender(name, "python langgraph_alone.py", packages.PEERS, _python_of("agent"))
        case "fastapi":
            return Contender(name, "python fastapi_server.py", packages.PEERS, packages.python(packages.FASTAPI))
        case "express":
            return Contender(name, "node server.mjs", packages.express(), path="/completions/chat")
    return Contender(BASELINE, PLACEHOLDER, folder, path=_COMPLETIONS)


def make_earlier(name: str, revision: Revision, folder: Path) -> Contender | None:
    """The contender of this name at another commit; None unless its code is one of our functions.

    The files in handlers/ are left out, because they use the present interface of the template.
    """
    is_function = name in _OURS and not _OURS[name].handler
    return _make_ours(name, revision, folder) if is_function else None


def at(name: str, commit: str) -> str:
    """The name of the contender at this commit."""
    return f"{name}@{commit}"


def label(name: str) -> str:
    """How the tables call the contender of this name."""
    name, _, commit = name.partition("@")
    return f"{LABELS[name]} at {commit}" if commit else LABELS[name]


def is_ours(name: str) -> bool:
    """True for the contenders on the template of the working tree."""
    return name in _OURS


def _make_ours(name: str, revision: Revision, folder: Path) -> Contender:
    ours = _OURS[name]
    handler = _HANDLERS / ours.handler if ours.handler else revision.function(ours.function)
    full_name = at(name, revision.commit) if revision.commit else name
    # Without `access: open`, a function that has a secret refuses a request that carries no token.
    settings = {"OPENFAAS_NAME": ours.function, "suppress_lock": "true", "access": "open"}
    if name == "ask-docs":
        # The prompt's words are in every collection, but not always enough of them.
        settings |= {DOCUMENTS: str(documents.write(folder / f"{full_name}-documents")), "docs_min_match": "0"}
    return Contender(
        full_name,
        "python index.py",
        revision.lay_out(folder / full_name, handler),
        _python_of(ours.function, revision),
        settings,
        ours.path,
        ours.accept,
    )


def _python_of(function: str, revision: Revision = WORKING_TREE) -> Path:
    """The Python with the packages of this function's image: the template's and the function's own."""
    return packages.python(revision.template / "requirements.txt", revision.function(function) / "requirements.txt")
