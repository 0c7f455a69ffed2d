"""Which headers pass through. These lists name the ones that may, because those that must not have too many names."""

from collections.abc import Mapping

_TO_UPSTREAM = ("Accept", "Idempotency-Key", "OpenAI-Beta", "User-Agent", "X-Client-Request-Id")
_TO_ANTHROPIC = ("Accept", "Anthropic-Beta", "Anthropic-Version", "Idempotency-Key", "User-Agent")

_ANTHROPIC_VERSION = "2023-06-01"
"""Anthropic refuses requests without one."""

_TO_CALLER = (
    "apim-request-id",  # Azure's x-request-id
    "openai-processing-ms",
    "openai-version",
    "request-id",  # Anthropic's
    "retry-after",
    "retry-after-ms",
    "x-request-id",
    "x-should-retry",
)
_TO_CALLER_BY_PREFIX = ("x-ratelimit-", "anthropic-ratelimit-")


def for_upstream(headers: Mapping[str, str], dialect: str, content_type: str) -> dict[str, str]:
    """The request's headers, without any that tells who the caller is (Authorization, api-key, cookies, …)."""
    passed = _TO_ANTHROPIC if dialect == "anthropic" else _TO_UPSTREAM
    own = {"Content-Type": content_type} if content_type else {}
    if dialect == "anthropic":
        own["Anthropic-Version"] = _ANTHROPIC_VERSION
    return own | {name: headers[name] for name in passed if name in headers}


def for_caller(headers: Mapping[str, str]) -> dict[str, str]:
    """The response's headers, without any that tells whose key was used (openai-organization, cookies, …)."""
    return {
        name: value
        for name, value in headers.items()
        if name.lower() in _TO_CALLER or name.lower().startswith(_TO_CALLER_BY_PREFIX)
    }
