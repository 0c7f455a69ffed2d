"""The content of a message in all shapes that providers use: a string, one part, or a list of parts."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from faas_stream.sources.citations import citations

_TEXT_PARTS = ("text", "output_text", "refusal")
_REASONING_PARTS = ("thinking", "reasoning", "reasoning.text", "reasoning.summary")
_REASONING_MEMBERS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")
_INNER = ("text", "thinking", "reasoning", "summary", "refusal", "content")


class Content(NamedTuple):
    """What a message's content has."""

    text: str
    reasoning: str
    citations: list[dict[str, Any]]


def read_content(content: Any) -> Content:
    """Text, reasoning and citations. Other parts (images, references) are left out."""
    text: list[str] = []
    reasoning: list[str] = []
    cited: list[dict[str, Any]] = []
    for part in content if isinstance(content, list) else [content]:
        kind = part.get("type", "text") if isinstance(part, Mapping) else "text"
        if kind in _TEXT_PARTS:
            text.append(_text_in(part))
        elif kind in _REASONING_PARTS:
            reasoning.append(_text_in(part))
        if isinstance(part, Mapping):
            cited.extend(citations(part.get("annotations") or part.get("citations")))
    return Content("".join(text), "".join(reasoning), cited)


def reasoning_beside(message: Mapping[str, Any]) -> str:
    """The reasoning that a message has besides its content. Some providers send the same in two members."""
    for name in _REASONING_MEMBERS:
        if value := message.get(name):
            return _text_in(value)
    return ""


def replace_reasoning(message: dict[str, Any], reasoning: str) -> None:
    """Puts the reasoning into the member that most clients read, in place of all others."""
    for name in _REASONING_MEMBERS:
        message.pop(name, None)
    message["reasoning_content"] = reasoning


def text_beside(message: Mapping[str, Any]) -> tuple[str, str]:
    """The text of a message that has none in its content, and the member that it is in; "" if there is none.

    That is a refusal, or the transcript of audio.
    """
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        return refusal, "refusal"
    audio = message.get("audio")
    if isinstance(audio, Mapping) and isinstance(transcript := audio.get("transcript"), str):
        return transcript, "audio"
    return "", ""


def _text_in(part: Any) -> str:
    """The text in a part, however deep it is."""
    if isinstance(part, str):
        return part
    if isinstance(part, list):
        return "".join(map(_text_in, part))
    if isinstance(part, Mapping):
        for name in _INNER:
            if part.get(name):
                return _text_in(part[name])
    return ""
