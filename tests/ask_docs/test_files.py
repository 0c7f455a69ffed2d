"""The files of the folder that ask-docs searches: which are read, and what the error says if one cannot be read."""

import os
from pathlib import Path

import pytest

from tests.function_modules import load

read_sections = load("ask-docs", "search.library").read_sections


def test_a_section_has_a_title_a_file_an_anchor_and_a_url(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "c.MD").write_bytes("\ufeff# Größe\n\ntext".encode())
    (tmp_path / "plain.markdown").write_text("text")
    (tmp_path / "other.txt").write_text("text")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "d.md").write_text("text")
    assert [section.metadata for section in read_sections(tmp_path, "https://x.example/docs/")] == [
        {
            "title": "Größe",
            "file": "a b/c.MD",
            "anchor": "größe",
            "url": "https://x.example/docs/a%20b/c.MD#gr%C3%B6%C3%9Fe",
        },
        {
            "title": "plain.markdown",
            "file": "plain.markdown",
            "anchor": "",
            "url": "https://x.example/docs/plain.markdown",
        },
    ]


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "docs"
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    (folder / "..2026").mkdir(parents=True)
    (folder / "..2026" / "mounted.md").write_text("as Kubernetes mounts it")
    (folder / "..data").symlink_to("..2026")
    (folder / "mounted.md").symlink_to("..data/mounted.md")
    (folder / "link.md").symlink_to(outside / "secret.md")
    (folder / "relative.md").symlink_to("../outside/secret.md")
    (folder / "folder").symlink_to(outside)
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "nowhere.md").symlink_to("nowhere")
    assert [section.page_content for section in read_sections(folder)] == ["as Kubernetes mounts it"]


def test_a_folder_that_is_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.md").write_text("text")
    (tmp_path / "docs").symlink_to("real")
    assert [section.metadata["file"] for section in read_sections(tmp_path / "docs")] == ["a.md"]


def test_a_folder_that_cannot_be_read_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"docs_dir='.*none' does not exist: expected the folder with the Markdown"):
        read_sections(tmp_path / "none")
    with pytest.raises(ValueError, match="has no Markdown files: expected files with the suffix"):
        read_sections(tmp_path)
    (tmp_path / "empty.md").write_text("# Only a heading\n\n")
    with pytest.raises(ValueError, match="has only empty Markdown files"):
        read_sections(tmp_path)
    with pytest.raises(ValueError, match=r"empty.md' is a file"):
        read_sections(tmp_path / "empty.md")


def test_every_file_that_is_not_utf_8_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("text")
    (tmp_path / "latin.md").write_bytes("Größe".encode("latin-1"))
    (tmp_path / "utf16.md").write_bytes("text".encode("utf-16"))
    with pytest.raises(ValueError, match=r"latin.md is not UTF-8: it has the byte 0xf6 at offset 2; utf16.md is not"):
        read_sections(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    (tmp_path / "a.md").chmod(0)
    with pytest.raises(ValueError, match=r"a.md cannot be read: Permission denied"):
        read_sections(tmp_path)
