"""Markdown as sections: a heading and the text below it, up to the next heading."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from langchain_text_splitters import MarkdownHeaderTextSplitter, RecursiveCharacterTextSplitter

_FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_NO_PARAGRAPH = re.compile(r"\s*(?:[|>#]|[-*+] |\d+[.)] |$|[*_]{3,}\s*$)")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*(['\"]?)(.+?)\1[ \t]*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"[`*]|(?<!\w)_+|_+(?!\w)")

_LARGEST_FENCE = 4
"""A block of code that is longer than this many sections becomes several blocks."""

_LEVELS = [("#" * level, str(level)) for level in range(1, 7)]


@dataclass(frozen=True)
class Section:
    """headings: plain text, the outermost first; none for the text above the first heading. anchor: GitHub's name of
    the last heading, or ""."""

    headings: tuple[str, ...]
    anchor: str
    text: str


def split(markdown: str, longest: int) -> list[Section]:
    """The sections of a page, without those that consist of a heading alone.

    longest: characters; a longer section becomes several with the same headings, cut between paragraphs. A block of
    code stays whole unless it is very long.
    """
    markdown = markdown.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(markdown)
    front_title = _FRONT_TITLE.search(front[1]) if front else None
    page = _Page((markdown[front.end() :] if front else markdown).split("\n"))
    sections = []
    for part in MarkdownHeaderTextSplitter(_LEVELS).split_text(page.outline):
        path = [page.headings[int(part.metadata[name])] for _, name in _LEVELS if name in part.metadata]
        titles = tuple(title for title, _ in path)
        if front_title and front_title[2] not in titles:
            titles = (front_title[2], *titles)
        for text in _pieces(page.text(part.page_content), longest):
            sections.append(Section(titles, path[-1][1] if path else "", text))
    return sections


class _Page:
    """A page for LangChain's splitter: `outline` has the headings as numbers in `headings`, and the text between two
    headings as the numbers of its first line and the line after its last.

    With the text itself, the splitter would strip each line, and so remove the indentation of code and lists. It would
    take comments for headings if a block of code contains another block, and join sections with the same headings.
    """

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self.headings: list[tuple[str, str]] = []
        """The title and the anchor of each heading."""
        self._anchors: Counter[str] = Counter()
        self._outline: list[str] = []
        first = 0
        for number, (line, in_fence) in enumerate(_with_fences(lines)):
            if in_fence:
                continue
            if line.lstrip(" ").startswith("#") and (atx := _ATX.fullmatch(line)):
                self._add_heading(first, number, len(atx[1]), atx[2] or "")
                first = number + 1
            elif number > first and self._is_underline(first, number):
                self._add_heading(first, number - 1, 1 if "=" in line else 2, lines[number - 1])
                first = number + 1
        self._outline.append(f"{first}-{len(lines)}")
        self.outline = "\n".join(self._outline)

    def text(self, numbers: str) -> str:
        """The text of a part of the outline."""
        first, end = numbers.split("-")
        return "\n".join(self._lines[int(first) : int(end)]).strip("\n")

    def _add_heading(self, first: int, end: int, level: int, markup: str) -> None:
        """Ends the section that began in line `first`, and begins another."""
        if any(line.strip() for line in self._lines[first:end]):
            self._outline.append(f"{first}-{end}")
        self._outline.append(f"{'#' * level} {len(self.headings)}")
        title = _plain(markup)
        anchor = _anchor(title)
        repeated = f"-{self._anchors[anchor]}" if self._anchors[anchor] else ""
        self._anchors[anchor] += 1
        self.headings.append((title, anchor + repeated))

    def _is_underline(self, first: int, number: int) -> bool:
        """True if the line makes a heading of the one before it, which must be a paragraph of its own."""
        if not _UNDERLINE.fullmatch(self._lines[number]):
            return False
        is_single = number - 2 < first or not self._lines[number - 2].strip()
        return is_single and not _NO_PARAGRAPH.match(self._lines[number - 1])


def _with_fences(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a block of code. A block without an end goes on to the end of the page."""
    opened = ""
    for line in lines:
        fence = _FENCE.fullmatch(line) if "```" in line or "~~~" in line else None
        if not opened:
            if fence and not (fence[1][0] == "`" and "`" in fence[2]):
                opened = fence[1]
            yield line, bool(opened)
        else:
            yield line, True
            if fence and fence[1].startswith(opened) and not fence[2].strip():
                opened = ""


def _pieces(text: str, longest: int) -> Iterator[str]:
    """The text in pieces of at most `longest` characters, unless a block of code is longer."""
    if len(text) <= longest:
        yield from [text] if text.strip() else []
        return
    piece = ""
    for block, is_code in _blocks(text):
        if piece and len(piece) + len(block) > longest:
            yield piece.strip("\n")
            piece = ""
        if len(block) <= longest:
            piece += block
        elif is_code:
            yield from _fences(block, longest * _LARGEST_FENCE)
        else:
            yield from RecursiveCharacterTextSplitter(chunk_size=longest, chunk_overlap=0).split_text(block)
    if piece.strip():
        yield piece.strip("\n")


def _blocks(text: str) -> Iterator[tuple[str, bool]]:
    """Paragraphs and blocks of code, each with the blank lines below it, and whether it is code."""
    block: list[str] = []
    was_code = False
    for line, is_code in _with_fences(text.split("\n")):
        is_new = is_code != was_code or (not is_code and bool(block) and not block[-1].strip() and bool(line.strip()))
        if is_new and block:
            yield "\n".join([*block, ""]), was_code
            block = []
        block.append(line)
        was_code = is_code
    yield "\n".join(block), was_code


def _fences(block: str, longest: int) -> Iterator[str]:
    """A block of code as blocks of at most `longest` characters, if its lines are not longer."""
    block = block.strip("\n")
    if len(block) <= longest:
        yield block
        return
    opening, *lines = block.split("\n")
    closing = lines.pop() if lines and _FENCE.fullmatch(lines[-1]) else opening.rstrip()[: len(opening)]
    splitter = RecursiveCharacterTextSplitter(
        separators=["\n", ""], chunk_size=longest, chunk_overlap=0, strip_whitespace=False
    )
    for code in splitter.split_text("\n".join(lines)):
        yield f"{opening}\n{code.strip(chr(10))}\n{closing}"


def _plain(markup: str) -> str:
    """The words of a heading, on one line."""
    return " ".join(_EMPHASIS.sub("", _LINK.sub(r"\1", markup)).split())


def _anchor(title: str) -> str:
    """The name that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
