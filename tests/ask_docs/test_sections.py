"""What a section of a page is: its headings, its anchor, its text."""

import pytest

from tests.function_modules import load

split = load("ask-docs", "search.markdown").split


def sections(markdown: str, longest: int = 2000) -> list[tuple[tuple[str, ...], str, str]]:
    return [(section.headings, section.anchor, section.text) for section in split(markdown, longest)]


def test_a_section_is_the_text_below_a_heading() -> None:
    assert sections("before\n\n# One\n\n## Two\ntext\n\n### `three_x` _y_ ##\nmore\n\n## Four\nlast\n") == [
        ((), "", "before"),
        (("One", "Two"), "two", "text"),
        (("One", "Two", "three_x y"), "three_x-y", "more"),
        (("One", "Four"), "four", "last"),
    ]


@pytest.mark.parametrize(
    ("heading", "title", "anchor"),
    [
        ("## What's new? (2026)", "What's new? (2026)", "whats-new-2026"),
        ("## T5: `max_inflight` loses slots", "T5: max_inflight loses slots", "t5-max_inflight-loses-slots"),
        ("## A [link](http://x.example/a(b) and **bold**", "A link and bold", "a-link-and-bold"),
        ("## Über Größe", "Über Größe", "über-größe"),
        ("## 日本語 の見出し", "日本語 の見出し", "日本語-の見出し"),
        ("Under\n=====", "Under", "under"),
        ("Under\n---", "Under", "under"),
        ("#", "", ""),
    ],
)
def test_anchors_are_those_of_github(heading: str, title: str, anchor: str) -> None:
    assert sections(f"{heading}\n\ntext") == [((title,), anchor, "text")]


def test_sections_with_the_same_heading_stay_apart() -> None:
    assert sections("# A\n## B\none\n## B\ntwo\n# A\n## B\nthree") == [
        (("A", "B"), "b", "one"), (("A", "B"), "b-1", "two"), (("A", "B"), "b-2", "three"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "```sh\n# no heading\n    indented\n```",
        "~~~\n# no heading\n```\n# nor this\n~~~",
        "````md\n```\n# no heading\n```\n# nor this\n````",
        "1. step\n\n   ```sh\n   # no heading\n   ```",
        "```\n# a block without an end",
    ],
)
def test_a_comment_in_code_is_no_heading_and_code_keeps_its_indentation(code: str) -> None:
    assert sections(f"# A\n\n{code}") == [(("A",), "a", code)]


@pytest.mark.parametrize(
    "text", ["a #tag", "#tag", "| a |\n|---|\n| b |", "- item\n---", "text\ntext\n---", "***\n---"]
)
def test_what_only_looks_like_a_heading_is_text(text: str) -> None:
    assert sections(f"# A\n\n{text}") == [(("A",), "a", text)]


def test_front_matter_is_no_text_and_its_title_is_the_pages() -> None:
    assert sections('---\ntitle: "The page"\ntags: [a]\n---\n## A\r\ntext') == [(("The page", "A"), "a", "text")]


def test_a_long_section_is_cut_between_paragraphs_and_code_stays_whole() -> None:
    code = "```py\n" + "x = 1\n\n" * 40 + "```"
    page = "# A\n\n" + "\n\n".join(["word " * 20, code, "word " * 20, "end"])
    pieces = [text for _, _, text in sections(page, longest=200)]
    assert code in pieces
    assert all(len(piece) <= 200 for piece in pieces if piece != code)
    assert "".join("".join(pieces).split()) == "".join(page.removeprefix("# A").split())


def test_very_long_code_becomes_several_blocks_of_code() -> None:
    pieces = [text for _, _, text in sections("# A\n```py\n" + "x = 1\n" * 1000 + "```\n", longest=200)]
    assert all(piece.startswith("```py\nx") and piece.endswith("1\n```") and len(piece) < 850 for piece in pieces)
    assert sum(piece.count("x = 1") for piece in pieces) == 1000
