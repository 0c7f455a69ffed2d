"""A function's example request: the curl command that stack.yaml has for it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import quote

from local.problem import Problem
from local.service import EXAMPLE
from local.stack import Function

QUESTIONS = (
    "What are some calorie dense foods?",
    "Why does my answer arrive in one piece?",
    "Use the calculator: (17 + 4) * 2",
    "Hello",
)
"""The questions of the examples."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, function: Function) -> Self:
        """The request of the function's `example` annotation, or the one that ./scripts/run prints if there is none."""
        words = shlex.split(
            function.annotations.get("example", EXAMPLE).replace("{url}", "http://function"), comments=True
        )
        method, path, body, headers = "", "", "", {}
        remaining = iter(words[1:])
        for word in remaining:
            if word in ("-H", "-d", "-X"):
                value = next(remaining)
                if word == "-H":
                    name, _, text = value.partition(":")
                    headers[name] = text.strip()
                elif word == "-d":
                    body = value
                else:
                    method = value
            elif word.startswith("http://function"):
                path = word.removeprefix("http://function") or "/"
            elif not word.startswith("-"):
                raise Problem(
                    f"stack.yaml: the example of {function.name} has {word!r}: expected curl, -H, -d, -X and {{url}}"
                )
        path = path if path.startswith("/") else f"/{path}"
        return cls(method or ("POST" if body else "GET"), path, body, headers)

    def with_question(self, question: str) -> Self | None:
        """The same request with another question, or None if it has no question."""
        for usual in QUESTIONS:
            body, path = self.body.replace(usual, question), self.path.replace(quote(usual), quote(question))
            if (body, path) != (self.body, self.path):
                return replace(self, body=body, path=path)
        return None
