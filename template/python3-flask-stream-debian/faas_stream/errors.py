"""What a client may know about a failure: `ClientError`, which authors raise, and fixed texts for everything else.

The text of any other exception never leaves the process, because it can contain keys, prompts and addresses.
`failures.py` turns exceptions into failures.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple


class ClientError(Exception):
    """The request cannot be served as it is. `message` and `code` are shown to the caller.

    status: 400 to 499. headers: of the HTTP response, for example `{"WWW-Authenticate": "Bearer"}`.
    """

    def __init__(
        self, message: str, *, status: int = 400, code: str = "bad_request", headers: Mapping[str, str] | None = None
    ) -> None:
        if not 400 <= status <= 499:
            raise ValueError(f"ClientError's status is {status}, but a client's error is 400 to 499")
        for name, value in (headers or {}).items():
            try:
                f"{name}{value}".encode("latin-1")
            except UnicodeEncodeError:
                raise ValueError(
                    f"ClientError's header {name!r} is {value!r}, expected characters of Latin-1"
                ) from None
        super().__init__(message)
        self.message, self.status, self.code, self.headers = message, status, str(code), dict(headers or {})


class Failure(NamedTuple):
    """What the client learns. status: of the HTTP response, if no byte was sent yet. code: stable, for programs."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = {}

    @property
    def status_line(self) -> str:
        return f"{self.status} {next((known.phrase for known in HTTPStatus if known == self.status), 'Error')}"

    @property
    def type(self) -> str:
        """OpenAI's name for the class of error, which OpenAI's SDKs show."""
        if self.status == 429:
            return "rate_limit_error"
        return "invalid_request_error" if self.status < 500 else "server_error"

    def body(self, dialect: str = "") -> dict[str, Any]:
        """The JSON body of an error response. dialect: "anthropic" for Anthropic's shape; else OpenAI's."""
        if dialect == "anthropic":
            kind = _ANTHROPIC_TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "api_error")
            return {"type": "error", "error": {"type": kind, "message": self.message, "code": self.code}}
        return {"error": {"code": self.code, "message": self.message, "type": self.type}}


_ANTHROPIC_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
"""Anthropic's names for the class of error, by status."""


FAILURES = {
    failure.code: failure
    for failure in (
        Failure(429, "at_capacity", "All streams of this replica are in use. Try again shortly.", {"Retry-After": "1"}),
        Failure(429, "upstream_rate_limited", "The model's provider is rate limiting. Try again later."),
        Failure(502, "upstream_auth", "The model's provider refused this function's key."),
        Failure(502, "upstream_rejected", "The model's provider rejected the request."),
        Failure(502, "upstream_error", "The model's provider failed."),
        Failure(502, "upstream_unreachable", "The model's provider could not be reached, or broke the connection."),
        Failure(504, "upstream_timeout", "The model's provider did not answer in time."),
        Failure(504, "deadline_exceeded", "The answer took longer than this function may run."),
        Failure(503, "shutting_down", "This replica is shutting down. Try again.", {"Retry-After": "1"}),
        Failure(500, "secret_missing", "A secret of this function is missing or cannot be read. Its log says which."),
        Failure(500, "internal_error", "The function failed. Its log has the details."),
    )
}
"""The failures that the template itself detects, by code."""
