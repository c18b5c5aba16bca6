"""What every webhook checks before it looks at a request."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from fastapi import HTTPException, Request, status

REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status.HTTP_403_FORBIDDEN: {"description": "Not signed as it should be"},
    status.HTTP_413_CONTENT_TOO_LARGE: {"description": "Longer than anything that is meant for this address"},
}
"""What every webhook answers to who should not call it, for its description."""


def body_of(schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the description of a route whose body it reads by itself: a JSON schema for each media type."""
    content = {media_type: {"schema": schema} for media_type, schema in schemas.items()}
    return {"requestBody": {"required": True, "content": content}}


def same_secret(given: str | None, expected: str) -> bool:
    """Compare two secrets in a time that does not depend on where they differ; None is never equal."""
    return given is not None and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body; answer 413 as soon as it is longer than `limit` bytes, whatever Content-Length claims."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE)
    return bytes(body)


async def read_json_object(request: Request, limit: int) -> dict[str, Any]:
    """Return the body's JSON object; answer 413 when it is too long and 400 when it is anything else."""
    try:
        given = json.loads(await read_body(request, limit))
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "not a JSON object")
    return given
