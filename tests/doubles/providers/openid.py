"""A single sign-on provider over HTTP: signs real ID tokens, and forges in them what it is told to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import encode_basic_auth, web
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT = ("warmline", "a secret of forty characters, or about that")


class OpenIdProvider:
    """Speaks OpenID Connect Core 1.0, section 3.1, as far as Warmline listens; everybody is logged in as `claims` says.

    `forged` are claims put into the next tokens instead; `signed_by` may be a key it does not publish, or bytes that no library
    takes as a secret.
    """

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first", "alg": "RS256", "use": "sig"})
        self.reset()
        self._codes: dict[str, dict[str, str]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def reset(self) -> None:
        """Forge nothing."""
        self.claims: dict[str, Any] = {"sub": "maria-7", "email": "Maria@Shop.example", "email_verified": True}
        self.forged: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.signed_by: RSAKey | OctKey | bytes = self.key
        self.issuer_said = ""
        self.without_token = False

    def __enter__(self) -> Self:
        """Listen on a free port of this machine, in a thread."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._about)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/keys", self._keys)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.issuer = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _about(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer_said or self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        if (
            asked["client_id"] != CLIENT[0]
            or asked["code_challenge_method"] != "S256"
            or "openid" not in asked["scope"]
        ):
            raise web.HTTPBadRequest
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self._codes.pop(str(form["code"]), None)  # once
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        shown = _base64(digest)
        known = request.headers.get("Authorization") == encode_basic_auth(*CLIENT)
        if (
            not known
            or asked is None
            or asked["code_challenge"] != shown
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT[0], "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = {name: value for name, value in (claims | self.claims | self.forged).items() if value is not None}
        answer = {"access_token": "opens nothing", "token_type": "Bearer", "expires_in": 300}
        return web.json_response(answer | ({} if self.without_token else {"id_token": self._signed(claims)}))

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": "first"}
        if isinstance(self.signed_by, bytes):
            text = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
            return f"{text}.{_base64(hmac.digest(self.signed_by, text.encode(), 'sha256'))}"
        return jwt.encode(header, claims, self.signed_by, algorithms=[self.algorithm])

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response(KeySet([self.key]).as_dict(private=False))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
