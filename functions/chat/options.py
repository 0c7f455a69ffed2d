"""The function's own settings, which stack.yaml has, and which choices they leave to a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faas_stream import ClientError
from faas_stream.settings import Settings

from . import images
from .history import Message

_INSTRUCTIONS = ("system", "developer")
_SUGGESTIONS = (
    "What are some calorie dense foods?",
    "Show me Python code that counts words",
    "Compare programming languages in a table",
    "Which emojis do people use most?",
)
_MOST_SUGGESTIONS = 4


@dataclass(frozen=True)
class Options:
    """title: the page's name. models: those on offer, the default among them. history_tokens: 0 is no limit.

    With `chat_upstream` the other function chooses the model and has the system prompt: there is no model unless
    `chat_models` names one, and no system prompt unless the request has one. There are no images and no suggestions
    unless they are set.

    The default of history_tokens fits into a context of 128,000 tokens, which today's models have at least: the
    estimate may be a third too low, and the answer needs room too.
    """

    title: str
    suggestions: tuple[str, ...]
    model: str
    models: tuple[str, ...]
    system_prompt: str
    is_system_prompt_editable: bool
    history_tokens: int
    temperature: float
    is_temperature_editable: bool
    are_images_accepted: bool
    max_body: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Options":
        """The options that the environment sets. Raises ValueError, which names the variable, for a malformed value."""
        is_relay = bool(environment.get("chat_upstream", "").strip())
        model = "" if is_relay else environment.get("openai_model") or "gpt-4o-mini"
        listed = [name.strip() for name in environment.get("chat_models", "").split(",")]
        models = tuple(dict.fromkeys(filter(None, listed))) or tuple(filter(None, [model]))
        return cls(
            title=environment.get("chat_title", "").strip() or "Chat",
            suggestions=_suggestions(environment, () if is_relay else _SUGGESTIONS),
            model=model if model in models else next(iter(models), ""),
            models=models,
            system_prompt="" if is_relay else environment.get("system_prompt", ""),
            is_system_prompt_editable=_flag(environment, "chat_system_prompt_editable"),
            history_tokens=_whole(environment, "chat_history_tokens", 80_000),
            temperature=float(environment.get("temperature") or 1),
            is_temperature_editable=_flag(environment, "chat_temperature_editable"),
            are_images_accepted=_flag(environment, "chat_images", default=not is_relay),
            max_body=Settings(environment).max_body,
        )

    def for_page(self) -> dict[str, Any]:
        """The page's configuration. It has the system prompt only if the reader may change it."""
        editable = self.is_system_prompt_editable
        return {
            "models": self.models,
            "model": self.model,
            "system_prompt_editable": editable,
            "system_prompt": self.system_prompt if editable else "",
            "temperature_editable": self.is_temperature_editable,
            "temperature": self.temperature,
            "images": {"max_count": images.MAX_COUNT} if self.are_images_accepted else None,
            "max_body": self.max_body,
        }

    def chosen_model(self, name: object) -> str:
        """The model of this name, the default for None. Raises ClientError, status 400, if it is not on offer."""
        if name is None or name in self.models:
            return str(name or self.model)
        raise ClientError(
            f"`model` is {str(name)[:60]!r}, which is not on offer: expected one of {', '.join(self.models)}.",
            code="model_not_offered",
        )

    def chosen_temperature(self, value: object) -> float:
        """The request's temperature, this function's for None. Raises ClientError, status 400, for a wrong one."""
        if value is None:
            return self.temperature
        if not self.is_temperature_editable:
            raise ClientError("The temperature is fixed here: send no `temperature`.", code="temperature_fixed")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 2:
            raise ClientError(
                f"`temperature` is {str(value)[:40]!r}: expected a number from 0 to 2.", code="temperature_invalid"
            )
        return value

    def with_system_prompt(self, messages: list[Message]) -> list[Message]:
        """The conversation with its system prompt: the request's own if it has one, else this function's.

        An empty system prompt of the request means none. Raises ClientError, status 400, if the request may not have
        one.
        """
        own = [message for message in messages if message["role"] in _INSTRUCTIONS]
        if own and not self.is_system_prompt_editable:
            raise ClientError("The system prompt is fixed here: send no system messages.", code="system_prompt_fixed")
        if own:
            return [message for message in messages if message not in own or message["content"]]
        return [{"role": "system", "content": self.system_prompt}, *messages] if self.system_prompt else messages


def _suggestions(environment: Mapping[str, str], default: tuple[str, ...]) -> tuple[str, ...]:
    """The prompts of `chat_suggestions`, with vertical bars between them. None if the setting is set but empty."""
    value = environment.get("chat_suggestions")
    if value is None:
        return default
    suggestions = tuple(filter(None, (text.strip() for text in value.split("|"))))
    if len(suggestions) > _MOST_SUGGESTIONS:
        expected = f"expected at most {_MOST_SUGGESTIONS}, with | between them"
        raise ValueError(f"chat_suggestions={value!r} cannot be read: it has {len(suggestions)} prompts, {expected}")
    return suggestions


def _flag(environment: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    value = environment.get(name, "").strip().lower()
    if not value:
        return default
    if value not in ("true", "1", "false", "0"):
        raise ValueError(f"{name}={value!r} cannot be read: expected true or false")
    return value in ("true", "1")


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{name}={value!r} cannot be read: expected a whole number, 0 for no limit")
    return int(value)
