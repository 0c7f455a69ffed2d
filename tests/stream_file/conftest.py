"""The function stream-file, with its own files and with those of another folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fronts import DIRECT, Front, lay_out, serve
from tests.platform.running import Running
from tests.stream_file.files import FOLDER, TINY


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("build") / "fn", FOLDER)


@pytest.fixture(scope="module")
def function(way: Front, folder: Path) -> Iterator[Running]:
    """The function with its own files, on every way to it."""
    with serve(way, folder) as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files that is not the function's own, with a secret next to it and links to the secret in it."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_text("secret")
    inside = outside / "files"
    (inside / "sub").mkdir(parents=True)
    (inside / ".hidden").mkdir()
    for name, data in {
        "empty.bin": b"", "tiny.txt": TINY, "sub/ä b.webp": b"webp", ".hidden/key": b"secret", ".env": b"s",
    }.items():  # fmt: skip
        (inside / name).write_bytes(data)
    (inside / "link.txt").symlink_to(outside / "secret.txt")
    (inside / "sub" / "relative.txt").symlink_to("../../secret.txt")
    (inside / "sub" / "outside").symlink_to(outside)
    (inside / "sub" / "loop").symlink_to("loop")
    return inside


@pytest.fixture(scope="module")
def other(folder: Path, files: Path) -> Iterator[Running]:
    """The function with the files of another folder."""
    with serve(DIRECT, folder, files_dir=str(files)) as running:
        yield running
