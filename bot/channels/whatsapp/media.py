"""Files that shoppers sent: https://www.twilio.com/docs/messaging/guides/accessing-incoming-message-media."""

from __future__ import annotations

import httpx

from bot.errors import DeliveryError, DeliveryRefused

_TWILIO = "https://api.twilio.com"
_MOST_HOPS = 3


class TwilioMedia:
    """Fetches files with the account's name and token, which only Twilio's own server is shown."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        api_base_url: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._homes = {_origin(httpx.URL(home)) for home in (_TWILIO, api_base_url) if home}
        self._auth = httpx.BasicAuth(account_sid, auth_token)
        self._http = httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(30, connect=5))

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Return a file of at most `limit` bytes; raises DeliveryError, or DeliveryRefused with code `gone` or `too_big`."""
        try:
            url = httpx.URL(ref)
            if _origin(url) not in self._homes:
                # Whoever could name another address here would have us fetch it for them.
                raise DeliveryRefused("not an address of Twilio's", code="gone")
            for hop in range(_MOST_HOPS):
                async with self._http.stream("GET", url, auth=self._auth if hop == 0 else None) as answer:
                    if answer.has_redirect_location:
                        url = url.join(answer.headers["Location"])
                        continue
                    return await _content(answer, limit)
        except httpx.InvalidURL as exc:
            raise DeliveryRefused("not an address at all", code="gone") from exc
        except httpx.HTTPError as exc:
            raise DeliveryError(f"Twilio did not answer: {type(exc).__name__}") from exc
        raise DeliveryError("Twilio sends us round in circles")

    async def close(self) -> None:
        """Close every connection; may be called twice."""
        await self._http.aclose()


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _content(answer: httpx.Response, limit: int) -> bytes:
    if answer.status_code in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
        raise DeliveryRefused("no longer at Twilio", code="gone")
    if not answer.is_success:
        raise DeliveryError(f"Twilio answered {answer.status_code}", code=str(answer.status_code))
    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > limit:
            raise DeliveryRefused("larger than we keep", code="too_big")
    return bytes(content)
