"""A whole answer, before it is written in the shape of an API: its pieces, its finish reason, and its tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from . import answers, tools
from .conversation import Conversation
from .errors import Body
from .frames import encode
from .parameters import Parameters
from .samples import sample
from .tokens import split


@dataclass(frozen=True)
class Reply:
    serial: str  # unique; every id of the answer is made from it
    created: int  # Unix seconds
    model: str
    is_azure: bool
    request: Body
    parameters: Parameters
    prompt_tokens: int
    finish_reason: str  # in Chat's terms: stop, length, tool_calls, content_filter
    pieces: Sequence[str]  # of the text, or of the tool's arguments
    reasoning: Sequence[str] = ()
    tool_name: str = ""  # empty: the pieces are text

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def completion_tokens(self) -> int:
        return len(self.pieces) + len(self.reasoning)


@dataclass(frozen=True)
class Origin:
    """What an answer has from elsewhere than the conversation: the clock, chance, and the request's path and model."""

    serial: str
    created: int
    model: str
    is_azure: bool = False
    is_filtered: bool = False


def compose(conversation: Conversation, parameters: Parameters, request: Body, origin: Origin) -> Reply:
    """The answer to `conversation`, cut off where `parameters` say."""
    call = None if conversation.tool_results else tools.chosen(parameters.toolbox, conversation.question)
    pieces = split(call.arguments if call else _text(conversation, parameters))
    reasoning = split(answers.thoughts(conversation)) if "reason" in origin.model else []
    finish_reason = "tool_calls" if call else "stop"
    limit = parameters.max_tokens
    if limit is not None and len(reasoning) + len(pieces) > limit:
        finish_reason, reasoning = "length", reasoning[:limit]
        pieces = pieces[: limit - len(reasoning)]
    if origin.is_filtered:
        finish_reason, pieces = "content_filter", pieces[: len(pieces) // 2]
    return Reply(
        serial=origin.serial,
        created=origin.created,
        model=origin.model,
        is_azure=origin.is_azure,
        request=request,
        parameters=parameters,
        prompt_tokens=conversation.prompt_tokens,
        finish_reason=finish_reason,
        pieces=pieces,
        reasoning=reasoning,
        tool_name=call.name if call else "",
    )


def _text(conversation: Conversation, parameters: Parameters) -> str:
    if parameters.schema is not None:
        return encode(sample(parameters.schema, conversation.question)).decode()
    text = answers.answer(conversation)
    ends = [end for end in map(text.find, parameters.stops) if end >= 0]
    return text[: min(ends)] if ends else text
