"""Streams that broke other people's software, each with what a reader must get from it. The data is made up.

pieces: what a server wrote, one TCP segment each. api: the API that it answers. expect: text, reasoning, tool calls
(id, name, arguments), finish reason, and the end: "complete" or "error".
"""

import json
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Case:
    name: str
    api: str
    pieces: tuple[bytes, ...]
    expect: dict[str, Any]

    def __str__(self) -> str:
        return self.name


def _bytes(piece: Any) -> bytes:
    return piece.encode() if isinstance(piece, str) else b64decode(piece["base64"])


CASES = [
    Case(case["name"], case["api"], tuple(map(_bytes, case["pieces"])), case["expect"])
    for case in json.loads((Path(__file__).parent / "cases.json").read_text())
]
