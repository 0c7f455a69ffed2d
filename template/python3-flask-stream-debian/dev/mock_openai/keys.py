"""Checks the key of a request. Any key is accepted except those that are meant to be refused."""

from .errors import ApiError


def check(authorization: str | None, api_key: str | None) -> None:
    """Raises ApiError, 401, if the key is missing, `invalid` or `sk-invalid…`. The error never has the key."""
    scheme, _, token = (authorization or "").partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else ""
    key = key or (api_key or "").strip()
    if not key:
        raise ApiError(401, "You didn't provide an API key: send 'Authorization: Bearer <key>' or 'api-key: <key>'.")
    if key == "invalid" or key.startswith("sk-invalid"):
        raise ApiError(401, "Incorrect API key provided.", code="invalid_api_key")
