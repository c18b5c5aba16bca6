"""The action server: Rasa's action protocol over HTTP, for callers with the token only.

rasa-sdk runs the actions; its own web server is not used, because it checks no caller and puts request bodies,
with the shopper's words in them, into its error answers.
"""

from __future__ import annotations

import hmac
import json
from typing import Final

import structlog
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionMissingDomainException, ActionNotFoundException
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN: Final = "/health"

log = structlog.get_logger()


class TokenGuard:
    """Lets a request through when its bearer token is ours. Only `/health` is open."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        if not token:
            raise ValueError("the action server needs a token")
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if scope["type"] != "http" or scope["path"] == _OPEN:
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if hmac.compare_digest(given, self._expected):
            await self._app(scope, receive, send)
        else:
            await JSONResponse({"error": "wrong token"}, status_code=401)(scope, receive, send)


def app_for(executor: ActionExecutor, token: str) -> ASGIApp:
    """Return the web application that runs the executor's actions."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def actions(_: Request) -> Response:
        return JSONResponse([{"name": name} for name in executor.actions])

    async def webhook(request: Request) -> Response:
        try:
            call = await request.json()
        except json.JSONDecodeError:
            return JSONResponse({"error": "the body is not JSON"}, status_code=400)
        name = call.get("next_action") if isinstance(call, dict) else None
        if not isinstance(name, str) or not isinstance(call.get("tracker"), dict):
            return JSONResponse({"error": "next_action or tracker is missing", "action_name": name}, status_code=400)
        call.setdefault("domain", {})  # endpoints.yml tells Rasa not to send it, and no action asks for it
        try:
            result = await executor.run(call)
        except ActionExecutionRejection as exc:
            return JSONResponse({"error": exc.message, "action_name": exc.action_name}, status_code=400)
        except ActionNotFoundException as exc:
            return JSONResponse({"error": exc.message, "action_name": exc.action_name}, status_code=404)
        except ActionMissingDomainException as exc:
            return JSONResponse({"error": exc.message, "action_name": exc.action_name}, status_code=449)
        return JSONResponse(result.model_dump() if result else None)

    routes = [
        Route("/health", health),
        Route("/actions", actions),
        Route("/webhook", webhook, methods=["POST"]),
    ]
    return TokenGuard(Starlette(routes=routes), token)
