"""Imports run one way: index, app, lifecycle, and leaves that know nothing of each other."""

import ast
import re
from pathlib import Path

from tests.fronts import TEMPLATE

PACKAGE = TEMPLATE / "faas_stream"
FILES = [TEMPLATE / "index.py", *PACKAGE.rglob("*.py")]
LEAVES = ["framing", "formats", "negotiation", "sources", "secrets", "settings"]
ONLY_IN = {
    "flask": "app.py",
    "waitress": "index.py",
    "threading": "lifecycle.py",
    "signal": "lifecycle.py",
    "concurrent": "",
    "asyncio": "",
    "openai": "",
    "langchain_openai": "",
    "langchain_core": "",
    "httpx": "",
    "pydantic": "",
}
# Who may import whom, beyond leaves: a module may import what stands behind it.
ORDER = ["index", "app", "lifecycle", "exchange", "answer", "relayed", "prompts"]


def imported(file: Path) -> list[str]:
    """The full names a file imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def ours(file: Path) -> set[str]:
    """The modules of faas_stream that a file imports, by their first name below the package."""
    return {name.split(".")[1] for name in imported(file) if name.startswith("faas_stream.")}


def test_each_of_the_worlds_parts_is_met_in_one_file() -> None:
    for file in FILES:
        for name in imported(file):
            top = name.partition(".")[0]
            assert ONLY_IN.get(top, file.name) == file.name, f"{file.name} imports {name}"


def test_only_settings_reads_the_environment_and_only_secrets_the_secret_files() -> None:
    readers = {file.name for file in FILES if re.search(r"\bos\.(environ|getenv)", file.read_text())}
    assert readers == {"settings.py"}
    readers = {file.name for file in FILES if re.search(r"^[^#]*Path\(.*secrets", file.read_text(), re.MULTILINE)}
    assert readers == {"secrets.py"}


def test_leaves_import_nothing_of_ours() -> None:
    for leaf in LEAVES:
        files = [PACKAGE / f"{leaf}.py"] if (PACKAGE / f"{leaf}.py").exists() else list((PACKAGE / leaf).glob("*.py"))
        assert files
        for file in files:
            assert ours(file) <= {leaf}, f"{file.name} imports {ours(file)}"


def test_imports_run_one_way() -> None:
    for rank, name in enumerate(ORDER):
        file = TEMPLATE / "index.py" if name == "index" else PACKAGE / f"{name}.py"
        assert not ours(file) & set(ORDER[: rank + 1]), f"{name} imports {ours(file)}"


def test_every_module_stands_in_the_packages_table() -> None:
    table = (PACKAGE / "__init__.py").read_text()
    for file in PACKAGE.glob("*.py"):
        assert file.name == "__init__.py" or f"| {file.stem} |" in table, file.name
