"""Who is measured. All get the same prompt, pass it to the same upstream, and stand behind the same watchdog."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarking import packages
from tests.fronts import FUNCTIONS, TEMPLATE, lay_out
from tests.platform.processes import PLACEHOLDER

LIMIT = "limit"

LABELS = {
    "stream-openai": "`stream-openai`",
    "openai-proxy": "`openai-proxy`",
    "stream-langchain": "`stream-langchain`",
    "python3-flask": "python3-flask, the blog's handler",
    "fastapi": "FastAPI, uvicorn, sse-starlette",
    "express": "Express, openai",
    "langchain": "LangChain alone",
    LIMIT: "the watchdog straight to the mock",
}
"""Each contestant's name, as `--only` takes it, and what the tables call it."""

OURS = ("stream-openai", "openai-proxy", "stream-langchain")

_MODEL = "gpt-4o-mini"
_COMPLETIONS = "/v1/chat/completions"

# As stack.yaml has them; the watchdog reads some of these, our template some, and peers only the model.
_SETTINGS = {
    "write_timeout": "5m30s",
    "read_timeout": "5m30s",
    "exec_timeout": "5m30s",
    "healthcheck_interval": "5s",
    "prefix_logs": "false",
    "log_buffer_size": "-1",
    "openai_model": _MODEL,
    "OPENAI_API_KEY": "test-key",
}


@dataclass(frozen=True, slots=True)
class Contestant:
    """command: run in folder, without quoting, as a watchdog reads it. programs: where it is looked for before PATH."""

    name: str
    command: str
    folder: Path
    programs: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    path: str = "/"

    def environment(self, mock: str) -> dict[str, str]:
        """What it is started with. mock: upstream's base URL, under the names that our functions and the SDKs know."""
        programs = os.environ.get("PATH", os.defpath)
        if self.programs:
            programs = f"{self.programs}{os.pathsep}{programs}"
        upstream = {"openai_base_url": mock, "OPENAI_BASE_URL": mock}
        if self.name == LIMIT:
            upstream["upstream_url"] = mock.removesuffix("/v1")
        return {"PATH": programs, **_SETTINGS, **upstream, **self.settings}

    def request(self, tokens: int) -> tuple[str, str]:
        """The content type and the body that ask for so many tokens."""
        prompt = f"What are some calorie dense foods? tokens={tokens}"
        if self.path != _COMPLETIONS:
            return "text/plain", prompt
        messages = [{"role": "user", "content": prompt}]
        return "application/json", json.dumps({"model": _MODEL, "messages": messages, "stream": True})


def make(name: str, folder: Path) -> Contestant:
    """The contestant of this name, with all that it needs installed; folder: what is laid out for it goes there."""
    if name in OURS:
        settings = {"OPENFAAS_NAME": name, "suppress_lock": "true"}
        path = _COMPLETIONS if name == "openai-proxy" else "/"
        laid_out = lay_out(folder / name, FUNCTIONS / name)
        return Contestant(name, "python index.py", laid_out, _python_of(name), settings=settings, path=path)
    match name:
        case "python3-flask":
            return Contestant(name, "python index.py", packages.PEERS / "python3_flask", _python_of("stream-openai"))
        case "langchain":
            return Contestant(name, "python langchain_alone.py", packages.PEERS, _python_of("stream-langchain"))
        case "fastapi":
            return Contestant(name, "python fastapi_server.py", packages.PEERS, packages.python(packages.FASTAPI))
        case "express":
            return Contestant(name, "node express.mjs", packages.node())
    return Contestant(LIMIT, PLACEHOLDER, folder, path=_COMPLETIONS)


def _python_of(function: str) -> Path:
    """With what its image has: the template's packages and its own."""
    return packages.python(TEMPLATE / "requirements.txt", FUNCTIONS / function / "requirements.txt")
