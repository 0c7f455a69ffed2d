"""Text as a list of token-like pieces that join to exactly that text."""

import re

# As in a byte-pair vocabulary, a word includes the space before it, digits come in threes, and runs of punctuation and
# of newlines are one piece. Everything else (CJK, emoji, joiners, combining marks) has one piece per code point: real
# upstreams do split a letter from its accent and a family emoji at its joiners.
_PIECES = re.compile(
    r"""
      [ ]?[A-Za-zÀ-ÖØ-öø-ÿ\u0100-\u024f]{1,8}'?   # a word, or eight letters of a long one
    | [ ]?[0-9]{1,3}
    | [ ]?[!-/:-@\[-`{-~]{1,4}[\n]*               # ASCII punctuation with the line ends after it
    | \r?\n[\r\n]*
    | [ \t]+(?=[ ]\S)                             # an indent leaves one space to the word after it
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
