"""What a word is: case, accents and endings, identifiers, scripts without spaces."""

import pytest

from tests.function_modules import load

words = load("ask-docs", "search.words")


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
