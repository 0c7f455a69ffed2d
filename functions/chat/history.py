"""Which messages of a conversation the model gets: the newest that fit into `chat_history_tokens`."""

from typing import Any

Message = dict[str, Any]

_INSTRUCTIONS = ("system", "developer")
_BYTES_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 4  # for role and separators, as OpenAI counts them
_TOKENS_PER_PART = 800  # an image or a file; what it really costs depends on its size and on the model


def trim(messages: list[Message], budget_tokens: int) -> tuple[list[Message], int]:
    """The messages that fit into the budget, and how many messages are left out, the oldest first.

    Instructions and the last message are always kept. The first message after those that are left out is a user's.
    budget_tokens: as `tokens` estimates them; 0 is no limit.
    """
    if not budget_tokens:
        return messages, 0
    turns = [message for message in messages if message["role"] not in _INSTRUCTIONS]
    budget_tokens -= sum(tokens(message) for message in messages if message["role"] in _INSTRUCTIONS)
    first = len(turns)
    while first and (budget_tokens := budget_tokens - tokens(turns[first - 1])) >= 0:
        first -= 1
    last = len(turns) - 1
    first = min(first, last)
    while 0 < first < last and turns[first]["role"] != "user":
        first += 1
    dropped = {id(message) for message in turns[:first]}
    return [message for message in messages if id(message) not in dropped], len(dropped)


def tokens(message: Message) -> int:
    """An estimate with an error of up to about a third: four bytes per token, as in English. Each model has its own
    tokenizer."""
    content = message.get("content") or ""
    parts = [{"text": content}] if isinstance(content, str) else content
    return _TOKENS_PER_MESSAGE + sum(map(_part_tokens, parts))


def _part_tokens(part: object) -> int:
    text = part.get("text") if isinstance(part, dict) else None
    return -(-len(text.encode()) // _BYTES_PER_TOKEN) if isinstance(text, str) else _TOKENS_PER_PART
