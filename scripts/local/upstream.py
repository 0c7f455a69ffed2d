"""Whom the functions ask for answers: the upstream that they name, OpenAI with the user's key, or mock-openai."""

from collections.abc import Mapping
from pathlib import Path

from local.stack import Function, Stack

MOCK = "mock-openai"
KEY = "openai-api-key"
NAMES_AN_UPSTREAM = ("openai_base_url", "azure_endpoint")


def needs_mock(root: Path, stack: Stack, functions: list[Function], variables: Mapping[str, str]) -> bool:
    """Whether one of `functions` has nobody else to ask."""
    if MOCK not in stack.functions or _real_key(root):
        return False
    return any(asks_mock(function, variables) for function in functions)


def asks_mock(function: Function, variables: Mapping[str, str]) -> bool:
    """Whether this one asks the mock, when there is one."""
    settings = {**function.environment, **variables}
    return function.name != MOCK and not any(settings.get(name) for name in NAMES_AN_UPSTREAM)


def _real_key(root: Path) -> bool:
    try:
        return bool((root / ".secrets" / KEY).read_text().strip())
    except FileNotFoundError:
        return False


def mock_settings(port: int, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that send a function, and SDKs that read their own, to the mock."""
    base_url = f"http://127.0.0.1:{port}/v1"
    direct = {name: ",".join(filter(None, [variables.get(name), "127.0.0.1"])) for name in ("no_proxy", "NO_PROXY")}
    return {"openai_base_url": base_url, "OPENAI_BASE_URL": base_url, **direct}


def place_key(root: Path, mock: bool) -> None:
    """The mock's key where functions in build/ look for it first, or no such file when the mock is not used."""
    key = root / "build/.secrets" / KEY
    if mock:
        key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key.write_text("mock\n")
    else:
        key.unlink(missing_ok=True)
