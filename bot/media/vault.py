"""Where files are kept: a folder by default, an S3-compatible store or another by its address (fsspec)."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any, Final

import fsspec

from bot.errors import SettingsError

_KEY: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")


class Vault:
    """Keeps files under random keys: nothing of a shopper's file name is in the address of a file."""

    def __init__(self, url: str) -> None:
        """Open the store at an address such as `file:///var/lib/warmline/media` or `s3://bucket/folder`.

        Raises SettingsError naming MEDIA_URL where its driver is not installed or does not know the address.
        """
        options: dict[str, Any] = {"auto_mkdir": True} if url.startswith("file://") else {}
        try:
            self._files, self._root = fsspec.core.url_to_fs(url, **options)
        except (ImportError, ValueError) as exc:
            raise SettingsError(f"MEDIA_URL: {exc}") from exc

    async def write(self, content: bytes) -> str:
        """Keep a file and return its key; raises OSError where the store does not take it."""
        name = secrets.token_hex(16)
        key = f"{name[:2]}/{name[2:]}"
        await asyncio.to_thread(self._files.pipe_file, self._path(key), content)
        return key

    async def read(self, key: str) -> bytes:
        """Return a file; raises FileNotFoundError where there is none, OSError where the store does not answer."""
        content: bytes = await asyncio.to_thread(self._files.cat_file, self._path(key))
        return content

    async def delete(self, key: str) -> None:
        """Delete a file; one that is gone already is no trouble."""
        try:
            await asyncio.to_thread(self._files.rm_file, self._path(key))
        except FileNotFoundError:
            return

    def _path(self, key: str) -> str:
        if not _KEY.fullmatch(key):
            raise FileNotFoundError("not a key of the vault")
        return f"{self._root.rstrip('/')}/{key}"
