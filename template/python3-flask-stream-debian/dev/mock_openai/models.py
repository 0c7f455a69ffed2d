"""`/models`, and which models there are: every name that begins like those of a known family."""

from . import faults
from .errors import ApiError

_FAMILIES = (
    "mock",
    "gpt-",
    "chatgpt-",
    "o1",
    "o3",
    "o4",
    "text-",
    "davinci",
    "babbage",
    "deepseek",
    "claude",
    "gemini",
    "llama",
    "mistral",
    "qwen",
)
_LISTED = (
    "mock",
    "mock-fast",
    "mock-slow",
    "mock-reasoning",
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-3.5-turbo-instruct",
    "text-embedding-3-small",
    *(f"mock-{name}" for name in faults.NAMES),
)
_CREATED = 1_700_000_000


def check(name: str) -> None:
    """Raises ApiError, 404, for a model that the mock does not pretend to have."""
    # Routers put the maker in front: openai/gpt-4o-mini.
    if name.rpartition("/")[2].lower().startswith(_FAMILIES):
        return
    message = (
        f"The model `{name}` does not exist or you do not have access to it. "
        f"The mock has every model whose name starts with one of: {', '.join(_FAMILIES)}."
    )
    raise ApiError(404, message, param="model", code="model_not_found")


def listing() -> dict[str, object]:
    """The answer to `GET /models`."""
    return {"object": "list", "data": [_model(name) for name in _LISTED]}


def one(name: str) -> dict[str, object]:
    """The answer to `GET /models/<name>`."""
    check(name)
    return _model(name)


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "mock-openai"}
