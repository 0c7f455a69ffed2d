"""The search of ask-docs: what is a section, what is a word, and which sections match."""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rank_bm25 import BM25Okapi

from tests.function_modules import load

split = load("ask-docs", "search.markdown").split
words = load("ask-docs", "search.words")
read_sections = load("ask-docs", "search.library").read_sections
Index = load("ask-docs", "search.index").Index
Ranking = load("ask-docs", "search.bm25").Ranking
DOCS = Path(__file__).parents[2] / "docs"


def sections(markdown: str, longest: int = 2000) -> list[tuple[tuple[str, ...], str, str]]:
    return [(section.headings, section.anchor, section.text) for section in split(markdown, longest)]


@pytest.fixture
def index(tmp_path: Path) -> Callable[..., Any]:
    """Makes an index over pages, each of which is a text."""

    def make(*pages: str, **options: float) -> Any:
        for number, page in enumerate(pages):
            (tmp_path / f"{number}.md").write_text(page)
        return Index(read_sections(tmp_path), **options)

    return make


def found(index: Any, question: str, most: int = 4) -> list[str]:
    """The files of the matching sections, the best first."""
    return [section.metadata["file"] for section in index.search(question, most)]


# Sections


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


# Files


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


# Words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Buffering", "buffers"), ("STREAM", "streams"), ("tokens", "token"), ("naïve Café", "naive cafe"),
        ("Größe", "GROSSE"), ("Ἀθῆναι", "αθηναι"), ("مُحَمَّد", "محمد"), ("שָׁלוֹם", "שלום"),
        ("ﬁle", "file"), ("Ёлка", "елка"), ("ｆｕｌｌ", "full"), ("flushes", "flush"), ("cache", "caches"),
        ("ﾃｽﾄ", "テスト"), ("हिन्दी", "हिन्दी"), ("İstanbul", "istanbul"), ("한국어", "한국어"),
    ],
)  # fmt: skip
def test_words_that_differ_in_case_accents_or_ending_are_the_same(one: str, other: str) -> None:
    assert words.terms(one) == words.terms(other) != []


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("max_streams", ["max_streams", "max", "stream"]),
        ("X-Accel-Buffering", ["x-accel-buffering", "x", "accel", "buffer"]),
        ("text/event-stream", ["text/event-stream", "text", "event", "stream"]),
        ("useChat", ["usechat", "use", "chat"]),
        ("3.11", ["3.11", "3", "11"]),
        ("(end).", ["end"]),
    ],
)
def test_an_identifier_counts_whole_and_in_parts(name: str, parts: list[str]) -> None:
    assert words.terms(name) == parts


def test_scripts_without_spaces_count_as_pairs_of_characters() -> None:
    assert words.terms("東京都へ行く") == ["東京", "京都", "都へ", "へ行", "行く"]
    assert words.terms("税") == ["税"]
    assert set(words.terms("ภาษา")) < set(words.terms("ภาษาไทย"))
    assert words.terms("Python入門") == ["python", "入門"]


def test_encoded_pictures_are_no_words() -> None:
    assert words.terms("data " + "iVBORw0KGgo" * 1000) == words.terms("data")


def test_function_words_of_a_question_are_ignored() -> None:
    assert words.question_terms("Can you tell me what max_streams is, please?") == ["max_streams", "max", "stream"]
    assert words.question_terms("Wie groß ist das?") == ["gross"]
    assert words.question_terms("What is it?") == words.terms("what is it")


# Which sections match


def test_the_section_with_the_rarest_words_comes_first(index: Callable[..., Any]) -> None:
    made = index("The server streams tokens.", "The server buffers tokens in nginx.", "The client reads tokens.")
    assert found(made, "Why does nginx buffer tokens?")[0] == "1.md"
    (section, *_) = made.search("nginx", 1)
    assert section.metadata["score"] > 0


@pytest.mark.parametrize(
    "question", ["max_inflight loses slots", "the client the client", "heartbeat nowhere", "nowhere", ""]
)
def test_scores_and_their_order_are_those_of_rank_bm25(question: str) -> None:
    sections = read_sections(DOCS)
    corpus = [words.terms(section.page_content) for section in sections]
    ours, theirs = Ranking(corpus), BM25Okapi(corpus)
    theirs.idf = ours.idf
    query = words.terms(question)
    assert np.array_equal(ours.get_scores(query), theirs.get_scores(query))

    query = list(dict.fromkeys(query))
    scores = theirs.get_scores(query).round(3)
    found = ours.get_top_n(query, sections, 5)
    assert [section.metadata["score"] for section in found] == sorted(scores[scores > 0], reverse=True)[:5]


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_collection_of_few_sections_is_searched_too(index: Callable[..., Any], pages: int) -> None:
    made = index(*["The gateway buffers.", "The watchdog drains.", "The client reads."][:pages])
    assert found(made, "gateway?") == ["0.md"]
    assert found(made, "weather in Paris") == []


def test_titles_are_searched(index: Callable[..., Any]) -> None:
    assert found(index("# Heartbeats\n\nA comment.", "# Deadlines\n\nAn end."), "heartbeat") == ["0.md"]


@pytest.mark.parametrize(
    ("question", "page"),
    [("東京の天気", "0.md"), ("Où est la clé ?", "1.md"), ("ЁЛКА?", "2.md"), ("ภาษา", "3.md"), ("날씨는", "4.md")],
)
def test_pages_are_found_in_their_own_language(index: Callable[..., Any], question: str, page: str) -> None:
    made = index("今日の東京は晴れです。", "La cle du serveur", "Новая елка", "ภาษาไทยง่ายมาก", "오늘 날씨는 맑음")
    assert found(made, question) == [page]


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "best banana bread recipe",
        "Which mountain in Nepal is tallest?",
        "🙂",
        "?",
        "",
    ],
)
def test_nothing_is_found_for_what_the_documents_are_not_about(question: str) -> None:
    assert Index(read_sections(DOCS)).search(question, 4) == []


@pytest.mark.parametrize(
    ("question", "anchor"),
    [
        ("Why is max_inflight unset?", "t5-max_inflight-loses-slots"),
        ("Can you please tell me which secret keeps a newline?", "t14-a-secret-keeps-its-trailing-newline"),
        (
            "Why does a cut answer look complete behind the gateway?",
            "t3-behind-the-gateway-a-cut-answer-looks-complete",
        ),
    ],
)
def test_this_projects_documents_answer_questions_about_it(question: str, anchor: str) -> None:
    (best, *_) = Index(read_sections(DOCS)).search(question, 4)
    assert (best.metadata["file"], best.metadata["anchor"]) == ("platform.md", anchor)


def test_a_pasted_log_finds_what_it_names(index: Callable[..., Any]) -> None:
    log = " ".join(f"word{number}" for number in range(5000))
    made = index("The code upstream_unreachable means that the watchdog was refused.", "Nothing of it.")
    assert found(made, f"{log} upstream_unreachable watchdog refused") == ["0.md"]


def test_documents_without_a_word_match_nothing(index: Callable[..., Any]) -> None:
    assert found(index("!!! 🙂"), "anything") == []


def test_searches_wait_for_the_index_and_the_event_loop_does_not() -> None:
    release = threading.Event()

    class Slow(list[Any]):
        def __iter__(self) -> Any:
            release.wait(20)
            return super().__iter__()

    async def search() -> list[Any]:
        waiting = asyncio.create_task(made.asearch("streams", 4))
        cancelled = asyncio.create_task(made.asearch("streams", 4))
        await asyncio.sleep(0)  # both have begun
        cancelled.cancel()
        await asyncio.sleep(0)
        assert not waiting.done()
        release.set()
        found: list[Any] = await waiting
        return found

    made = Index(Slow(read_sections(DOCS)))
    assert asyncio.run(search())
