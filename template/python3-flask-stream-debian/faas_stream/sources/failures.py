"""How upstream says inside a stream that it failed."""

import re
from collections.abc import Mapping
from typing import Any

from faas_stream.sources.delta import UpstreamFailedError

_ERROR = "error"
_MEMBERS = (_ERROR, "error_code", "detail")
_IDENTIFIER = re.compile(r"[\w.\-:/\[\]]{1,128}")


def is_failure(name: str) -> bool:
    """True if an event of this name reports a failure, whatever its data."""
    return name == _ERROR


def failure_of(data: Mapping[str, Any], name: str = "") -> UpstreamFailedError | None:
    """The failure that an object without choices reports, None if it reports none. name: of its event."""
    if (
        is_failure(name)
        or data.get("type") == _ERROR
        or data.get("object") == _ERROR
        or any(data.get(member) for member in _MEMBERS)
        or (data.get("code") and data.get("message"))
    ):
        return reported_failure(data)
    return None


def failure_of_member(holder: Mapping[str, Any], outer: Mapping[str, Any]) -> UpstreamFailedError | None:
    """The failure that the `error` member of a chunk, choice or response reports. outer: the whole event."""
    return reported_failure({**outer, _ERROR: holder[_ERROR]}) if holder.get(_ERROR) else None


def drop_empty_error(data: dict[str, Any]) -> bool:
    """Removes an `error` member that reports nothing: some clients take the member alone for an error."""
    if data.get(_ERROR, True):
        return False
    del data[_ERROR]
    return True


def reported_failure(report: object) -> UpstreamFailedError:
    """The failure that upstream reports. report: an object with details in its `error` or next to it, or a text."""
    data = report if isinstance(report, Mapping) else {_ERROR: report}
    inner = data.get(_ERROR)
    error: Mapping[str, Any] = inner if isinstance(inner, Mapping) else data
    code = error.get("code")
    if code is None:
        code = error.get("error_code", data.get("error_code"))
    status = next((value for value in (error.get("status"), error.get("status_code"), code) if _is_status(value)), None)
    message = error.get("message") or data.get("detail") or inner
    return UpstreamFailedError(
        "upstream reported an error in its stream",
        status=int(status) if status is not None else None,
        code=identifier(code),
        type=identifier(error.get("type")),
        param=identifier(error.get("param")),
        request_id=identifier(data.get("request_id") or error.get("request_id")),
        upstream_message=message if isinstance(message, str) else None,
        is_reported=True,
    )


def _is_status(value: Any) -> bool:
    return re.fullmatch(r"[45][0-9]{2}", str(value)) is not None


def identifier(value: object) -> str | None:
    """Upstream's code, type or id as text that may be logged, None if the value could be a sentence.

    Providers quote prompts in sentences.
    """
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _IDENTIFIER.fullmatch(text) else None
