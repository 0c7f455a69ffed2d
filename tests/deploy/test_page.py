"""docs/deploy.md says of each paragraph where it comes from, and what it names is there."""

import re
import textwrap

import pytest
import yaml

from faas_stream.settings import TABLE
from tests.deploy import page
from tests.fronts import ROOT

MARKS = ("**Run here.**", "**From documentation.**")
PROSE = re.sub(r"^```.*?^```$", "", page.TEXT, flags=re.DOTALL | re.MULTILINE)
PARAGRAPHS = [part for part in PROSE.split("\n\n") if part.strip() and not re.match(r"\s*(#|\||- )", part)]


def test_each_paragraph_begins_with_its_source() -> None:
    introduction, *paragraphs = PARAGRAPHS
    assert all(mark.strip("*.") in introduction for mark in MARKS)
    for paragraph in paragraphs:
        assert paragraph.strip().startswith(MARKS), paragraph


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", page.TEXT))
def test_each_link_leads_somewhere(link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (ROOT / "docs" / path) if path else ROOT / "docs" / "deploy.md"
    headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
    assert not anchor or anchor in [heading.lower().replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("block", page.blocks("yaml"))
def test_each_yaml_block_is_yaml(block: str) -> None:
    assert yaml.safe_load(block)


def test_the_settings_have_the_defaults_that_the_page_names() -> None:
    defaults = {row.name: row.default for row in TABLE}
    assert (defaults["heartbeat_interval"], defaults["drain_timeout"]) == ("15s", "25s")
    assert (defaults["max_streams"], defaults["max_body"]) == ("1000", "1MiB")
    streaming = yaml.safe_load((ROOT / "stack.yaml").read_text())["x-streaming"]
    assert {"write_timeout", "read_timeout", "exec_timeout"} <= set(streaming)
    assert (streaming["healthcheck_interval"], streaming["suppress_lock"]) == ("5s", "true")


def test_it_is_wrapped_for_a_terminal() -> None:
    prose = re.sub(r"^\|.*$", "", PROSE, flags=re.MULTILINE)
    assert all(len(line) <= 130 for line in textwrap.dedent(prose).splitlines())
