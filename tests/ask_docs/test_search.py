"""The search of ask-docs: which sections match a question, and in which order."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rank_bm25 import BM25Okapi

from tests.function_modules import load

words = load("ask-docs", "search.words")
read_sections = load("ask-docs", "search.library").read_sections
Index = load("ask-docs", "search.index").Index
Ranking = load("ask-docs", "search.bm25").Ranking
DOCS = Path(__file__).parents[2] / "docs"


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
