"""./scripts/lock: the template's requirements, each release with its hashes."""

import re
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from images import lock
from local.problem import Problem
from tests.project import LANG, ROOT

FOLDER = ROOT / "template" / LANG


def requirements(text: str) -> list[Requirement]:
    """The requirements of a requirements file or a lock, without hashes."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    return [Requirement(line.partition("--hash")[0]) for line in joined.splitlines() if line.strip()]


LOCK = (FOLDER / "requirements.lock").read_text()
LOCKED = {canonicalize_name(entry.name): entry for entry in requirements(LOCK)}


def test_every_requirement_of_the_template_is_locked_to_a_release_that_it_allows() -> None:
    for requirement in requirements((FOLDER / "requirements.txt").read_text()):
        (pin,) = LOCKED[canonicalize_name(requirement.name)].specifier
        assert pin.operator == "=="
        assert requirement.specifier.contains(pin.version), f"{requirement} is locked to {pin}: run ./scripts/lock"


def test_every_locked_release_has_hashes() -> None:
    entries = re.split(r"^(?=\w)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(LOCKED)
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


@pytest.mark.parametrize("python_version", lock.PYTHON_VERSIONS)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_one_lock_serves_every_python_and_machine(python_version: str, machine: str) -> None:
    """If a release's marker were false somewhere, the image for that Python and machine would lack the package."""
    environment = {"python_version": python_version, "platform_machine": machine, "sys_platform": "linux"}
    markers = [Marker(str(entry.marker)) for entry in LOCKED.values() if entry.marker]
    assert all(marker.evaluate(environment) for marker in markers)


def test_a_lock_that_cannot_be_made_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("no requirement!\n")
    locked = tmp_path / "requirements.lock"
    locked.write_text("old")
    with pytest.raises(Problem, match=r"requirements\.txt"):
        lock.write(locked)
    assert locked.read_text() == "old"
