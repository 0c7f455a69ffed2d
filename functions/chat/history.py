"""How much of a conversation goes to the model."""

from typing import Any

Message = dict[str, Any]

_INSTRUCTIONS = ("system", "developer")
_BYTES_A_TOKEN = 4
_TOKENS_A_MESSAGE = 4  # for role and separators, as OpenAI counts them
_TOKENS_A_PART = 800  # an image or a file; what it really costs depends on its size and on the model


def trim(messages: list[Message], budget_tokens: int) -> tuple[list[Message], int]:
    """The messages that fit the budget, the oldest left out, and how many those are.

    Instructions and the last message are always kept, and what is kept begins with a user's message. budget_tokens:
    estimated by `tokens`; 0 is no limit.
    """
    if not budget_tokens:
        return messages, 0
    spoken = [message for message in messages if message["role"] not in _INSTRUCTIONS]
    left = budget_tokens - sum(tokens(message) for message in messages if message["role"] in _INSTRUCTIONS)
    first = len(spoken)
    while first and (left := left - tokens(spoken[first - 1])) >= 0:
        first -= 1
    last = len(spoken) - 1
    first = min(first, last)
    while 0 < first < last and spoken[first]["role"] != "user":
        first += 1
    dropped = {id(message) for message in spoken[:first]}
    return [message for message in messages if id(message) not in dropped], len(dropped)


def tokens(message: Message) -> int:
    """An estimate, good to a third or so: four bytes a token, as in English. The tokenizer is the model's own."""
    content = message.get("content") or ""
    parts = [{"text": content}] if isinstance(content, str) else content
    return _TOKENS_A_MESSAGE + sum(map(_part_tokens, parts))


def _part_tokens(part: object) -> int:
    text = part.get("text") if isinstance(part, dict) else None
    return -(-len(text.encode()) // _BYTES_A_TOKEN) if isinstance(text, str) else _TOKENS_A_PART
