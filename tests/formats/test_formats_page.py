"""docs/formats.md names every item that the SDKs know, every format, and every module that has a rule."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from anthropic.types import ContentBlock
from openai.types.responses import ResponseOutputItem

import faas_stream.sources
from faas_stream.formats import by_media_type, sse_formats

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
PACKAGE = Path(faas_stream.sources.__file__).parents[1]


def kinds(union: Any) -> list[str]:
    """The values of `type` in a union of the SDKs' models."""
    return [get_args(model.model_fields["type"].annotation)[0] for model in get_args(get_args(union)[0])]


@pytest.mark.parametrize("kind", [*kinds(ResponseOutputItem), *kinds(ContentBlock)])
def test_the_page_says_what_becomes_of_an_item(kind: str) -> None:
    assert f"`{kind}`" in PAGE


@pytest.mark.parametrize("name", [*sse_formats(), *by_media_type()])
def test_the_page_has_every_format(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_the_modules_on_the_page_exist() -> None:
    modules = set(re.findall(r"`((?:sources|formats)/\w+\.py)`", PAGE))
    assert len(modules) > 10
    assert [module for module in modules if not (PACKAGE / module).is_file()] == []
