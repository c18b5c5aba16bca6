"""Signing in with the shop's own OpenID Connect provider: `/login/oidc` leads there, `/login/oidc/back` comes from there."""

from __future__ import annotations

from typing import Final

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import Request
from fastapi.responses import Response
from joserfc.errors import JoseError
from nicegui import app

from bot.console.entrance import Entrance
from bot.console.login import SIGN_ON, again, ask_for_code, let_in
from bot.console.visitor import address_of, local_address
from bot.domain.people import Identity, User
from bot.errors import SignOnFailed
from bot.settings import Settings

log = structlog.get_logger()

_BACK: Final = f"{SIGN_ON}/back"
_NEXT: Final = "sign_on_next"
_SECONDS: Final = 10.0
_CLOCKS_DIFFER: Final = 60
# Signed with a key of the provider's own: with a shared secret (HS256), or none, whoever knows our secret could be anybody.
_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
_FAILURES: Final = (AuthlibBaseError, JoseError, httpx2.HTTPError, RuntimeError, ValueError, KeyError)


class SingleSignOn:
    """The provider: code flow with PKCE, state and nonce (OpenID Connect Core 1.0, section 3.1)."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, public_url: str) -> None:
        self._issuer, self._client_id = issuer, client_id
        self._back = public_url.rstrip("/") + _BACK
        self._provider = OAuth().register(
            "oidc",
            client_id=client_id,
            client_secret=client_secret,
            server_metadata_url=issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "timeout": _SECONDS},
        )

    @classmethod
    def of(cls, settings: Settings) -> SingleSignOn | None:
        """Return the provider that is set up, if there is one."""
        if settings.oidc_issuer is None or settings.oidc_client_id is None or settings.oidc_client_secret is None:
            return None
        secret = settings.oidc_client_secret.get_secret_value()
        return cls(settings.oidc_issuer, settings.oidc_client_id, secret, str(settings.public_url))

    async def send_there(self, request: Request) -> Response:
        """Lead a browser to the provider; raises SignOnFailed where that cannot be reached."""
        try:
            await self._know_provider()
            answer: Response = await self._provider.authorize_redirect(request, self._back)
        except _FAILURES as exc:
            raise SignOnFailed(type(exc).__name__) from exc
        return answer

    async def who_came_back(self, request: Request) -> Identity:
        """Return whom the provider vouches for; raises SignOnFailed for everything that is not exactly its answer to us."""
        must_be = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client_id},
            "nonce": {"essential": True},
        }
        try:
            await self._know_provider()
            token = await self._provider.authorize_access_token(request, claims_options=must_be, leeway=_CLOCKS_DIFFER)
            claims = token["userinfo"]
            subject = claims["sub"]
        except _FAILURES as exc:
            raise SignOnFailed(type(exc).__name__) from exc
        # Section 5.7: an address is somebody's only where the provider has verified it; "true" in quotes is no promise.
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Identity(f"{self._issuer} {subject}", str(email).lower() if email else None)

    async def _know_provider(self) -> None:
        """Read what the provider says of itself, once; it must be whom we asked for (Discovery 1.0, section 4.3)."""
        metadata = await self._provider.load_server_metadata()
        if metadata.get("issuer") != self._issuer:
            metadata.pop("_loaded_at", None)
            raise ValueError("another issuer")
        name = "id_token_signing_alg_values_supported"
        metadata[name] = sorted(_ALGORITHMS.intersection(metadata.get(name) or ())) or ["RS256"]


def add_single_sign_on(entrance: Entrance, provider: SingleSignOn) -> None:
    """Add the way to the provider and the way back."""

    @app.get(SIGN_ON, include_in_schema=False)
    async def there(request: Request, next: str = "") -> Response:  # noqa: A002  the address says `next`
        request.session[_NEXT] = local_address(next, "")
        try:
            return await provider.send_there(request)
        except SignOnFailed as exc:
            log.warning("sign_on.unreachable", why=str(exc))
            return again(next, "sign_on")

    @app.get(_BACK, include_in_schema=False)
    async def back(request: Request) -> Response:
        wanted = local_address(request.session.pop(_NEXT, ""), "")
        user = await entrance.admit(lambda: provider.who_came_back(request), address_of(request))
        if not isinstance(user, User):
            return again(wanted, user)
        how = "single sign-on"
        if entrance.needs_second_step(user) and await entrance.has_second_step(user):
            return ask_for_code(request, user, wanted, how=how)
        return await let_in(request, entrance, user, wanted, how=how)
