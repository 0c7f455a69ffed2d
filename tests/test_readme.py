"""What the README and the pages of docs/ show is true."""

import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml

from faas_stream import __all__ as public
from faas_stream.answers.record import OUTCOMES
from faas_stream.formats import sse_formats
from faas_stream.settings import TABLE
from tests.events import without_ids
from tests.fronts import DIRECT, FUNCTIONS, ROOT, TEMPLATE, lay_out, serve
from tests.upstream import Upstream, says

README = (ROOT / "README.md").read_text()
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted(DOCS.glob("*.md"))]


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text()


def between(text: str, name: str) -> str:
    """The part of the text between the comments of this name."""
    return re.search(rf"<!-- {name}: .*? -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)[1].strip()  # type: ignore[index]


def first(text: str, language: str) -> str:
    """The first block of code in this language."""
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1]  # type: ignore[index]


def test_the_settings_are_the_codes() -> None:
    rows = [f"| `{row.name}` | {row.unit} | `{row.default or ' '}` | {row.why} |" for row in TABLE]
    assert between(page("settings"), "settings") == "\n".join(
        ["| name | unit | default | why |", "|---|---|---|---|", *rows]
    )


def test_the_outcomes_are_the_codes() -> None:
    rows = [f"| `{code}` | {meaning} |" for code, meaning in OUTCOMES.items()]
    assert between(page("log"), "outcomes") == "\n".join(["| outcome | |", "|---|---|", *rows])


def test_the_handler_is_the_one_a_new_function_gets() -> None:
    skeleton = (TEMPLATE / "function" / "handler.py").read_text()
    skeleton = re.sub(r'^    """.*?"""\n', "", skeleton, flags=re.MULTILINE | re.DOTALL)
    assert first(page("handlers"), "python") == skeleton


def test_the_first_handler_has_five_lines() -> None:
    assert len([line for line in first(README, "python").splitlines() if line]) == 5


def test_the_test_is_the_one_a_new_function_gets() -> None:
    test = re.search(r"def test_answer_streams.*?(?=\n```)", README, re.DOTALL)
    assert test
    assert test[0] in (TEMPLATE / "function" / "handler_test.py").read_text()


def test_the_handler_and_the_curl_line_stream(tmp_path: Path) -> None:
    command, *shown = first(README, "console").splitlines()
    with Upstream(says("Here", " are", " some")) as upstream:
        folder = lay_out(tmp_path / "fn", first(README, "python"))
        with serve(DIRECT, folder, OPENAI_BASE_URL=upstream.url) as function:
            line = shlex.split(command.removeprefix("$ ").replace("localhost:8080", function.url))
            output = subprocess.run([*line, "--max-time", "20"], capture_output=True, text=True, check=True).stdout
    shown_output = "\n".join([*shown, "", ""]).replace("…\n\n", "")
    assert without_ids(output) == without_ids(shown_output)


def test_the_page_is_the_one_that_is_tested_in_a_browser() -> None:
    assert first(page("clients"), "html") == (ROOT / "tests" / "browser" / "eventsource.html").read_text()


def test_every_function_format_and_name_is_in_its_table() -> None:
    for name in yaml.safe_load((ROOT / "stack.yaml").read_text())["functions"]:
        assert f"| `{name}` |" in README, name
    for name in sse_formats():
        assert f"| `{name}` |" in page("clients"), name
    for name in public:
        assert f"| `{name}(" in page("handlers"), name


def test_the_index_has_every_page() -> None:
    names = {file.name for file in DOCS.glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\((\w+\.md)\)", page("README"))) == names


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_every_link_leads_somewhere(file: Path) -> None:
    text = re.sub(r"```.*?```", "", file.read_text(), flags=re.DOTALL)
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        path, _, anchor = link.partition("#")
        target = file.parent / path if path else file
        assert target.exists(), link
        if anchor:
            assert anchor in map(anchor_of, re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)), link


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_every_module_that_a_page_names_is_there(file: Path) -> None:
    folders = (ROOT, TEMPLATE, TEMPLATE / "faas_stream", FUNCTIONS / "chat", FUNCTIONS / "chat" / "page")
    for path in re.findall(r"`([\w./-]+\.(?:py|js))\b", file.read_text()):
        assert any((folder / path).is_file() for folder in folders), path


def anchor_of(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_commands_are_there() -> None:
    for command in ("scripts/run", "scripts/test", "scripts/check", "scripts/fix"):
        assert f"./{command}" in README
        assert (ROOT / command).stat().st_mode & 0o111


def test_it_is_wrapped_for_a_terminal() -> None:
    prose = re.sub(r"```.*?```|^\|.*$", "", README, flags=re.DOTALL | re.MULTILINE)
    assert all(len(line) <= 125 for line in textwrap.dedent(prose).splitlines())
