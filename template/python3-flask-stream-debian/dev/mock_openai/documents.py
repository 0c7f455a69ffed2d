"""What the mock answers to the prompts of `ask-docs`: it quotes sections, and rewrites a follow-up question."""

import re
from collections.abc import Sequence

_SECTION = re.compile(r'<section number="(\d+)"[^>]*>\n(.*?)\n</section>', re.DOTALL)
_CONVERSATION = re.compile(r"<conversation>\n(.*)\n</conversation>", re.DOTALL)
_TURN = re.compile(r"^(user|assistant): ", re.MULTILINE)
_LONGEST_QUOTE = 240


def answer(question: str) -> str | None:
    """The answer to such a prompt, None to any other."""
    if sections := _SECTION.findall(question):
        return "\n\n".join(["The documents say:", *(f"> {_quote(text)} [{number}]" for number, text in sections)])
    if conversation := _CONVERSATION.search(question):
        return _standalone(_TURN.split(conversation[1])[1:])
    return None


def _quote(section: str) -> str:
    """The first words of the section, on one line."""
    line = " ".join(section.split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1].rsplit(" ", 1)[0] + " …"


def _standalone(turns: Sequence[str]) -> str:
    """The last two questions in one. turns: role and text alternate."""
    questions = [text.strip() for role, text in zip(turns[::2], turns[1::2], strict=True) if role == "user"]
    return " ".join(questions[-2:])
