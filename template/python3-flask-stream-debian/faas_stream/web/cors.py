"""Which web pages of other origins may read an answer: the CORS headers of the Fetch standard.

Credentials are never allowed: tokens travel in the Authorization header, and cookies are not used.
"""

from werkzeug.datastructures import Headers

_EXPOSED = "Retry-After, X-Call-Id, X-Request-Id, X-Vercel-AI-UI-Message-Stream"
_PREFLIGHT_AGE_S = 600


def response_headers(origins: tuple[str, ...], origin: str) -> dict[str, str]:
    """The CORS headers of a response. origins: the setting; origin: the request's header."""
    if not origins:
        return {}
    if "*" in origins:
        return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}
    headers = {"Vary": "Origin"}
    if origin in origins:
        headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _EXPOSED}
    return headers


def is_preflight(method: str, request: Headers) -> bool:
    """True for a browser's question whether a page may send a request."""
    return method == "OPTIONS" and "Origin" in request and "Access-Control-Request-Method" in request


def preflight_headers(origins: tuple[str, ...], request: Headers) -> dict[str, str]:
    """The headers of the response to a preflight. Without an origin that is allowed, the browser goes no further."""
    headers = response_headers(origins, request["Origin"])
    if "Access-Control-Allow-Origin" not in headers:
        return headers
    return {
        **headers,
        "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD",
        "Access-Control-Allow-Headers": request.get("Access-Control-Request-Headers", ""),
        "Access-Control-Max-Age": str(_PREFLIGHT_AGE_S),
    }
