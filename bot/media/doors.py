"""How files come out: to operators who are logged in, and to a provider by a signed address for an hour."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response, status
from itsdangerous import BadData, URLSafeTimedSerializer

from bot.domain.people import MediaState
from bot.media.kinds import SHOWN, kind_of
from bot.media.vault import Vault
from bot.store.unit_of_work import Store

_FOR: Final = 3600  # seconds
PUBLIC_PATH: Final = "/media"
CONSOLE_PATH: Final = "/console/media"
# Nothing in a file may act in our name, whatever it claims to be.
_HARMLESS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; media-src 'self'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600",
}


class Links:
    """Addresses by which Twilio can fetch a file that goes out with a reply."""

    def __init__(self, secret: str, public_url: str) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="media")
        self._base = public_url.rstrip("/") + PUBLIC_PATH

    def to(self, key: str) -> str:
        """Return the address of a file, good for an hour."""
        return f"{self._base}/{self._signer.dumps(key)}"

    def key_in(self, token: str) -> str | None:
        """Return the key in an address's token; None where it is not ours or too old."""
        try:
            key = self._signer.loads(token, max_age=_FOR)
        except BadData:
            return None
        return key if isinstance(key, str) else None


def routes(store: Store, vault: Vault, links: Links, may_look: Callable[[Request], Awaitable[bool]]) -> APIRouter:
    """Return the routes; `may_look` says whether an operator is logged in."""
    router = APIRouter(include_in_schema=False)

    @router.get(CONSOLE_PATH + "/{media_id:int}")
    async def for_operators(request: Request, media_id: int) -> Response:
        if not await may_look(request) or media_id >= 2**63:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        async with store.begin() as work:
            file = await work.media.get(media_id)
        if file is None or file.state is not MediaState.STORED or file.key is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return await _out(vault, file.key, file.content_type, file.file_name)

    @router.get(PUBLIC_PATH + "/{token}")
    async def for_providers(token: str) -> Response:
        key = links.key_in(token)
        if key is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return await _out(vault, key, None, None)

    return router


async def _out(vault: Vault, key: str, kind: str | None, name: str | None) -> Response:
    try:
        content = await vault.read(key)
    except FileNotFoundError:
        raise HTTPException(status.HTTP_404_NOT_FOUND) from None
    kind = kind or kind_of(content, None)
    how = "inline" if kind in SHOWN else "attachment"
    answer = Response(content, media_type=kind, headers=_HARMLESS)
    # Percent-encoded, so that no name breaks out of its header: https://www.rfc-editor.org/rfc/rfc6266
    answer.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name or 'file', safe='')}"
    return answer
