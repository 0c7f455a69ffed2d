"""Exceptions as failures: what the client may know, and what the log record has about upstream.

SDKs and HTTP libraries are recognised by the names of their public classes, so that none of them is imported here.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from faas_stream.errors import FAILURES, ClientError, Failure
from faas_stream.secrets import MissingSecretError
from faas_stream.sources import UpstreamFailedError, UpstreamReadError
from faas_stream.sources.failures import identifier, reported_failure
from faas_stream.tracebacks import print_error

_DETAILS = ("code", "type", "param", "request_id")
_SDKS = ("openai", "anthropic")
_TIMEOUTS = {"APITimeoutError", "TimeoutException", "Timeout", "TimeoutError", "ServerTimeoutError"}
_MAX_MESSAGE_CHARS = 2000

_RETRY_AFTER = re.compile(r"[\w ,:.+-]{1,64}")
_OF_THE_CALLER = re.compile(
    r"context_length_exceeded|content_filter|string_above_max_length|invalid_image\w*|invalid_base64_image|image_\w+"
)
"""Codes of upstream's 400 that concern what the caller sent, so that the caller gets status and code."""


def logged_failure(error: BaseException, *, with_messages: bool) -> tuple[Failure, dict[str, Any]]:
    """What the client may know about `error`, and what upstream said, for the record. The author's part is printed.

    with_messages: with what providers say in their errors, which can quote the prompt.
    """
    try:
        failed, details = failure(error), upstream_details(error, with_message=with_messages)
    except Exception as unreadable:  # a subclass of ClientError, for example, that does not call its __init__
        error, failed, details = unreadable, FAILURES["internal_error"], {}
    if failed.code == "internal_error":
        print_error(error, with_texts=with_messages)
    elif failed.code == "secret_missing":
        print(error, file=sys.stderr, flush=True)  # its text says how to fix it
    return failed, details


def failure(error: BaseException) -> Failure:
    """What the client may know about `error`."""
    if isinstance(error, ClientError):
        return Failure(error.status, error.code, error.message, error.headers)
    if isinstance(error, MissingSecretError):
        return FAILURES["secret_missing"]
    if isinstance(error, UpstreamFailedError):
        return FAILURES["upstream_error"]
    if isinstance(error, UpstreamReadError):
        return _of_network(error)
    if not _is_of_sdk(error):
        return FAILURES["internal_error"]
    if status := _status(error):
        return _of_status(status, error)
    if _names(error) & {"APIConnectionError", "APITimeoutError"}:
        return _of_network(error)
    return FAILURES["upstream_error"]


def relayed_refusal(status: int, body: object, *, with_message: bool = False) -> dict[str, Any]:
    """What is known of a response of upstream's that is an error and is relayed, by the names of `answers.reply.Whole`.

    `code`: the outcome for the log record. `failure`: for a client whose event stream has begun already. `upstream`: as
    `upstream_details`. status: of the response, 400 or more. body: its JSON.
    """
    reported = reported_failure(body)
    own = _of_status(status, reported)
    code = reported.code or reported.type or own.code
    return {
        "code": own.code,
        "failure": Failure(status, code, reported.upstream_message or own.message),
        "upstream": {**upstream_details(reported, with_message=with_message), "upstream_status": str(status)},
    }


def upstream_details(error: BaseException, *, with_message: bool = False) -> dict[str, Any]:
    """What upstream said about its failure, for the log record.

    with_message: its message too, which can quote the prompt.
    """
    if isinstance(error, UpstreamFailedError):
        reported = error
    elif _is_of_sdk(error):
        reported = reported_failure(getattr(error, "body", None))
    else:
        return {}
    values = {name: getattr(error, name, None) or getattr(reported, name) for name in _DETAILS}
    values["status"] = _status(error) or reported.status
    details = {f"upstream_{name}": text for name, value in values.items() if (text := identifier(value))}
    if with_message and reported.upstream_message:
        details["upstream_message"] = reported.upstream_message[:_MAX_MESSAGE_CHARS]
    return details


def _status(error: BaseException) -> int | None:
    """The status of upstream's response if it is 400 or more, else None: an error in a stream comes with 200."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and status >= 400 else None


def _of_status(status: int, error: BaseException) -> Failure:
    if status == 429:
        headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", {})
        wait = headers.get("retry-after", "")
        return FAILURES["upstream_rate_limited"]._replace(
            headers={"Retry-After": wait} if _RETRY_AFTER.fullmatch(wait) else {}
        )
    if status in (401, 403):
        return FAILURES["upstream_auth"]
    if status in (408, 504):
        return FAILURES["upstream_timeout"]
    code = getattr(error, "code", None)
    if status == 400 and isinstance(code, str) and _OF_THE_CALLER.fullmatch(code):
        return Failure(400, code, "The model's provider does not accept this request's content.")
    return FAILURES["upstream_rejected" if status < 500 else "upstream_error"]


def _of_network(error: BaseException) -> Failure:
    """A timeout or a broken connection. aiohttp reports a refused connection as a timeout, so the causes decide."""
    causes = list(_causes(error))
    if any(isinstance(cause, ConnectionError) or _is_broken_connection(_names(cause)) for cause in causes):
        return FAILURES["upstream_unreachable"]
    is_timeout = any(_names(cause) & _TIMEOUTS for cause in causes)
    return FAILURES["upstream_timeout" if is_timeout else "upstream_unreachable"]


def _is_broken_connection(names: set[str]) -> bool:
    return "gaierror" in names or ("ClientConnectionError" in names and "ServerTimeoutError" not in names)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_of_sdk(error: BaseException) -> bool:
    return any(base.__module__.partition(".")[0] in _SDKS for base in type(error).__mro__)


def _names(error: BaseException) -> set[str]:
    return {base.__name__ for base in type(error).__mro__}
