"""Tracebacks in the log have the author's own texts, and no text that can quote a prompt."""

import json
from collections.abc import Callable

import httpx2
import openai
import pytest
from pydantic import BaseModel

from faas_stream.tracebacks import print_error

PROMPT = "my secret plan"


class Model(BaseModel):
    number: int


def of_an_sdk() -> None:
    response = httpx2.Response(400, request=httpx2.Request("POST", "http://upstream.test"))
    raise openai.BadRequestError(f"You said: {PROMPT}", response=response, body=None)


def of_an_sdk_behind_the_authors_own() -> None:
    try:
        of_an_sdk()
    except openai.BadRequestError as error:
        raise RuntimeError("asking failed") from error


def of_a_package() -> None:
    Model.model_validate({"number": PROMPT})


def raised_in_a_package() -> None:
    httpx2.URL(f"http://{PROMPT * 50}:port")


def in_a_group() -> None:
    try:
        of_a_package()
    except ValueError as error:
        raise ExceptionGroup("several", [error]) from None


FOREIGN = [of_an_sdk, of_an_sdk_behind_the_authors_own, of_a_package, raised_in_a_package, in_a_group]


def printed(call: Callable[[], object], capsys: pytest.CaptureFixture[str], *, with_texts: bool = False) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # the tests are about all of them
        call()
    print_error(caught.value, with_texts=with_texts)
    return capsys.readouterr().err


@pytest.mark.parametrize("call", FOREIGN)
def test_the_texts_of_packages_are_left_out(call: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    log = printed(call, capsys)
    assert PROMPT not in log
    assert f"in {call.__name__}" in log
    assert "log_upstream_messages: true shows it" in log


def test_the_texts_are_there_if_the_operator_allows_that(capsys: pytest.CaptureFixture[str]) -> None:
    assert f"BadRequestError: You said: {PROMPT}" in printed(of_an_sdk, capsys, with_texts=True)


def test_the_authors_own_texts_stay(capsys: pytest.CaptureFixture[str]) -> None:
    assert "RuntimeError: asking failed" in printed(of_an_sdk_behind_the_authors_own, capsys)
    assert "KeyError: 'city'" in printed(lambda: dict[str, str]()["city"], capsys)
    assert "Expecting value" in printed(lambda: json.loads("x"), capsys)


def test_errors_in_the_code_keep_their_texts_whoever_raises_them(capsys: pytest.CaptureFixture[str]) -> None:
    client = openai.OpenAI(api_key="k")
    assert "TypeError: Missing required arguments" in printed(lambda: client.chat.completions.create(), capsys)  # type: ignore[call-overload]


def test_an_exception_that_causes_itself_ends(capsys: pytest.CaptureFixture[str]) -> None:
    error, other = ValueError("a"), ValueError("b")
    error.__cause__, other.__cause__ = other, error
    print_error(error)
    assert capsys.readouterr().err.count("ValueError") == 2
