"""The Markdown files of one folder, as LangChain's documents."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from langchain_core.documents import Document

from .markdown import split

_SUFFIXES = (".md", ".markdown")
_MOST_REPORTED = 10


def read_sections(folder: Path, address: str = "", longest: int = 2000) -> list[Document]:
    """One document per section of every Markdown file in the folder and the folders in it.

    The metadata of a document: `title` (page and headings), `file` (relative to the folder), `anchor`, and `url` if
    `address` says where people read the folder. longest: the length of a section, in characters.

    Names that begin with a dot are left out, and so are symbolic links that lead out of the folder. Links within the
    folder count, because Kubernetes mounts a ConfigMap's files as such links. Raises ValueError for a folder that is
    missing or has no text, and for files that cannot be read.
    """
    files = _files(folder)
    documents: list[Document] = []
    failures: list[str] = []
    for name, path in files:
        try:
            markdown = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            failures.append(f"{name} cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            failures.append(f"{name} is not UTF-8: it has the byte 0x{byte:02x} at offset {error.start}")
        else:
            documents += _documents(name, markdown, address, longest)
    if failures:
        more = f"; and {len(failures) - _MOST_REPORTED} more" if len(failures) > _MOST_REPORTED else ""
        raise ValueError(
            f"docs_dir={str(folder)!r}: {'; '.join(failures[:_MOST_REPORTED])}{more}. "
            "Expected Markdown in UTF-8 that every user can read: convert the files, or remove them"
        )
    if not documents:
        found = "only empty Markdown files" if files else "no Markdown files"
        raise ValueError(f"docs_dir={str(folder)!r} has {found}: expected files with the suffix .md or .markdown")
    return documents


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Name and path of each file, sorted by name.

    The path has no symbolic links, so that a link which changes later cannot lead out of the folder.
    """
    if not folder.is_dir():
        found = "is a file" if folder.exists() else "does not exist"
        raise ValueError(f"docs_dir={str(folder)!r} {found}: expected the folder with the Markdown files")
    try:
        return sorted(_walk(folder.resolve()))
    except OSError as error:
        raise ValueError(
            f"docs_dir={str(folder)!r}: {error.filename} cannot be listed: {error.strerror}. "
            "Expected folders that every user can read"
        ) from None


def _walk(root: Path) -> Iterator[tuple[str, Path]]:
    def fail(error: OSError) -> None:
        raise error

    for folder, folders, names in os.walk(root, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            target = Path(os.path.realpath(path))  # `resolve` would raise for a link to itself
            is_markdown = path.suffix.lower() in _SUFFIXES and not name.startswith(".")
            if is_markdown and target.is_relative_to(root) and target.is_file():
                yield path.relative_to(root).as_posix(), target


def _documents(name: str, markdown: str, address: str, longest: int) -> Iterator[Document]:
    for section in split(markdown, longest):
        title = " › ".join(section.headings) or name
        metadata = {"title": title, "file": name, "anchor": section.anchor}
        if address:
            fragment = f"#{quote(section.anchor)}" if section.anchor else ""
            metadata["url"] = f"{address.rstrip('/')}/{quote(name)}{fragment}"
        yield Document(page_content=section.text, metadata=metadata)
