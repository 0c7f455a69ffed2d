"""What the mock answers: always the same to the same conversation, and visibly about it."""

import re
from collections.abc import Callable

from . import demos, documents
from .conversation import Conversation
from .tokens import split

_LONGEST_STORY = 50_000
_STORY_TOKENS = 800
_ECHO = re.compile(r"\s*echo: ?", re.IGNORECASE)


def answer(conversation: Conversation) -> str:
    """The whole text: the tools' results, quoted documents, an echo, a canned text for the question, or a summary."""
    question = conversation.question
    if conversation.tool_results:
        return "\n".join(_quoted_result(turn.name, turn.text) for turn in conversation.tool_results)
    if (text_about_documents := documents.answer(question)) is not None:
        return text_about_documents
    echo = _ECHO.match(question)
    if echo:
        return question[echo.end() :]
    for pattern, text in _BY_WORD.items():
        match = re.search(pattern, question, re.IGNORECASE)
        if match:
            context = understood(conversation)
            return text(match) + (f"\n\n({context})" if context else "")
    return _summary(conversation)


def thoughts(conversation: Conversation) -> str:
    """What a reasoning model thinks before it answers."""
    return f"The user wants to know: {excerpt(conversation.question)} Let me think about that, step by step."


def understood(conversation: Conversation) -> str:
    """Sentences that show what of the conversation has arrived besides the question; "" if nothing has."""
    sentences = []
    earlier = conversation.questions[:-1]
    if earlier:
        number = len(earlier) + 1
        sentences.append(f"This is message {number} of our conversation; before it came “{excerpt(earlier[-1])}”.")
    if conversation.instructions:
        sentences.append(f"My instructions begin “{excerpt(conversation.instructions, 60)}”.")
    return " ".join(sentences)


def excerpt(text: str, longest: int = 160) -> str:
    """The beginning of `text` on one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _summary(conversation: Conversation) -> str:
    question = excerpt(conversation.question)
    verb = "asked" if question.endswith("?") else "wrote"
    opening = f"You {verb}: “{question}”" if question else "You sent no words of your own."
    parts = [f"{opening} {understood(conversation)}".rstrip(), _ABOUT_ME]
    return "\n\n".join(parts)


def _quoted_result(name: str, result: str) -> str:
    return f"The tool {name} says: {result}" if name else f"The tool says: {result}"


def _story(match: re.Match[str]) -> str:
    tokens = min(int(match[1] or _STORY_TOKENS), _LONGEST_STORY)
    return "".join(split(demos.story(tokens))[:tokens])


def _canned(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _: text


_BY_WORD: dict[str, Callable[[re.Match[str]], str]] = {
    r"\bcalori": _canned(demos.FOODS),
    r"\bcode\b": _canned(demos.CODE),
    r"\btable\b": _canned(demos.TABLE),
    r"\bemojis?\b": _canned(demos.EMOJI),
    r"\blong(?: (\d{1,6}))?\b": _story,
}

_ABOUT_ME = (
    "I am a mock, so I know nothing about it 🙂, but I can show how an answer streams:\n\n"
    "- ask me for `code`, a `table`, `emoji` or something `long` (`long 2000` is 2,000 tokens)\n"
    "- ask about the weather, and I call your tool\n"
    "- write `echo: …`, and I repeat exactly what follows"
)
