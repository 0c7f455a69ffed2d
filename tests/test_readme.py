"""What the README shows is so."""

import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import yaml

from faas_stream import __all__ as public
from faas_stream.answers.record import OUTCOMES
from faas_stream.formats import sse_formats
from faas_stream.settings import TABLE
from tests.events import without_ids
from tests.fronts import DIRECT, ROOT, TEMPLATE, lay_out, serve
from tests.upstream import Upstream, says

README = (ROOT / "README.md").read_text()


def between(name: str) -> str:
    """The generated part of this name."""
    return re.search(rf"<!-- {name}: .*? -->\n(.*?)<!-- /{name} -->", README, re.DOTALL)[1].strip()  # type: ignore[index]


def first(language: str) -> str:
    """The first block of code in this language."""
    return re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)[1]  # type: ignore[index]


def test_the_settings_are_the_codes() -> None:
    rows = [f"| `{row.name}` | {row.unit} | `{row.default or ' '}` | {row.why} |" for row in TABLE]
    assert between("settings") == "\n".join(["| name | unit | default | why |", "|---|---|---|---|", *rows])


def test_the_outcomes_are_the_codes() -> None:
    rows = [f"| `{code}` | {meaning} |" for code, meaning in OUTCOMES.items()]
    assert between("outcomes") == "\n".join(["| outcome | |", "|---|---|", *rows])


def test_the_handler_is_the_one_a_new_function_gets() -> None:
    skeleton = (TEMPLATE / "function" / "handler.py").read_text()
    skeleton = re.sub(r'^    """.*?"""\n', "", skeleton, flags=re.MULTILINE | re.DOTALL)
    assert first("python") == skeleton


def test_the_test_is_the_one_a_new_function_gets() -> None:
    test = re.search(r"def test_answer_streams.*?(?=\n```)", README, re.DOTALL)
    assert test
    assert test[0] in (TEMPLATE / "function" / "handler_test.py").read_text()


def test_the_handler_and_the_curl_line_stream(tmp_path: Path) -> None:
    command, *shown = first("console").splitlines()
    with Upstream(says("Here", " are", " some")) as upstream:
        folder = lay_out(tmp_path / "fn", first("python"))
        with serve(DIRECT, folder, OPENAI_BASE_URL=upstream.url) as function:
            line = shlex.split(command.removeprefix("$ ").replace("localhost:8080", function.url))
            output = subprocess.run([*line, "--max-time", "20"], capture_output=True, text=True, check=True).stdout
    shown_output = "\n".join([*shown, "", ""]).replace("…\n\n", "")
    assert without_ids(output) == without_ids(shown_output)


def test_the_page_is_the_one_that_is_tested_in_a_browser() -> None:
    assert first("html") == (ROOT / "tests" / "browser" / "eventsource.html").read_text()


def test_every_function_format_and_name_is_in_it() -> None:
    stack = yaml.safe_load((ROOT / "stack.yaml").read_text())
    for name in [*stack["functions"], *sse_formats()]:
        assert f"| `{name}` |" in README, name
    for name in public:
        assert f"| `{name}(" in README, name


def test_the_commands_are_there() -> None:
    for command in ("scripts/run", "scripts/test", "scripts/check", "scripts/fix"):
        assert f"./{command}" in README
        assert (ROOT / command).stat().st_mode & 0o111


def test_it_is_wrapped_for_a_terminal() -> None:
    prose = re.sub(r"```.*?```|^\|.*$", "", README, flags=re.DOTALL | re.MULTILINE)
    assert all(len(line) <= 125 for line in textwrap.dedent(prose).splitlines())
