"""Errors in OpenAI's shape, `{"error": {"message", "type", "param", "code"}}`, raised anywhere."""

from collections.abc import Mapping

Body = Mapping[str, object]


class ApiError(Exception):
    """A response with an error status. Its text is meant for the caller, and has nothing secret in it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """The JSON document of this error."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def missing(param: str) -> ApiError:
    """400 for a required parameter that is missing."""
    return ApiError(400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def wrong_type(param: str, expected: str, found: object) -> ApiError:
    """400 for a value of the wrong JSON type."""
    message = f"Invalid type for '{param}': expected {expected}, but got {json_type(found)} instead."
    return ApiError(400, message, param=param, code="invalid_type")


def wrong_value(param: str, message: str, code: str = "invalid_value") -> ApiError:
    """400 for a value of the right type that cannot be used."""
    return ApiError(400, f"Invalid '{param}': {message}", param=param, code=code)


def json_type(value: object) -> str:
    """What JSON calls this value, with its article."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string", list: "an array"}
    return names.get(type(value), "an object")
