from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from .modules import load

samples = load("samples")


class Colour(Enum):
    RED = "red"


class Leaf(BaseModel):
    name: str | None
    size: Literal["big"]


class Tree(BaseModel):
    city: str
    age: int
    height: float
    is_green: bool
    colour: Colour
    leaves: list[Leaf]
    branches: list["Tree"]


def test_a_sample_fits_the_schema_of_a_model() -> None:
    tree = Tree.model_validate(samples.sample(Tree.model_json_schema(), "How old are trees in Berlin?"))
    assert tree.city == "Berlin"
    assert tree.leaves[0].name == "How old are trees in Berlin?"


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("Weather in New York today?", "New York"),
        ("the weather at Saint-Étienne.", "Saint-Étienne"),
        ("rain?", "Paris"),
    ],
)
def test_a_place_is_read_off_the_question(question: str, place: str) -> None:
    assert samples.place(question) == place


@pytest.mark.parametrize(
    ("name", "question", "value"),
    [
        ("expression", "Use the calculator: (17 + 4) * 2, please", "(17 + 4) * 2"),
        ("time_zone", "The clock in Asia/Tokyo?", "Asia/Tokyo"),
        ("time_zone", "The clock?", "The clock?"),
    ],
)
def test_a_tools_argument_is_read_off_the_question(name: str, question: str, value: str) -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"}}}
    assert samples.sample(schema, question) == {name: value}


def test_a_value_that_may_be_null_is_not() -> None:
    assert samples.sample({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "Hi") == 1
    assert samples.sample({"type": ["null", "integer"]}, "Hi") == 1


@pytest.mark.parametrize("schema", [None, 5, {}, {"type": {}}, {"$ref": "#/nowhere"}, {"$ref": "#"}, {"anyOf": [5]}])
def test_odd_schemas_give_something(schema: Any) -> None:
    assert samples.sample(schema, "Hi") in ("Hi", {})
