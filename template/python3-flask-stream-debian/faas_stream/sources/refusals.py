"""Error messages for what cannot be streamed: what was found, what was expected, and what was probably forgotten."""

_WHOLE_ANSWERS = ("chat.completion", "response", "message")
_EXPECTED = (
    "Expected str, bytes, dict, Event, a stream of the OpenAI or Anthropic SDK, what LangChain's .stream() yields, "
    "an iterable of these, or a callable that returns one."
)


def refusal(item: object) -> str:
    """Why the item cannot be streamed."""
    if reason := misuse(item):
        return reason
    if hasattr(item, "__await__"):
        return f"{_name(item)} has to be awaited: yield its result, or return it from handle() for stream() to await"
    if hasattr(item, "__aiter__") or hasattr(item, "__iter__"):
        return f"{_name(item)} is a stream inside a stream: yield its items"
    return f"{_name(item)} cannot be streamed. {_EXPECTED}"


def misuse(item: object) -> str:
    """What to do with an object of an SDK or of LangChain that is passed in place of its stream; "" for others."""
    if hasattr(item, "http_response") and hasattr(item, "parse"):
        return f"{_name(item)} is a raw response of the SDK: stream what its .parse() returns"
    if hasattr(item, "invoke") and hasattr(item, "astream"):
        return f"{_name(item)} has to be called: stream what its .stream(…) or .astream(…) returns"
    if hasattr(item, "api_key") and hasattr(item, "with_options"):
        return f"{_name(item)} is a client: stream what its call with stream=True returns"
    if _is_whole_answer(item):
        return f"{_name(item)} is a whole answer and cannot be streamed: call the SDK with stream=True"
    return ""


def _is_whole_answer(item: object) -> bool:
    """True for what an SDK returns without `stream=True`, but not for chunks that call themselves whole answers."""
    if not hasattr(item, "to_dict") or type(item).__name__.endswith("Chunk"):
        return False
    return getattr(item, "object", None) in _WHOLE_ANSWERS or getattr(item, "type", None) in _WHOLE_ANSWERS


def _name(item: object) -> str:
    return f"{type(item).__module__}.{type(item).__qualname__}"
