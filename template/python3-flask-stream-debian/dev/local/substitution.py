"""faas-cli's `${NAME}` in stack.yaml, replaced from the environment.

It works on the whole file before YAML is read, comments included. An unset variable is empty. Each of the operators
`:-`, `:=`, `:?`, `:+` and `=` is followed by the default for a variable that is unset or empty. A doubled `$`, `\\\\`
and `\\/` mean one character. `${NAME-default}` and an unclosed `${` are errors in faas-cli too. Its string functions
(`${NAME^^}`, `${NAME#prefix}`, …) are not implemented here.
"""

import re
from collections.abc import Mapping

from local.problem import Problem

_OPENING = re.compile(r"\$\{(\w+)(:[-=?+]|=)?")
_ESCAPE = re.compile(r"\$\$|\\[\\/]")


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """`text` with every `${…}` replaced."""
    result, _ = _replace(text, 0, variables, nested=False)
    return result


def _replace(text: str, start: int, variables: Mapping[str, str], nested: bool) -> tuple[str, int]:
    pieces = []
    at = start
    while at < len(text) and not (nested and text[at] == "}"):
        if text.startswith("${", at):
            value, at = _variable(text, at, variables)
            pieces.append(value)
        elif not nested and (escape := _ESCAPE.match(text, at)):
            pieces.append(escape[0][1])
            at = escape.end()
        else:
            pieces.append(text[at])
            at += 1
    return "".join(pieces), at


def _variable(text: str, start: int, variables: Mapping[str, str]) -> tuple[str, int]:
    opening = _OPENING.match(text, start)
    end = opening.end() if opening else start
    default = ""
    if opening and opening[2]:
        default, end = _replace(text, end, variables, nested=True)
    if not opening or text[end : end + 1] != "}":
        line = text.count("\n", 0, start) + 1
        found = text[start : start + 30].splitlines()[0]
        raise Problem(f"line {line}: found {found!r}; expected ${{NAME}} or ${{NAME:-default}}")
    return variables.get(opening[1], "") or default, end + 1
