"""Text as the terms that a search compares, for any language.

A term is the beginning of a word, in lower case and without accents. So `buffers` finds `buffering`, and the same holds
for every language that changes the ends of its words. An identifier has a term as a whole and one for each part:
`max_streams`, `max` and `stream`. A script without spaces between words has a term for each pair of characters.
"""

import re
import unicodedata
from itertools import chain, pairwise

import regex

from .function_words import FUNCTION_WORDS

_STEM = 6
_LONGEST_NAME = 64
"""In characters. Anything longer is not a name but, for example, an encoded picture."""

_NO_SPACES = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}]--[{_NO_SPACES}]]"
# Either a run of a script without spaces, or words that punctuation joins into one name, such as text/event-stream.
_NAME = regex.compile(rf"[{_NO_SPACES}]+|{_LETTER}+(?:[_\-./:@]{_LETTER}+)*", regex.V1)
_ASCII_NAME = re.compile(r"[A-Za-z0-9]+(?:[_\-./:@][A-Za-z0-9]+)*")
_SPACELESS = regex.compile(rf"[{_NO_SPACES}]+", regex.V1)
_PART = regex.compile(r"[_\-./:@]|(?<=[\p{Ll}\p{N}])(?=\p{Lu})", regex.V1)
# Accents of Latin, Greek and Cyrillic, points of Hebrew, vowels of Arabic. The marks of other scripts are letters.
_ACCENTS = regex.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]+")


def terms(text: str) -> list[str]:
    """The terms of a text, each as often as it occurs."""
    return list(chain.from_iterable(map(_TERMS.__getitem__, text.split())))


def question_terms(question: str) -> list[str]:
    """The different terms of a question, without function words, unless it has no others."""
    different = dict.fromkeys(terms(question))
    return [term for term in different if term not in _IGNORED] or list(different)


class _Terms(dict[str, tuple[str, ...]]):
    """The terms of each text without spaces, computed once, because a few words make up most of a text."""

    def __missing__(self, text: str) -> tuple[str, ...]:
        is_ascii = text.isascii()  # Python's own `re` is three times as fast as `regex`
        names = _ASCII_NAME.findall(text) if is_ascii else _NAME.findall(unicodedata.normalize("NFKC", text))
        result = tuple(chain.from_iterable(map(_terms_of, names)))
        if len(text) <= _LONGEST_NAME:  # longer ones hardly ever come again
            if len(self) > 200_000:
                self.clear()
            self[text] = result
        return result


_TERMS = _Terms()


def _terms_of(name: str) -> tuple[str, ...]:
    if _SPACELESS.match(name):
        folded = _fold(name)
        return tuple(map("".join, pairwise(folded))) or (folded,)
    if len(name) > _LONGEST_NAME:
        return ()
    words = tuple(_stem(_fold(word)) for word in _PART.split(name))
    return (_fold(name), *words) if len(words) > 1 else words


def _stem(word: str) -> str:
    """The beginning of a word, without the endings "s" and "e" of plurals and other forms in many languages."""
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    return word[:_STEM]


def _fold(word: str) -> str:
    """The word without upper case and accents."""
    folded = word.casefold()
    if folded.isascii():
        return folded
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded)))


_IGNORED = frozenset(map(_stem, FUNCTION_WORDS))
