"""`/embeddings`: small vectors that depend on the text alone."""

import base64
import math
import struct
from random import Random

from .errors import Body, missing, wrong_type, wrong_value
from .tokens import count

_DIMENSIONS = 8
_MOST_DIMENSIONS = 3072


def document(body: Body, model: str) -> dict[str, object]:
    """The embeddings of `input`, as arrays or in base64 (the SDK's own default)."""
    texts = _texts(body.get("input"))
    dimensions = body.get("dimensions", _DIMENSIONS)
    if isinstance(dimensions, bool) or not isinstance(dimensions, int):
        raise wrong_type("dimensions", "an integer", dimensions)
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise wrong_value("dimensions", f"expected 1 to {_MOST_DIMENSIONS}, but got {dimensions}.")
    encoding = body.get("encoding_format", "float")
    if encoding not in ("float", "base64"):
        raise wrong_value("encoding_format", f"expected 'float' or 'base64', but got {encoding!r}.")
    vectors = [vector(text, dimensions) for text in texts]
    tokens = sum(map(count, texts))
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _base64(v) if encoding == "base64" else v}
            for index, v in enumerate(vectors)
        ],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def vector(text: str, dimensions: int = _DIMENSIONS) -> list[float]:
    """A vector of length one, the same for the same text at every run."""
    random = Random(text)
    numbers = [random.gauss(0, 1) for _ in range(dimensions)]
    length = math.hypot(*numbers) or 1.0
    return [number / length for number in numbers]


def _texts(value: object) -> list[str]:
    if value is None:
        raise missing("input")
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not value:
        raise wrong_type("input", "a string or an array of strings or of tokens", value)
    if all(isinstance(item, int) for item in value):
        return [str(value)]
    return [item if isinstance(item, str) else str(item) for item in value]


def _base64(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
