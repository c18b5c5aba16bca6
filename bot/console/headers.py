"""What keeps other sites from framing our pages, misreading them, or sending forms in somebody's name."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from jinja2 import BaseLoader, Environment
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.templating import Jinja2Templates
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.console.visitor import from_this_site

# What NiceGUI needs is told in docs/security.md: it evaluates the handlers it sends, and styles elements in place.
_POLICY: Final = "; ".join(  # noqa: FLY002  one rule a line
    (
        "default-src 'self'",
        "script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'self'",
        "object-src 'none'",
        "worker-src 'none'",
    )
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NONCE: Final = "nonce"


def nonce_of(scope: Scope) -> str:
    """Return what the scripts of one answer carry to be run; nothing that a shopper wrote can know it."""
    return str(scope.setdefault("state", {}).setdefault(_NONCE, secrets.token_urlsafe(16)))


class WithNonce(BaseLoader):
    """Gives a page's template the nonce for each script in it: in the template itself, before anything is filled in."""

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Return the template, its scripts marked."""
        source, name, fresh = self._loader.get_source(environment, template)
        return source.replace("<script", f'<script nonce="{{{{ {_NONCE} }}}}"'), name, fresh


def mark_scripts(templates: Jinja2Templates) -> None:
    """Let every page drawn from these templates run its own scripts and no others."""
    loader = templates.env.loader
    if loader is None or isinstance(loader, WithNonce):
        return
    templates.env.loader = WithNonce(loader)
    templates.context_processors.append(lambda request: {_NONCE: nonce_of(request.scope)})


_ONLY_READ: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class OurFormsOnly:
    """Refuses what another site's page sends: every form, and every socket, which would otherwise bring our cookies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on where it comes from a page of ours."""
        changes = scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in _ONLY_READ)
        if not changes or from_this_site(HTTPConnection(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refusal(scope["path"])(scope, receive, send)


def _refusal(path: str) -> Response:
    if path == "/login":
        return RedirectResponse("/login?problem=elsewhere", status_code=303)
    return PlainTextResponse("This form was sent from another site.", status_code=403)


class SafeHeaders:
    """Adds the headers to every answer of the pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; add the headers to its answer."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                policy = {"Content-Security-Policy": _POLICY.format(nonce=nonce_of(scope))}
                for name, value in (_HEADERS | policy).items():
                    headers.setdefault(name, value)  # an answer may be stricter
            await send(message)

        await self._app(scope, receive, send_safely if scope["type"] == "http" else send)
