"""How a conversation is trimmed to what the model is sent of it."""

from typing import Any

from tests.function_modules import load


def message(role: str, tokens: int) -> dict[str, Any]:
    return {"role": role, "content": "x" * 4 * (tokens - 4)}


def test_the_oldest_messages_are_left_out_until_the_others_fit() -> None:
    trim = load("chat", "history").trim
    talk = [message(role, 10) for role in ("user", "assistant") * 3] + [message("user", 10)]
    for budget, dropped in ((0, 0), (70, 0), (69, 2), (50, 2), (49, 4), (30, 4), (29, 6), (1, 6)):
        assert trim(talk, budget) == (talk[dropped:], dropped), budget


def test_instructions_are_always_kept_and_counted() -> None:
    trim = load("chat", "history").trim
    talk = [message("system", 50), message("user", 10), message("assistant", 10), message("user", 10)]
    assert trim(talk, 80) == (talk, 0)
    assert trim(talk, 79) == ([talk[0], talk[3]], 2)
    assert trim(talk, 1) == ([talk[0], talk[3]], 2)
    assert trim([talk[0]], 1) == ([talk[0]], 0)


def test_tokens_are_estimated_by_bytes() -> None:
    tokens = load("chat", "history").tokens
    assert tokens({"role": "user", "content": "a" * 400}) == 104
    assert tokens({"role": "user", "content": "日本語の文"}) == 4 + 4
    assert tokens({"role": "assistant", "content": None}) == 4
    parts = [{"type": "text", "text": "abcd"}, {"type": "image_url", "image_url": {"url": "data:" + "a" * 9999}}]
    assert tokens({"role": "user", "content": parts}) == 4 + 1 + 800
