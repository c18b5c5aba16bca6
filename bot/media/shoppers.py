"""One shopper's data: handed out as an archive, and deleted for good."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any, Final

import structlog

from bot.domain.conversation import Holder
from bot.domain.dossier import Dossier
from bot.domain.people import Conversation, User
from bot.errors import UnknownShopper, WrongTurn
from bot.media.vault import Vault
from bot.store.unit_of_work import Store
from bot.turns.jobs import DELETE_FILES

log = structlog.get_logger()

_README: Final = """Everything that is kept of one shopper, made {moment}.

data/NAME.json   rows of data, UTF-8, times in ISO 8601:
{sections}
files/           the files of messages, as `archived` in data/media.json names them.
                 "missing": the file was deleted before this archive was made.
"""
_LONGEST_NAME: Final = 80


class Shoppers:
    """What may be done with everything that is kept of a shopper. Each act is in the audit."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def find(self, channel: str, address: str) -> Conversation:
        """Return the conversation with an address; raises UnknownShopper naming it."""
        async with self._store.begin() as work:
            found = await work.conversations.known(channel, address)
        if found is None:
            raise UnknownShopper(f"nobody wrote from {address} on {channel}, or they were forgotten")
        return found

    async def get(self, conversation_id: str) -> Conversation:
        """Return a conversation whose shopper is still known; raises UnknownShopper."""
        async with self._store.begin() as work:
            try:
                found = await work.conversations.get(conversation_id)
            except LookupError:
                found = None
        if found is None or found.gone_at is not None:
            raise UnknownShopper("this shopper is not known, or was forgotten")
        return found

    async def export(self, conversation_id: str, into: IO[bytes], *, by: User | None) -> None:
        """Write a ZIP with everything: data as JSON, files, and what is what."""
        async with self._store.begin() as work:
            dossier = await work.dossiers.of(conversation_id)
            await work.audit.note(by, "export_shopper", conversation_id)
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
            for row in dossier.sections["media"]:
                row["archived"] = await self._put_file(archive, row)
            for name, rows in dossier.sections.items():
                text = json.dumps(rows, ensure_ascii=False, indent=2)
                await asyncio.to_thread(archive.writestr, f"data/{name}.json", text)
            archive.writestr("README.txt", _readme(dossier))
        log.info("shopper.exported", conversation=conversation_id, by=by.id if by else None)

    async def erase(self, conversation_id: str, *, by: User | None) -> None:
        """Delete everything of a shopper, as if they had never written; raises WrongTurn while people hold the chat."""
        async with self._store.begin() as work:
            now = await work.conversations.get(conversation_id, lock=True)
            if now.holder is not Holder.BOT:
                raise WrongTurn("people hold this chat: give it back to the bot first")
            keys = await work.erasure.forget(conversation_id)
            await work.defer(DELETE_FILES, lock=f"files:{conversation_id}", keys=keys)
            await work.audit.note(by, "erase_shopper", conversation_id)
            await work.changed(conversation_id)
        log.info("shopper.erased", conversation=conversation_id, by=by.id if by else None)

    async def _put_file(self, archive: zipfile.ZipFile, row: Mapping[str, Any]) -> str:
        if row["key"] is None:
            return "missing"
        try:
            content = await self._vault.read(row["key"])
        except FileNotFoundError:
            return "missing"
        name = f"files/{row['id']}-{_safe(row['file_name'] or 'file')}"
        # Pictures and films are packed already.
        await asyncio.to_thread(archive.writestr, name, content, zipfile.ZIP_STORED)
        return name


def _safe(name: str) -> str:
    """Return a file name of a shopper's as it may stand in an archive: no folders, no signs that cannot be seen."""
    kept = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in name)
    stem, dot, ending = kept.strip(". ").rpartition(".")
    return f"{(stem or ending)[:_LONGEST_NAME]}{dot if stem else ''}{ending[:10] if stem else ''}" or "file"


def _readme(dossier: Dossier) -> str:
    lines = [f"  {name}: {meaning}" for name, meaning in dossier.meanings.items()]
    return _README.format(moment=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", sections="\n".join(lines))
