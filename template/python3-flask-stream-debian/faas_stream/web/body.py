"""Whether a request's body is JSON, and its boolean `stream`, which decides the response's media type."""

from faas_stream.sources.values import parse_json


def is_json(content_type: str, body: str | bytes) -> bool:
    """True if the content type says so, or if the body starts with a brace and is not declared as text/plain.

    curl's `-d` declares a form, whatever the body is.
    """
    declared = content_type.partition(";")[0].strip().lower()
    if declared.endswith(("/json", "+json")):
        return True
    begin = body.lstrip()[:1]
    return declared != "text/plain" and begin in ("{", b"{")


def boolean_stream(content_type: str, body: bytes) -> bool | None:
    """The boolean `stream` of a JSON body, as OpenAI's SDKs send it; None if there is none."""
    if b'"stream"' not in body or not is_json(content_type, body):
        return None
    try:
        request = parse_json(body.decode("utf-8-sig"))
    except ValueError:
        return None
    value = request.get("stream") if isinstance(request, dict) else None
    return value if isinstance(value, bool) else None
