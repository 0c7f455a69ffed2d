"""OpenAI's embeddings: the same vector for the same input, and near vectors for texts that share words."""

import base64
import hashlib
import math
import re
import struct
from collections.abc import Sequence
from typing import Any

DIMENSIONS = 256


def document(request: dict[str, Any]) -> dict[str, Any]:
    """The embeddings of the request's `input`: a text, a list of texts, tokens, or a list of lists of tokens."""
    inputs = request.get("input")
    if isinstance(inputs, str) or (isinstance(inputs, list) and inputs and isinstance(inputs[0], int)):
        inputs = [inputs]
    vectors = [_vector(one, int(request.get("dimensions") or DIMENSIONS)) for one in inputs or []]
    encode = _base64 if request.get("encoding_format") == "base64" else list
    data = [
        {"object": "embedding", "index": index, "embedding": encode(vector)} for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": len(data), "total_tokens": len(data)}
    return {"object": "list", "data": data, "model": request.get("model") or "test-model", "usage": usage}


def _vector(text: str | Sequence[int], dimensions: int) -> list[float]:
    """A unit vector: each word, or token, adds to one of its places."""
    words = re.findall(r"\w+", text.lower()) if isinstance(text, str) else [str(token) for token in text]
    vector = [0.0] * dimensions
    for word in words or [""]:
        vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % dimensions] += 1.0
    length = math.hypot(*vector)
    return [place / length for place in vector]


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
