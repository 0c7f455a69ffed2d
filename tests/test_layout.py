"""A build folder, as faas-cli lays it out. test_faas_cli.py compares it with faas-cli's own."""

import re
import stat
from pathlib import Path

import pytest

from local import stack, template
from local.layout import lay_out
from local.problem import Problem

LANG = "some-lang"


def write(path: Path, text: str = "", mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A template and a function, with every special case of copying them."""
    of = tmp_path / "template" / LANG
    write(of / "template.yml", "fprocess: python index.py\n")
    write(of / "Dockerfile")
    write(of / ".dockerignore", "meta.json\n")
    write(of / "meta.json", "{}")
    write(of / "index.py", "# template's", 0o755)
    write(of / "build/kept.txt")
    write(of / "function/handler.py", "# template's")
    write(of / "function/handler_test.py", "# template's")
    write(of / "function/mode.sh", "# template's", 0o755)
    handler = tmp_path / "functions/fn"
    write(handler / "handler.py", "# function's", 0o600)
    write(handler / "mode.sh", "# function's", 0o640)
    write(handler / ".hidden")
    write(handler / ".git/config")
    write(handler / "build/left-out.txt")
    write(handler / "template/left-out.txt")
    write(handler / "deeper/build/kept.txt")
    write(handler / "deeper/template/kept.txt")
    (handler / "deeper").chmod(0o750)
    (handler / "link.txt").symlink_to(write(tmp_path / "elsewhere/target.txt", "target", 0o444))
    (handler / "link").symlink_to(tmp_path / "elsewhere")
    write(tmp_path / "common/shared.py", "# shared")
    write(tmp_path / "single/file.txt", "single")
    write(
        tmp_path / "stack.yaml",
        f"provider:\n  name: openfaas\nfunctions:\n  fn:\n    lang: {LANG}\n    handler: ./functions/fn\n"
        "    image: fn\nconfiguration:\n  copy:\n    - ./common\n    - single/file.txt\n",
    )
    return tmp_path


def build(project: Path, variables: dict[str, str] | None = None) -> Path:
    read = stack.read(project, {})
    function = read.functions["fn"]
    return lay_out(
        project, project / "build", function, template.read(project, function.lang), read.copy, variables or {}
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_the_handlers_files_replace_those_of_the_templates_function_folder(project: Path) -> None:
    folder = build(project)
    assert folder == project / "build/fn"
    assert (folder / "index.py").read_text() == "# template's"
    assert (folder / "function/handler.py").read_text() == "# function's"
    assert (folder / "function/handler_test.py").read_text() == "# template's"


def test_a_template_can_name_another_folder_for_the_handler(project: Path) -> None:
    write(project / "template" / LANG / "template.yml", "fprocess: x\nhandler_folder: src/function\n")
    folder = build(project)
    assert (folder / "src/function/handler.py").read_text() == "# function's"
    assert (folder / "function/handler.py").read_text() == "# template's"


def test_what_was_built_before_is_gone(project: Path) -> None:
    write(project / "build/fn/function/old.py")
    write(project / "build/other/old.py")
    folder = build(project)
    assert not (folder / "function/old.py").exists()
    assert (project / "build/other/old.py").exists()


def test_everything_is_copied_but_the_handlers_own_build_and_template_folders(project: Path) -> None:
    folder = build(project)
    kept = ("meta.json", ".dockerignore", "build/kept.txt", "function/.hidden", "function/.git/config")
    deeper = ("function/deeper/build/kept.txt", "function/deeper/template/kept.txt")
    assert all((folder / path).is_file() for path in (*kept, *deeper))
    assert not any((folder / path).exists() for path in ("function/build", "function/template"))


def test_symbolic_links_become_what_they_point_to(project: Path) -> None:
    function = build(project) / "function"
    for path in (function / "link.txt", function / "link/target.txt"):
        assert path.read_text() == "target"
        assert not path.is_symlink()
        assert not path.parent.is_symlink()
        assert mode(path) == 0o444


def test_modes_of_files_are_kept_and_the_handlers_take_precedence(project: Path) -> None:
    folder = build(project)
    modes = {"index.py": 0o755, "function/handler.py": 0o600, "function/mode.sh": 0o640, "function/deeper": 0o750}
    assert {path: mode(folder / path) for path in modes} == modes


@pytest.mark.parametrize(("ci", "expected"), [("", 0o700), ("yes", 0o700), ("true", 0o755), ("1", 0o755)])
def test_the_build_is_private_except_in_ci(project: Path, ci: str, expected: int) -> None:
    folder = build(project, {"CI": ci})
    assert [mode(path) for path in (folder.parent, folder, folder / "function")] == [expected] * 3


def test_paths_to_copy_go_into_the_function(project: Path) -> None:
    function = build(project) / "function"
    assert (function / "common/shared.py").read_text() == "# shared"
    assert (function / "single/file.txt").read_text() == "single"


@pytest.mark.parametrize("path", ["..", ".", "../other", "common/../.."])
def test_paths_outside_of_the_project_are_not_copied(project: Path, path: str) -> None:
    function = stack.read(project, {}).functions["fn"]
    with pytest.raises(Problem, match=f"^configuration.copy names '{re.escape(path)}', which is not"):
        lay_out(project, project / "build", function, template.read(project, LANG), [path], {})


def test_a_dangling_link_is_a_problem(project: Path) -> None:
    (project / "functions/fn/dangling").symlink_to("nowhere")
    with pytest.raises(Problem, match=r"^function 'fn' could not be laid out in build/: .*dangling'$"):
        build(project)


def test_a_template_that_is_not_there_is_a_problem(project: Path) -> None:
    with pytest.raises(Problem, match=r"^there is no template/other/template\.yml; faas-cli template pull brings"):
        template.read(project, "other")
