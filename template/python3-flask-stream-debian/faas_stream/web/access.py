"""Who may call: bearer tokens, and no pages of other sites."""

from werkzeug.datastructures import Headers

from faas_stream.errors import ClientError
from faas_stream.secrets import MissingSecretError, secret
from faas_stream.settings import SettingError, Settings
from faas_stream.web.tokens import Tokens

UNAUTHORIZED = {"WWW-Authenticate": "Bearer"}


class Access:
    """Who may call this function. mode: "open" admits everyone, "tokens" requires a token, "closed" admits nobody.

    rule: the mode in words, with its reason.
    """

    def __init__(self, settings: Settings) -> None:
        self._auth_secret, self._cors_origins = settings.auth_secret, settings.cors_origins
        self._cached: tuple[str, Tokens] | None = None
        if settings.access == "open":
            self.mode, self.rule = "open", "open to everyone (access: open)"
        elif settings.auth_secret:
            self.mode, self.rule = "tokens", f"callers need a token (auth_secret: {settings.auth_secret})"
        elif settings.mounted_secrets:
            self.mode = "closed"
            self.rule = (
                "closed: every call is answered 401 "
                f"(this function mounts the secret {settings.mounted_secrets[0]} and has no auth_secret: add "
                "`auth_secret: <name of a secret with tokens>` to its environment in stack.yaml and list that secret "
                "under `secrets:`, or add `access: open` to admit everyone)"
            )
        else:
            self.mode, self.rule = "open", "open to everyone (no secrets)"

    def check_tokens(self) -> None:
        """Raises SettingError if callers need a token and the secret with the tokens cannot be used."""
        if self.mode != "tokens":
            return
        try:
            problems = self._current_tokens().problems
        except MissingSecretError as error:
            problems = [str(error)]
        if problems:
            text = "; ".join(problems)
            raise SettingError(f"setting auth_secret={self._auth_secret!r} names a secret that cannot be used: {text}")

    def admits(self, headers: Headers) -> bool:
        """True if a request with these headers may call. Raises MissingSecretError if the tokens are missing."""
        if self.mode == "tokens":
            tokens = self._current_tokens()
            return any(tokens.admit(offered) for offered in (*_bearer_token(headers), *_api_key(headers)))
        return self.mode == "open"

    def _current_tokens(self) -> Tokens:
        """The tokens that the secret has now, because it may be rotated while the function runs."""
        text, cached = secret(self._auth_secret), self._cached
        if cached is not None and cached[0] == text:
            return cached[1]
        tokens = Tokens(text)
        self._cached = text, tokens
        if cached is not None:
            for problem in tokens.problems:
                print(f"secret {self._auth_secret!r} has changed, and {problem}", flush=True)
        return tokens

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
    """The error for a request without a valid token."""
    return ClientError(
        "A valid token is required, as `Authorization: Bearer <token>`.",
        status=401,
        code="unauthorized",
        headers=UNAUTHORIZED,
    )


def _bearer_token(headers: Headers) -> list[str]:
    """The token of an Authorization header. Two such headers arrive as one, with a comma, and are no token."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return [token.strip(" ")] if scheme.lower() == "bearer" else []


def _api_key(headers: Headers) -> list[str]:
    """The token in `X-Api-Key`, where Anthropic's clients put it."""
    return [key for key in headers.getlist("X-Api-Key") if key.strip()]


def _is_foreign(headers: Headers, origin: str) -> bool:
    """True if a page of another site sent this request (Fetch Metadata; Origin for browsers without it)."""
    if site := headers.get("Sec-Fetch-Site"):
        return site == "cross-site" and headers.get("Sec-Fetch-Mode") != "navigate"
    if not origin:
        return False
    return origin.partition("://")[2] not in (headers.get("Host"), headers.get("X-Forwarded-Host"))
