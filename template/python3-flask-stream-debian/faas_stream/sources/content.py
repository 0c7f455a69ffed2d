"""The content of a message in all shapes that providers use: a string, one part, or a list of parts."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from faas_stream.sources.citations import citations

_TEXT_PARTS = ("text", "output_text", "output_audio", "refusal")
_REASONING_PARTS = ("thinking", "reasoning", "reasoning.text", "reasoning.summary")
_SENT_OTHERWISE = (
    "tool_use", "tool_call", "tool_call_chunk", "input_json_delta", "function_call", "custom_tool_call", "reference",
)  # fmt: skip
_MEDIA_MEMBERS = ("images", "audio")
_READABLE_MEMBERS = ("reasoning_content", "reasoning")
_REASONING_MEMBERS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")
_TEXT_MEMBERS = ("text", "thinking", "reasoning", "summary", "refusal", "content", "value", "transcript")


class Content(NamedTuple):
    """What a message's content has. omitted_type: of the first part that is not sent in any way, or ""."""

    text: str
    reasoning: str
    citations: list[dict[str, Any]]
    omitted_type: str = ""


def read_content(content: object) -> Content:
    """Text, reasoning and citations of a message's content. Other parts (images, audio) are left out."""
    text: list[str] = []
    reasoning: list[str] = []
    sources: list[dict[str, Any]] = []
    omitted_type = ""
    for part in content if isinstance(content, list) else [content]:
        kind = part.get("type", "text") if isinstance(part, Mapping) else "text"
        if kind in _TEXT_PARTS:
            text.append(_text_in(part))
        elif kind in _REASONING_PARTS:
            reasoning.append(_text_in(part))
        elif kind not in _SENT_OTHERWISE:
            omitted_type = omitted_type or str(kind)
        if isinstance(part, Mapping):
            sources.extend(citations(part.get("annotations") or part.get("citations")))
    return Content("".join(text), "".join(reasoning), sources, omitted_type)


def reasoning_outside_content(message: Mapping[str, Any]) -> str:
    """The reasoning in another member than `content`. Some providers send it in two members: the first one counts."""
    for name in _REASONING_MEMBERS:
        if value := message.get(name):
            return _text_in(value)
    return ""


def annotations_in(content: object) -> list[Any]:
    """The annotations of a content's parts, as upstream sent them."""
    parts = [part for part in (content if isinstance(content, list) else [content]) if isinstance(part, Mapping)]
    return [annotation for part in parts for annotation in part.get("annotations") or part.get("citations") or ()]


def media_outside_content(message: Mapping[str, Any]) -> str:
    """The name of the member of a message that has images or sound; "" if there is none."""
    return next((name for name in _MEDIA_MEMBERS if message.get(name)), "")


def make_reasoning_readable(message: dict[str, Any], reasoning: str) -> bool:
    """Adds the reasoning as the member that most clients read, unless they can read it already. True if it was added.

    The other members stay: `reasoning_details` has signatures that a client may have to send back.
    """
    if not reasoning or any(isinstance(message.get(name), str) for name in _READABLE_MEMBERS):
        return False
    if not isinstance(message.get("reasoning"), str | None):
        del message["reasoning"]  # clients expect text there
    message["reasoning_content"] = reasoning
    return True


def replace_reasoning(message: dict[str, Any], reasoning: str) -> None:
    """Puts the reasoning into the member that most clients read, in place of all others."""
    for name in _REASONING_MEMBERS:
        message.pop(name, None)
    message["reasoning_content"] = reasoning


def text_outside_content(message: Mapping[str, Any]) -> tuple[str, str]:
    """A refusal, or the transcript of audio, and the name of its member; "" and "" if there is none."""
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        return refusal, "refusal"
    audio = message.get("audio")
    if isinstance(audio, Mapping) and isinstance(transcript := audio.get("transcript"), str):
        return transcript, "audio"
    return "", ""


def replace_text(message: dict[str, Any], text: str) -> None:
    """Replaces the text of a message, in whichever member it is."""
    _, member = ("", "") if message.get("content") else text_outside_content(message)
    if member == "audio":
        message["audio"] = {**message["audio"], "transcript": text}
    else:
        message[member or "content"] = text


def _text_in(part: object) -> str:
    """The text in a part, however deep it is."""
    if isinstance(part, str):
        return part
    if isinstance(part, list):
        return "".join(map(_text_in, part))
    if isinstance(part, Mapping):
        for name in _TEXT_MEMBERS:
            if part.get(name):
                return _text_in(part[name])
    return ""
