"""The tokens that may call: one per line of a secret."""

import hashlib
import hmac
import re

_COMMENT = re.compile(r"(^|\s)#.*")
_TOKEN = re.compile(r"[\x21-\x7e]+")
"""What an Authorization header can carry after `Bearer `: visible ASCII."""


class Tokens:
    """The tokens in a secret's text. There may be several, as while a token is rotated.

    Blank lines do not count, nor does what follows a `#` at the beginning of a line or after a space. problems: what is
    wrong with the text, without quoting it. A line that is no token is skipped.
    """

    def __init__(self, text: str) -> None:
        self.problems: list[str] = []
        self._digests: list[bytes] = []
        for number, line in enumerate(text.splitlines(), 1):
            token = _COMMENT.sub("", line).strip()
            if _TOKEN.fullmatch(token):
                self._digests.append(_digest(token))
            elif token:
                self.problems.append(
                    f"line {number} is no token: expected ASCII letters, digits and punctuation, without spaces; "
                    "a comment begins with #"
                )
        if not self._digests:
            self.problems.append("it has no token: expected one per line, for example from `openssl rand -hex 32`")

    def admit(self, offered: str) -> bool:
        """True if this is one of the tokens. The time it takes does not show how much of it is right."""
        digest = _digest(offered)
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return any(matches)


def _digest(token: str) -> bytes:
    """A digest. All have one length, so that comparing them does not show the length of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
