import pytest

from .modules import load

tokens = load("tokens")
demos = load("demos")

TEXTS = {
    "nothing": "",
    "words": "The capital of France is Paris.",
    "a long word": "Donaudampfschifffahrtsgesellschaft and pneumonoultramicroscopicsilicovolcanoconiosis",
    "line ends": "a\nb\r\nc\rd\n\n\n\ne\x0bf\x0cg\x85h\u2028i\u2029j",
    "white space": "  two\t\ttabs   three \n  indented\n    more  \n trailing   ",
    "nul and bom": "\ufeffa\x00b",
    "surrogates": "\ud83d and \udc00",
    "markup": '<img src=x onerror="alert(1)">&amp;</script>',
    **{name: getattr(demos, name) for name in ("FOODS", "CODE", "TABLE", "EMOJI")},
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_pieces_join_to_exactly_the_text(text: str) -> None:
    assert "".join(tokens.split(text)) == text
    assert all(tokens.split(text))


def test_a_word_takes_its_leading_space_along() -> None:
    assert tokens.split("The capital of France is Paris.") == [
        "The",
        " capital",
        " of",
        " France",
        " is",
        " Paris",
        ".",
    ]


def test_an_indent_leaves_one_space_to_its_word() -> None:
    assert tokens.split("def f():\n    return 1234") == ["def", " f", "():\n", "   ", " return", " 123", "4"]


def test_a_letter_is_split_from_its_accent_and_a_family_at_its_joiners() -> None:
    assert tokens.split("e\u0301") == ["e", "\u0301"]
    assert tokens.split("👩\u200d💻") == ["👩", "\u200d", "💻"]


def test_every_ideograph_is_a_piece() -> None:
    assert tokens.split("你好，世界") == ["你", "好", "，", "世", "界"]


def test_counting_is_the_number_of_pieces() -> None:
    assert tokens.count("one two three") == 3
