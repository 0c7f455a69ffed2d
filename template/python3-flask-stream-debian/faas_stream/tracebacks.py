"""Tracebacks for the log, without texts that can quote a prompt."""

import sys
import traceback
from collections.abc import Iterator
from pathlib import PurePath

from faas_stream.log_lines import quoted

_ABOUT_CODE = (TypeError, AttributeError, NameError, ImportError)
"""Their texts say what is wrong with the code, and do not quote its input."""

_TEXT_IS_SAFE = ("flask", "werkzeug")
"""Packages whose texts do not quote a request's body."""


def print_error(error: BaseException, *, with_texts: bool = False) -> None:
    """Prints a traceback on stderr, with its causes.

    Providers quote prompts in their errors, and packages quote their input. The texts of exceptions that
    packages define or raise are therefore left out, unless with_texts is true. The author's own stay.
    """
    print("".join(_lines(error, with_texts, set())), end="", file=sys.stderr, flush=True)


def _lines(error: BaseException, with_texts: bool, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _lines(cause, with_texts, seen)
        yield "\nThat exception led to this one:\n\n"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
    if with_texts or not _is_foreign(error):
        yield quoted("".join(traceback.format_exception_only(error)).rstrip("\n")) + "\n"
    else:
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        yield f"{name} (its text can quote a prompt; log_upstream_messages: true shows it)\n"
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _lines(inner, with_texts, seen)


def _is_foreign(error: BaseException) -> bool:
    """True if a package has defined the exception, or has raised it."""
    if isinstance(error, _ABOUT_CODE):
        return False
    defined_in = getattr(sys.modules.get(type(error).__module__), "__file__", None)
    frames = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(map(_is_in_a_package, filter(None, (defined_in, *frames[-1:]))))


def _is_in_a_package(path: str) -> bool:
    parts = PurePath(path).parts
    folder = next((index for index, part in enumerate(parts) if part in ("site-packages", "dist-packages")), None)
    return folder is not None and parts[folder + 1] not in _TEXT_IS_SAFE
