"""What stack.yaml says of this function: its page, models, system prompt, how much is remembered."""

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

    With `chat_upstream` there is no model unless `chat_models` names one, and no system prompt but the caller's own,
    because both are the other function's. So are images, temperature and suggestions, unless they are set.

    The default of history_tokens fits a context of 128,000 tokens, which today's models have at least: the estimate may
    be a third too low, and the answer needs room too.
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
        """The options as the environment has them. Raises ValueError, naming the variable, for what cannot be read."""
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
        """What the page may know. A system prompt that cannot be changed is nobody's business."""
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

    def chosen_model(self, asked: object) -> str:
        """The model asked for, the default if none. Raises ClientError, status 400, for one that is not on offer."""
        if asked is None or asked in self.models:
            return str(asked or self.model)
        raise ClientError(
            f"`model` is {str(asked)[:60]!r}, which is not on offer: expected one of {', '.join(self.models)}.",
            code="model_not_offered",
        )

    def chosen_temperature(self, asked: object) -> float:
        """The temperature asked for, this function's if none. Raises ClientError, status 400, for a wrong one."""
        if asked is None:
            return self.temperature
        if not self.is_temperature_editable:
            raise ClientError("The temperature is fixed here: send no `temperature`.", code="temperature_fixed")
        if isinstance(asked, bool) or not isinstance(asked, int | float) or not 0 <= asked <= 2:
            raise ClientError(
                f"`temperature` is {str(asked)[:40]!r}: expected a number from 0 to 2.", code="temperature_invalid"
            )
        return asked

    def instructed(self, messages: list[Message]) -> list[Message]:
        """The conversation with its system prompt: the request's own where that is allowed, else this function's.

        An empty one of the request's means none. Raises ClientError, status 400, for one that is not allowed.
        """
        own = [message for message in messages if message["role"] in _INSTRUCTIONS]
        if own and not self.is_system_prompt_editable:
            raise ClientError("The system prompt is fixed here: send no system messages.", code="system_prompt_fixed")
        if own:
            return [message for message in messages if message not in own or message["content"]]
        return [{"role": "system", "content": self.system_prompt}, *messages] if self.system_prompt else messages


def _suggestions(environment: Mapping[str, str], default: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `chat_suggestions`, between vertical bars. Set but empty, there are none."""
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
