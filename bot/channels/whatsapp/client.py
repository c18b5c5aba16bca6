"""Twilio's client over httpx: one connection pool, a time limit on every call, any address."""

from __future__ import annotations

import logging
from typing import Any

import httpx
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client


class HttpxClient(AsyncHttpClient):  # type: ignore[misc]  # twilio has no types
    """Carries the requests of Twilio's library. Raises httpx.HTTPError when there is no answer."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        # The library's own client has no time limit; Twilio answers within seconds or not at all.
        self._http = httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(15, connect=5))

    async def request(self, method: str, url: str, *, allow_redirects: bool = False, **options: Any) -> Response:
        """Send one request and return the answer, whatever its status; `options` are named as httpx names them."""
        given = {name: value for name, value in options.items() if value is not None}
        answer = await self._http.request(method, url, follow_redirects=allow_redirects, **given)
        return Response(answer.status_code, answer.text, answer.headers)

    async def close(self) -> None:
        """Close every connection; may be called twice."""
        await self._http.aclose()


def rest_client(account_sid: str, auth_token: str, api_base_url: str | None, http: HttpxClient) -> Client:
    """Return Twilio's REST client, at another address than Twilio's where one is given."""
    # A filled environment, or the library looks into the process's own.
    client = Client(account_sid, auth_token, http_client=http, environment={"TWILIO_EDGE": ""})
    if api_base_url is not None:
        client.api.base_url = client.messaging.base_url = api_base_url.rstrip("/")
    return client
