"""Who is who on the demo page: a session's id, and a signature that only we can make."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from bot.channels.guard import same_secret


class WebTokens:
    """Makes sessions and recognises them; nothing is stored."""

    def __init__(self, secret: str) -> None:
        self._key = secret.encode()

    def issue(self) -> tuple[str, str]:
        """Return a new session and its token."""
        session = secrets.token_urlsafe(16)
        return session, self._sign(session)

    def session_of(self, bearer: str) -> str | None:
        """Return the session of `session.token`, or None when we did not sign it."""
        session, _, token = bearer.partition(".")
        return session if session and same_secret(token, self._sign(session)) else None

    def _sign(self, session: str) -> str:
        # The purpose is signed too: the same secret signs other things.
        purpose = b"warmline web session\n" + session.encode("utf-8", "surrogatepass")
        return hmac.new(self._key, purpose, hashlib.sha256).hexdigest()
