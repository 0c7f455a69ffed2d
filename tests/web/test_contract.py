"""Which functions can be handlers."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from faas_stream.web.contract import check_signature


class WithCall:
    def __call__(self, req: Any) -> None: ...


def takes_more(req: Any, context: Any = None, **more: Any) -> None: ...


async def asynchronous(req: Any) -> None: ...


async def generates() -> Any:
    yield


@pytest.mark.parametrize(
    "handle",
    [
        lambda req: req,
        lambda *args: args,
        takes_more,
        asynchronous,
        WithCall(),
        partial(takes_more, context=1),
        str,
        len,
    ],
)
def test_what_takes_the_body_is_a_handler(handle: Callable[..., Any]) -> None:
    check_signature(handle)


@pytest.mark.parametrize(
    ("handle", "message"),
    [
        (lambda: None, "handle() cannot be called with one argument, the request's body: write `def handle(req): …`"),
        (lambda event, context: (event, context), "handle(event, context) cannot be called with one argument"),
        (lambda *, req: req, "handle(req) cannot be called with one argument"),
        (generates, "write `async def handle(req): …`"),
    ],
)
def test_any_other_function_is_an_error_that_says_what_to_write(handle: Callable[..., Any], message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        check_signature(handle)
