"""The environment of a handler in a test: variables with the scripted upstream's address, and values of secrets."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from faas_stream import secrets
from faas_stream.testing.upstream import UPSTREAM

UPSTREAM_URL = UPSTREAM.url
"""The address of the scripted upstream without a path, for a client that reads its address from elsewhere. OpenAI's
APIs are below `/v1`."""

TEST_KEY = "test-key"

_VARIABLES = {
    "OPENAI_BASE_URL": f"{UPSTREAM_URL}/v1",
    "openai_base_url": f"{UPSTREAM_URL}/v1",
    "ANTHROPIC_BASE_URL": UPSTREAM_URL,
    "anthropic_base_url": UPSTREAM_URL,
    "AZURE_OPENAI_ENDPOINT": UPSTREAM_URL,
    "OPENAI_API_KEY": TEST_KEY,
    "ANTHROPIC_API_KEY": TEST_KEY,
    "AZURE_OPENAI_API_KEY": TEST_KEY,
    # LangChain's tracing would send every prompt to LangSmith.
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
}

_REMOVED = (
    *("azure_endpoint", "openai_model", "OPENAI_API_BASE", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"),
    *("ANTHROPIC_API_URL", "ANTHROPIC_AUTH_TOKEN", "LANGSMITH_API_KEY", "LANGCHAIN_API_KEY"),
)
"""Variables of the author's shell that would lead a handler elsewhere, or change what it sends."""

_test_secrets: Mapping[str, str | None] = {}
"""The secrets that a test sets. None for one that is missing."""


def prepare() -> None:
    """Sets the variables, for clients that are made while a handler is imported, and gives every secret a value."""
    os.environ.update(_VARIABLES)
    for name in _REMOVED:
        os.environ.pop(name, None)
    for name in ("no_proxy", "NO_PROXY"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*hosts, "127.0.0.1", "localhost"]))
    secrets.replace_source(_secret)


@contextmanager
def having(settings: Mapping[str, str], own_secrets: Mapping[str, str | None]) -> Iterator[None]:
    """Sets the variables and secrets of one call or import. A secret that is None is missing."""
    global _test_secrets
    for name, value in settings.items():
        if not isinstance(value, str):
            raise TypeError(f"settings have {name}={value!r}, but variables are text, as in stack.yaml: {str(value)!r}")
    before = {name: os.environ.get(name) for name in settings}
    secrets_before, _test_secrets = _test_secrets, {**_test_secrets, **own_secrets}
    os.environ.update(settings)
    try:
        yield
    finally:
        _test_secrets = secrets_before
        for name, value_before in before.items():
            if value_before is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value_before


def _secret(name: str) -> str | None:
    return _test_secrets.get(name, f"test-{name}")
