"""Where the functions send their requests: the upstream that they name, OpenAI with the user's key, or mock-openai."""

import os
from collections.abc import Mapping
from pathlib import Path

from local.stack import Function, Stack
from local.template import OWN, serves

MOCK = "mock-openai"
KEY = "openai-api-key"
EXAMPLE = (
    "curl -sN {url}/v1/chat/completions -H 'Accept: text/event-stream' -H 'Authorization: Bearer mock' "
    """-d '{"model": "mock", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}'"""
)
NAMES_AN_UPSTREAM = ("openai_base_url", "azure_endpoint")


def needs_mock(root: Path, functions: list[Function], variables: Mapping[str, str]) -> bool:
    """True if one of `functions` has no upstream but the mock."""
    if _real_key(root):
        return False
    return any(asks_mock(function, variables) for function in functions)


def mock(root: Path, stack: Stack) -> Function:
    """The function mock-openai of the stack, or else the template's own."""
    in_stack = stack.functions.get(MOCK)
    if in_stack and serves(in_stack.lang):
        return in_stack
    return Function(
        name=MOCK,
        lang=OWN.name,
        handler=os.path.relpath(OWN / "dev/mock_openai", root),
        # As in the stack.yaml of the template's repository: the mock's silence must be neither filled nor ended.
        environment={"heartbeat_interval": "0", "upstream_idle_timeout": "0", "stream_format": "openai"},
        annotations={"example": EXAMPLE},
    )


def asks_mock(function: Function, variables: Mapping[str, str]) -> bool:
    """True if this function sends its requests to the mock, if there is one."""
    settings = {**function.environment, **variables}
    return function.name != MOCK and not any(settings.get(name) for name in NAMES_AN_UPSTREAM)


def _real_key(root: Path) -> bool:
    try:
        return bool((root / ".secrets" / KEY).read_text().strip())
    except FileNotFoundError:
        return False


def mock_settings(port: int, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that send the requests of a function, and of an SDK that reads its own variable, to the mock."""
    base_url = f"http://127.0.0.1:{port}/v1"
    direct = {name: ",".join(filter(None, [variables.get(name), "127.0.0.1"])) for name in ("no_proxy", "NO_PROXY")}
    return {"openai_base_url": base_url, "OPENAI_BASE_URL": base_url, **direct}


def place_key(build: Path, mock: bool) -> None:
    """Writes the mock's key where functions below `build` look for it first; removes it if the mock is not used."""
    key = build / ".secrets" / KEY
    if mock:
        key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key.write_text("mock\n")
    else:
        key.unlink(missing_ok=True)
