"""Exceptions as failures: those of the real packages, without their texts."""

import socket
from typing import Any

import anthropic
import httpx
import httpx2
import openai
import pytest
import requests

from faas_stream.errors import ClientError
from faas_stream.failures import failure, upstream_details
from faas_stream.secrets import MissingSecretError
from faas_stream.sources import UpstreamFailedError, UpstreamReadError

REQUEST = httpx2.Request("POST", "http://upstream.test")


def status_error(cls: Any, status: int, body: Any = None, **headers: str) -> Exception:
    error: Exception = cls("sk-secret", response=httpx2.Response(status, headers=headers, request=REQUEST), body=body)
    return error


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def read(cause: BaseException) -> Exception:
    """An error of the template's own read of upstream's response."""
    return caused(UpstreamReadError(), cause)


ANTHROPIC = anthropic.RateLimitError("sk-secret", response=httpx2.Response(429, request=REQUEST), body=None)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (status_error(openai.AuthenticationError, 401), 502, "upstream_auth"),
        (status_error(openai.PermissionDeniedError, 403), 502, "upstream_auth"),
        (status_error(openai.RateLimitError, 429), 429, "upstream_rate_limited"),
        (ANTHROPIC, 429, "upstream_rate_limited"),
        (status_error(openai.BadRequestError, 400), 502, "upstream_rejected"),
        (status_error(openai.NotFoundError, 404), 502, "upstream_rejected"),
        (status_error(openai.InternalServerError, 503), 502, "upstream_error"),
        (status_error(openai.APIStatusError, 408), 504, "upstream_timeout"),
        (status_error(openai.InternalServerError, 504), 504, "upstream_timeout"),
        (openai.APIError("sk-secret", REQUEST, body=None), 502, "upstream_error"),
        (caused(openai.APITimeoutError(request=REQUEST), httpx2.ReadTimeout("")), 504, "upstream_timeout"),
        # An error in Anthropic's stream comes with the stream's status.
        (status_error(anthropic.APIStatusError, 200), 502, "upstream_error"),
        (openai.APITimeoutError(request=REQUEST), 504, "upstream_timeout"),
        (openai.APIConnectionError(message="sk-secret", request=REQUEST), 502, "upstream_unreachable"),
        # aiohttp reports a refused connection as a timeout.
        (caused(openai.APITimeoutError(request=REQUEST), ConnectionRefusedError()), 502, "upstream_unreachable"),
        (caused(openai.APITimeoutError(request=REQUEST), socket.gaierror()), 502, "upstream_unreachable"),
        (read(httpx2.ReadTimeout("sk-secret")), 504, "upstream_timeout"),
        (read(httpx.ReadTimeout("sk-secret")), 504, "upstream_timeout"),
        (read(TimeoutError()), 504, "upstream_timeout"),
        (read(httpx2.RemoteProtocolError("sk-secret")), 502, "upstream_unreachable"),
        (read(ConnectionResetError("sk-secret")), 502, "upstream_unreachable"),
        (UpstreamFailedError("sk-secret"), 502, "upstream_error"),
        (MissingSecretError("sk-secret"), 500, "secret_missing"),
    ],
)
def test_upstreams_failure_has_a_status_and_a_code_and_nothing_of_the_exceptions_text(
    error: BaseException, status: int, code: str
) -> None:
    failed = failure(error)
    assert (failed.status, failed.code) == (status, code)
    assert "sk-secret" not in str(failed.body())


@pytest.mark.parametrize(
    "error",
    [
        KeyError("sk-secret"),
        SystemExit("sk-secret"),
        TimeoutError("sk-secret"),
        ConnectionResetError("sk-secret"),
        httpx2.ReadTimeout("sk-secret"),
        requests.Timeout("sk-secret"),
        requests.ConnectionError("sk-secret"),
        caused(ValueError("sk-secret"), ConnectionResetError()),
    ],
)
def test_an_error_of_the_authors_own_calls_is_internal(error: BaseException) -> None:
    failed = failure(error)
    assert (failed.status, failed.code) == (500, "internal_error")
    assert "sk-secret" not in str(failed.body())


CALLERS = [
    "context_length_exceeded",
    "content_filter",
    "string_above_max_length",
    "invalid_image_url",
    "image_too_large",
]


@pytest.mark.parametrize("code", CALLERS)
def test_upstreams_400_about_the_callers_content_keeps_its_status_and_code(code: str) -> None:
    failed = failure(status_error(openai.BadRequestError, 400, {"code": code, "message": "sk-secret"}))
    assert (failed.status, failed.code) == (400, code)
    assert "sk-secret" not in failed.message


@pytest.mark.parametrize("code", ["invalid_api_key", "content_filter_x", "sk-secret", "", None, 3])
def test_upstreams_400_about_anything_else_is_502(code: Any) -> None:
    assert failure(status_error(openai.BadRequestError, 400, {"code": code})).code == "upstream_rejected"


@pytest.mark.parametrize("written", ["7", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_upstreams_retry_after_is_passed_on(written: str) -> None:
    error = status_error(openai.RateLimitError, 429, **{"retry-after": written})
    assert failure(error).headers == {"Retry-After": written}


@pytest.mark.parametrize("written", ["", "x" * 100, "7<br>"])
def test_what_is_no_retry_after_is_not(written: str) -> None:
    assert failure(status_error(openai.RateLimitError, 429, **{"retry-after": written})).headers == {}


def test_the_log_has_what_upstream_said_without_its_message() -> None:
    body = {"message": "sk-secret", "code": "c" * 128, "type": "t", "param": "p"}
    details = upstream_details(status_error(openai.BadRequestError, 400, body, **{"x-request-id": "req_1"}))
    assert details == {
        "upstream_code": "c" * 128,
        "upstream_type": "t",
        "upstream_param": "p",
        "upstream_status": "400",
        "upstream_request_id": "req_1",
    }
    in_stream = UpstreamFailedError("sk-secret", code="c", upstream_message="sk-secret")
    assert upstream_details(in_stream) == {"upstream_code": "c"}
    assert upstream_details(ValueError("sk-secret")) == {}


def test_upstreams_message_is_logged_only_if_that_is_allowed() -> None:
    body = {"message": "sk-secret", "code": "c"}
    of_anthropic = {"type": "error", "error": {"type": "t", "message": "sk-secret"}, "request_id": "req_1"}
    for error in (
        status_error(openai.BadRequestError, 400, body),
        status_error(anthropic.BadRequestError, 400, of_anthropic),
        UpstreamFailedError("no", upstream_message="sk-secret"),
        status_error(openai.BadRequestError, 400, "sk-secret"),
    ):
        assert "sk-secret" not in str(upstream_details(error))
        assert upstream_details(error, with_message=True)["upstream_message"] == "sk-secret"
    long = UpstreamFailedError("no", upstream_message="a" * 100_000)
    assert len(upstream_details(long, with_message=True)["upstream_message"]) == 2000


def test_the_members_of_upstreams_body_are_logged_too() -> None:
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "sk-secret"}, "request_id": "req_1"}
    error = anthropic.APIStatusError("no", response=httpx2.Response(529, request=REQUEST), body=body)
    assert upstream_details(error) == {
        "upstream_type": "overloaded_error",
        "upstream_request_id": "req_1",
        "upstream_status": "529",
    }


@pytest.mark.parametrize("code", ["a word or two of a prompt", "c" * 129, "", None, ["c"], "line\nbreak"])
def test_what_could_be_a_sentence_is_not_logged(code: Any) -> None:
    assert upstream_details(UpstreamFailedError("no", code=code)) == {}


def test_a_client_error_has_the_authors_message() -> None:
    failed = failure(ClientError("No such city.", status=404, code="no_city", headers={"X-A": "1"}))
    assert (failed.status, failed.body()["error"]["message"], failed.headers) == (404, "No such city.", {"X-A": "1"})


def test_a_client_errors_status_is_400_to_499() -> None:
    with pytest.raises(ValueError, match="400 to 499"):
        ClientError("x", status=500)


def test_a_client_error_may_have_a_status_without_a_name_and_a_code_that_is_a_number() -> None:
    failed = failure(ClientError("no", status=499, code=1001))  # type: ignore[arg-type]
    assert (failed.status_line, failed.code) == ("499 Error", "1001")


def test_a_client_error_has_headers_that_http_can_carry() -> None:
    with pytest.raises(ValueError, match=r"header 'X-City' is 'Łódź', expected characters of Latin-1"):
        ClientError("no", headers={"X-City": "Łódź"})
