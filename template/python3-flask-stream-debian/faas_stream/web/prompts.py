"""The prompt or the conversation of a request, as a list of chat messages.

It is in `prompt`, in `messages`, in the `parts` of the AI SDK's messages, in plain text or in `?message=`. Any other
field of a body is the handler's own to read.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import flask

from faas_stream.errors import ClientError
from faas_stream.json_depth import is_too_deep
from faas_stream.web.body import is_json

Message = dict[str, Any]
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_CONTENT_IS_OPTIONAL = ("assistant", "function")
_NAMES_NEEDED = {"tool": "tool_call_id", "function": "name"}
"""The member that names the call which a result is of, by the message's role."""

MAX_DEPTH = 64
"""How deep lists and objects of a body may be nested. SDKs and models' servers fail on much deeper ones."""

EXPECTED = 'expected the prompt as plain text, {"prompt": "…"} or {"messages": [{"role": "user", "content": "…"}]}'


def chat_messages(req: str | bytes) -> list[Message]:
    """The request's conversation as a list of chat messages, never empty.

    req: the body. It may be the prompt as text, `{"prompt": …}` or `{"messages": […]}`; if it is empty, the prompt is
    the address's `?message=`. Raises ClientError, status 400, which says what is wrong and what was expected.
    """
    encoding = flask.request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise ClientError(
            f"The body's Content-Encoding is {encoding[:40]!r}: send it uncompressed.",
            status=415,
            code="unsupported_encoding",
            headers={"Accept-Encoding": "identity"},
        )
    text = req.decode("utf-8", "replace") if isinstance(req, bytes) else req
    return messages(text, flask.request.content_type or "", flask.request.args.get("message"))


def messages(body: str, content_type: str = "", query: str | None = None) -> list[Message]:
    """The messages of a request: of its body, or of `?message=` if the body is empty.

    Raises ClientError, status 400, which says what is wrong.
    """
    if not body.strip():
        return [_user(query or "")]
    if not is_json(content_type, body):
        return [_user(body)]
    if is_too_deep(body):
        raise ClientError(f"The body is not valid JSON: it is nested deeper than {MAX_DEPTH}.", code="invalid_json")
    try:
        request = json.loads(body)
    except ValueError as error:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ClientError(f"The body is not valid JSON{where}: {EXPECTED}.", code="invalid_json") from None
    _check_values(request)
    if isinstance(request, str):
        return [_user(request)]
    if not isinstance(request, dict):
        raise ClientError(f"The body is a JSON {_kind(request)}: {EXPECTED}.")
    if "messages" in request:
        return _checked(request["messages"])
    if "prompt" not in request:
        raise ClientError(f"The body has neither `prompt` nor `messages`: {EXPECTED}.")
    if not isinstance(request["prompt"], str):
        raise ClientError(f"`prompt` is a JSON {_kind(request['prompt'])}, but it must be a string.")
    return [_user(request["prompt"])]


def _user(prompt: str) -> Message:
    if not prompt.strip():
        raise ClientError(f"The prompt is empty: {EXPECTED}, or ?message= in the address.", code="empty_prompt")
    return {"role": "user", "content": prompt}


def _checked(value: object) -> list[Message]:
    if not isinstance(value, list) or not value:
        raise ClientError(f"`messages` is {_a_kind(value)}, but it must be a list with at least one message.")
    messages: list[Message] = [_from_parts(message) for message in value]
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict):
            raise ClientError(f'{where} is {_a_kind(message)}, but it must be {{"role": …, "content": …}}.')
        if message.get("role") not in ROLES:
            raise ClientError(f"{where}.role is missing or unknown: expected one of {', '.join(ROLES)}.")
        _check_content(message, where)
        needed = _NAMES_NEEDED.get(message["role"])
        if needed and not isinstance(message.get(needed), str):
            raise ClientError(f"{where}.{needed} is {_a_kind(message.get(needed))}, but it must be a string.")
        calls = message.get("tool_calls")
        if calls is not None and not (isinstance(calls, list) and all(isinstance(call, dict) for call in calls)):
            raise ClientError(f"{where}.tool_calls is {_a_kind(calls)}, but it must be a list of objects.")
    return messages


def _check_content(message: Message, where: str) -> None:
    content = message.get("content")
    if isinstance(content, str) or (content is None and message["role"] in _CONTENT_IS_OPTIONAL):
        return
    if not isinstance(content, list) or not content:
        raise ClientError(f"{where}.content is {_a_kind(content)}, but it must be a string or a list of parts.")
    for index, part in enumerate(content):
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            raise ClientError(
                f'{where}.content[{index}] is {_a_kind(part)}, but it must be an object with a type: {{"type": …}}.'
            )


def _from_parts(message: object) -> Any:
    """A message of the AI SDK's `useChat`, which has parts, in OpenAI's shape; any other message unchanged.

    Texts and pictures are kept. What only the page needs (steps, reasoning, tool states) is left out.
    """
    if not isinstance(message, dict) or "content" in message or not isinstance(message.get("parts"), list):
        return message
    parts = [part for part in message["parts"] if isinstance(part, dict)]
    text = "".join(part["text"] for part in parts if part.get("type") == "text" and isinstance(part.get("text"), str))
    pictures = [
        {"type": "image_url", "image_url": {"url": part["url"]}}
        for part in parts
        if part.get("type") == "file" and str(part.get("mediaType")).startswith("image/") and part.get("url")
    ]
    content = [{"type": "text", "text": text}, *pictures] if pictures else text
    return {"role": message.get("role"), "content": content}


def _check_values(request: object) -> None:
    """Raises ClientError for what no SDK can send: NaN, half of a surrogate pair, or too deep nesting."""
    level, depth = [request], 0
    while level := [value for value in level if isinstance(value, dict | list)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise ClientError(f"The body's lists and objects are nested deeper than {MAX_DEPTH}: flatten them.")
        level = [child for value in level for child in (value.values() if isinstance(value, dict) else value)]
        if any(isinstance(value, float) and not math.isfinite(value) for value in level):
            raise ClientError("The body has NaN or an infinity, which JSON does not have: send a number or null.")
    try:
        json.dumps(request, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ClientError("The body has half of a surrogate pair (\\ud800 to \\udfff): send both halves.") from None


def _a_kind(value: object) -> str:
    """The kind of a JSON value with its article."""
    kind = _kind(value)
    if value is None:
        return kind
    return f"an {kind}" if kind[0] in "eo" else f"a {kind}"


def _kind(value: object) -> str:
    if value is None:
        return "null or missing"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        return "list" if value else "empty list"
    return "string" if isinstance(value, str) else "number"
