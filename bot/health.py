"""`/healthz`, `/readyz` and `/metrics`: for load balancers and for whoever watches the shop's numbers."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, HTTPException, Request, Response, status
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.conversation import Holder
from bot.store.unit_of_work import Store


def health_routes(
    store: Store, assistant_ready: Callable[[], Awaitable[bool]], registry: CollectorRegistry, *, token: str
) -> APIRouter:
    """Return the three routes. `/metrics` answers callers on this machine, and others who bring `token`."""
    router = APIRouter(include_in_schema=False)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    conversations = Gauge("warmline_conversations", "Conversations by holder", ["holder"], registry=registry)
    waiting = Gauge("warmline_unfinished", "Conversations with work left to do", ["kind"], registry=registry)
    letters = Gauge("warmline_dead_letters", "What channels brought and nobody could read", registry=registry)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, bool]:
        parts = {"database": await _answers(store), "assistant": await assistant_ready()}
        if not all(parts.values()):
            response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return parts

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        here = request.client is not None and request.client.host in {"127.0.0.1", "::1"}
        given = request.headers.get("authorization", "")
        if not (here and "x-forwarded-for" not in request.headers) and not hmac.compare_digest(
            given.encode(), f"Bearer {token}".encode()
        ):
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        async with store.begin() as work:
            for holder, count in (await work.conversations.counts()).items():
                conversations.labels(Holder(holder).value).set(count)
            unread, queued = await work.messages.conversations_with_work()
            dead = await work.dead_letters.count()
        waiting.labels("unread").set(len(unread))
        waiting.labels("undelivered").set(len(queued))
        letters.set(dead)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _answers(store: Store) -> bool:
    try:
        await store.ping()
    except (SQLAlchemyError, OSError):
        return False
    return True
