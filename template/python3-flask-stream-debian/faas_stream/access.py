"""Who may call: bearer tokens."""

import hmac


def is_allowed(authorization: str | None, tokens: str) -> bool:
    """True if an Authorization header carries one of the tokens.

    tokens: one a line, several while they are rotated; blank lines do not count. Every one is compared, in a time that
    does not tell how much of it was right.
    """
    scheme, _, given = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    offered = given.strip().encode("utf-8", "surrogateescape")
    known = [line.strip().encode() for line in tokens.splitlines() if line.strip()]
    matches = [hmac.compare_digest(offered, token) for token in known]
    return any(matches)
