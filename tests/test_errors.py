"""What may be told of a failure: the real packages' exceptions, without their text."""

import httpx2
import openai
import pytest
import requests

from faas_stream.errors import ClientError, failure
from faas_stream.secrets import MissingSecretError
from faas_stream.sources import StreamFailedError

REQUEST = httpx2.Request("POST", "http://upstream")


def status_error(cls: type[openai.APIStatusError], status: int, **headers: str) -> openai.APIStatusError:
    return cls("sk-secret", response=httpx2.Response(status, headers=headers, request=REQUEST), body=None)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (status_error(openai.AuthenticationError, 401), 502, "upstream_auth"),
        (status_error(openai.PermissionDeniedError, 403), 502, "upstream_auth"),
        (status_error(openai.RateLimitError, 429), 429, "upstream_rate_limited"),
        (status_error(openai.BadRequestError, 400), 502, "upstream_rejected"),
        (status_error(openai.InternalServerError, 503), 502, "upstream_error"),
        (status_error(openai.InternalServerError, 504), 504, "upstream_timeout"),
        (openai.APITimeoutError(request=REQUEST), 504, "upstream_timeout"),
        (openai.APIConnectionError(message="sk-secret", request=REQUEST), 502, "upstream_unreachable"),
        (openai.APIError("sk-secret", REQUEST, body=None), 502, "upstream_error"),
        (httpx2.ReadTimeout("sk-secret"), 504, "upstream_timeout"),
        (httpx2.RemoteProtocolError("sk-secret"), 502, "upstream_unreachable"),
        (requests.Timeout("sk-secret"), 504, "upstream_timeout"),
        (requests.ConnectionError("sk-secret"), 502, "upstream_unreachable"),
        (TimeoutError("sk-secret"), 504, "upstream_timeout"),
        (ConnectionResetError("sk-secret"), 502, "upstream_unreachable"),
        (StreamFailedError("sk-secret"), 502, "upstream_error"),
        (MissingSecretError("sk-secret"), 500, "secret_missing"),
        (KeyError("sk-secret"), 500, "internal_error"),
        (SystemExit("sk-secret"), 500, "internal_error"),
    ],
)
def test_a_failure_has_a_status_and_a_code_and_nothing_of_the_exceptions_text(
    error: BaseException, status: int, code: str
) -> None:
    found = failure(error)
    assert (found.status, found.code) == (status, code)
    assert "sk-secret" not in str(found.body())


def test_upstreams_retry_after_is_passed_on() -> None:
    assert failure(status_error(openai.RateLimitError, 429, **{"retry-after": "7"})).headers == {"Retry-After": "7"}


def test_a_client_error_is_told_in_the_authors_words() -> None:
    found = failure(ClientError("No such city.", status=404, code="no_city", headers={"X-A": "1"}))
    assert (found.status, found.body()["error"]["message"], found.headers) == (404, "No such city.", {"X-A": "1"})


def test_a_client_error_is_the_clients() -> None:
    with pytest.raises(ValueError, match="400 to 499"):
        ClientError("x", status=500)
