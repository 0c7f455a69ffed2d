"""The headers that OpenAI sends with every answer, and that a proxy must pass on or remove."""

from uuid import uuid4

_FIXED = {
    "openai-organization": "mock-organization",
    "openai-processing-ms": "1",
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "1999900",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "3ms",
}


def fresh() -> dict[str, str]:
    """The headers of one answer, with an id of its own."""
    return {**_FIXED, "x-request-id": f"req_{uuid4().hex}"}
