"""What went wrong, as a reader may see it.

    ClientError        the author's: the request is at fault, and its text is meant for the reader
    anything else      the function's or upstream's, told by `failure` in fixed words

`failure` turns any exception into what may be told of it: a status, a stable code and a fixed sentence. The text of
an exception never leaves the process, for it can hold keys, prompts and addresses.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class ClientError(Exception):
    """The request cannot be served as it is. `message` and `code` are shown to the caller.

    status: 400 to 499. headers: for the HTTP answer, for example `{"WWW-Authenticate": "Bearer"}`.
    """

    def __init__(
        self, message: str, *, status: int = 400, code: str = "bad_request", headers: Mapping[str, str] | None = None
    ) -> None:
        if not 400 <= status <= 499:
            raise ValueError(f"ClientError's status is {status}, but a client's error is 400 to 499")
        super().__init__(message)
        self.message, self.status, self.code, self.headers = message, status, code, dict(headers or {})


class Failure(NamedTuple):
    """What the reader is told. status: HTTP, used while no byte was sent. code: stable, for programs."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = {}

    @property
    def type(self) -> str:
        """OpenAI's word for the class of error, which their SDKs show."""
        if self.status == 429:
            return "rate_limit_error"
        return "invalid_request_error" if self.status < 500 else "server_error"

    def body(self) -> dict[str, Any]:
        """The JSON body of an error answer."""
        return {"error": {"code": self.code, "message": self.message, "type": self.type}}


# By code, for the failures that the template itself finds or recognises.
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
        Failure(500, "secret_missing", "A secret of this function is missing. Its log says which."),
        Failure(500, "internal_error", "The function failed. Its log has the details."),
    )
}

_RETRY_AFTER = re.compile(r"[\w ,:.+-]{1,64}")


def failure(error: BaseException) -> Failure:
    """What a reader may be told about `error`.

    Exceptions of SDKs and HTTP clients are known by the names and attributes of their public classes, so that none of
    those packages is imported here.
    """
    if isinstance(error, ClientError):
        return Failure(error.status, error.code, error.message, error.headers)
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and hasattr(error, "response"):
        return _upstream_status(status, getattr(error.response, "headers", {}))
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & {"MissingSecretError"}:
        return FAILURES["secret_missing"]
    if names & {"APITimeoutError", "TimeoutException", "Timeout", "TimeoutError"}:
        return FAILURES["upstream_timeout"]
    if names & {"APIConnectionError", "TransportError", "ConnectionError", "HTTPError"}:
        return FAILURES["upstream_unreachable"]
    if names & {"StreamFailedError", "APIError", "OpenAIError"}:
        return FAILURES["upstream_error"]
    return FAILURES["internal_error"]


def _upstream_status(status: int, headers: Mapping[str, str]) -> Failure:
    if status == 429:
        wait = headers.get("retry-after", "")
        found = FAILURES["upstream_rate_limited"]
        return found._replace(headers={"Retry-After": wait} if _RETRY_AFTER.fullmatch(wait) else {})
    if status in (401, 403):
        return FAILURES["upstream_auth"]
    if status in (408, 504):
        return FAILURES["upstream_timeout"]
    return FAILURES["upstream_rejected" if status < 500 else "upstream_error"]
