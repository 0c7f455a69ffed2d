import math
from typing import Any

import pytest

from .modules import load

embeddings = load("embeddings")
ApiError = load("errors").ApiError


def test_a_vector_depends_on_its_text_alone_and_has_length_one() -> None:
    assert embeddings.vector("Hello") == embeddings.vector("Hello")
    assert embeddings.vector("Hello") != embeddings.vector("hello")
    assert math.hypot(*embeddings.vector("", 64)) == pytest.approx(1)


@pytest.mark.parametrize("value", ["Hello", ["Hello"], [1, 2, 3], [[1, 2, 3]]])
def test_one_input_in_any_spelling_gives_one_vector(value: Any) -> None:
    document = embeddings.document({"input": value, "dimensions": 3}, "mock")
    assert [len(item["embedding"]) for item in document["data"]] == [3]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "input"),
        ({"input": []}, "input"),
        ({"input": 5}, "input"),
        ({"input": "x", "dimensions": 0}, "dimensions"),
        ({"input": "x", "dimensions": True}, "dimensions"),
        ({"input": "x", "encoding_format": "hex"}, "encoding_format"),
    ],
)
def test_a_bad_request_is_a_400(body: dict[str, Any], param: str) -> None:
    with pytest.raises(ApiError) as caught:
        embeddings.document(body, "mock")
    assert (caught.value.status, caught.value.param) == (400, param)
