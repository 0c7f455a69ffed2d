"""Who may call: bearer tokens, and no pages of other sites."""

import hmac
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from faas_stream.errors import ClientError
from faas_stream.secrets import secret
from faas_stream.settings import Settings

UNAUTHORIZED = {"WWW-Authenticate": "Bearer"}


class Access:
    """The rule of this function. mode: "open" admits everyone, "tokens" asks for one, "closed" admits nobody."""

    def __init__(self, settings: Settings) -> None:
        self._auth_secret, self._cors_origins = settings.auth_secret, settings.cors_origins
        if settings.access == "open":
            self.mode, self.reason = "open", "access: open"
        elif settings.auth_secret:
            self.mode, self.reason = "tokens", f"auth_secret: {settings.auth_secret}"
        elif settings.mounted_secrets:
            self.mode = "closed"
            self.reason = (
                f"this function mounts the secret {settings.mounted_secrets[0]} and has no auth_secret: add "
                "`auth_secret: <name of a secret with tokens>` to its environment in stack.yaml and list that secret "
                "under `secrets:`, or add `access: open` to admit everyone"
            )
        else:
            self.mode, self.reason = "open", "no secrets"

    def admits(self, headers: Headers) -> bool:
        """True if these headers carry what is needed. Raises MissingSecretError if the tokens have no file."""
        if self.mode == "tokens":
            tokens = secret(self._auth_secret)
            offered = headers.get("Authorization"), *_api_key(headers)
            return any(is_allowed(authorization, tokens) for authorization in offered)
        return self.mode == "open"

    def check_site(self, headers: Headers) -> None:
        """Raises ClientError, 403, for a request of another site's page that neither CORS nor a token allows."""
        origin = headers.get("Origin", "")
        has_token = (headers.get("Authorization") or "").lower().startswith("bearer ") or _api_key(headers)
        if not _is_foreign(headers, origin) or has_token:
            return
        if "*" in self._cors_origins or origin in self._cors_origins:
            return
        raise ClientError(
            f"Pages of {origin[:100] or 'another site'} may not call this function: "
            "its cors_origins has to name their origin.",
            status=403,
            code="cross_site",
        )


def unauthorized() -> ClientError:
    return ClientError(
        "A valid token is required, as `Authorization: Bearer <token>`.",
        status=401,
        code="unauthorized",
        headers=UNAUTHORIZED,
    )


def is_allowed(authorization: str | None, tokens: str) -> bool:
    """True if an Authorization header carries one of the tokens.

    tokens: one per line, several while they are rotated; blank lines do not count. Each is compared, in a time that
    does not depend on how much of it was right.
    """
    scheme, _, given = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    offered = given.strip().encode("utf-8", "surrogateescape")
    known = [line.strip().encode() for line in tokens.splitlines() if line.strip()]
    matches = [hmac.compare_digest(offered, token) for token in known]
    return any(matches)


def _api_key(headers: Headers) -> list[str]:
    """The token in `X-Api-Key`, where Anthropic's clients put it, as an Authorization header would have it."""
    return [f"Bearer {key}" for key in headers.getlist("X-Api-Key") if key.strip()]


def _is_foreign(headers: Headers, origin: str) -> bool:
    """True if a page of another site sent this request (Fetch Metadata; Origin for browsers without it)."""
    if site := headers.get("Sec-Fetch-Site"):
        return site == "cross-site" and headers.get("Sec-Fetch-Mode") != "navigate"
    if not origin:
        return False
    return urlsplit(origin).netloc not in (headers.get("Host"), headers.get("X-Forwarded-Host"))
