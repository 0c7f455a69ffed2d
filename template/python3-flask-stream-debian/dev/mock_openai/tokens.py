"""Text as a list of token-like pieces that join to exactly that text."""

import re

# Shaped like a byte-pair vocabulary: a word takes its leading space along, digits come in threes, runs of punctuation
# and of newlines are one piece. Everything else (CJK, emoji, joiners, combining marks) is a piece for each code point,
# since real upstreams do split a letter from its accent and a family emoji at its joiners.
_PIECES = re.compile(
    r"""
      [ ]?[A-Za-zÀ-ÖØ-öø-ÿ\u0100-\u024f]{1,8}'?   # a word, or eight letters of a long one
    | [ ]?[0-9]{1,3}
    | [ ]?[!-/:-@\[-`{-~]{1,4}[\n]*               # ASCII punctuation with the line ends after it
    | \r?\n[\r\n]*
    | [ \t]+(?=[ ]\S)                             # an indent leaves one space to the word behind it
    | [ \t]+
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


def split(text: str) -> list[str]:
    """The pieces of `text`; `"".join(split(text)) == text` for every string."""
    return _PIECES.findall(text)


def count(text: str) -> int:
    """The number of pieces of `text`, as usage counts them."""
    return len(split(text))
