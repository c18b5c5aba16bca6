"""Files that operators send: looked at, kept in the vault and sent with the words written to them."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

import structlog
from fastapi import HTTPException, Request, status
from fastapi.responses import JSONResponse
from nicegui import app
from starlette.datastructures import UploadFile

from bot.channels.clean import storable
from bot.console.texts import Texts, Words
from bot.console.visitor import logged_in, words_for
from bot.console.writing import MAX_TEXT, Writing
from bot.domain.canned import unfilled
from bot.domain.messages import Attachment
from bot.domain.people import Conversation, User
from bot.domain.permissions import Permission, may
from bot.errors import DeliveryError, DeliveryRefused, NotAllowed, WrongTurn
from bot.handoff.desk import Desk
from bot.media.examining import Examiner
from bot.media.vault import Vault
from bot.store.unit_of_work import Store

log = structlog.get_logger()

_MEGABYTE: Final = 1024**2
# What a form has besides the file: four bytes for a character of the text, and its own lines.
_AROUND: Final = 8 * MAX_TEXT
_MAX_NAME: Final = 120
# Folders, what no file system takes, and signs of direction that make `exe.pdf` of `fdp.exe`.
_NOT_IN_NAMES: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')


class _Refusal(Exception):
    """A file that does not go out, and what is said about it."""

    def __init__(self, problem: str, **about: object) -> None:
        super().__init__(problem)
        self.problem, self.about = problem, about


class Attaching:
    """Takes a file from an operator's browser and sends it. One that is not sent is not kept; one that a message names is."""

    def __init__(self, store: Store, vault: Vault, examiner: Examiner, desk: Desk, writing: Writing) -> None:
        self._store, self._vault, self._examiner, self._desk, self._writing = store, vault, examiner, desk, writing

    def add(self, texts: Texts) -> None:
        """Add the address that takes files: 200 where it is in the outbox, else a problem in the operator's words."""

        @app.post("/console/chats/{conversation_id}/files", include_in_schema=False)
        async def take(request: Request, conversation_id: UUID) -> JSONResponse:
            user = await logged_in(request, self._store)
            if user is None or not may(user, Permission.CHATS):
                raise HTTPException(status.HTTP_404_NOT_FOUND)
            words = words_for(request, texts)
            try:
                await self._send(request, str(conversation_id), user)
            except _Refusal as exc:
                return JSONResponse({"problem": _said(words, exc)}, status.HTTP_422_UNPROCESSABLE_CONTENT)
            return JSONResponse({})

    async def _send(self, request: Request, conversation_id: str, user: User) -> None:
        conversation = await self._own(conversation_id, user)
        length = request.headers.get("content-length", "")
        if not length.isdecimal():
            raise HTTPException(status.HTTP_411_LENGTH_REQUIRED)
        if int(length) > self._examiner.limit + _AROUND:
            raise _Refusal("too_big", limit=self._examiner.limit)
        async with request.form(max_files=1, max_fields=1) as form:
            file, text = form.get("file"), str(form.get("text") or "")
            if not isinstance(file, UploadFile) or len(text) > MAX_TEXT:
                raise HTTPException(status.HTTP_400_BAD_REQUEST)
            name, content, claimed = _file_name(file.filename), await file.read(), file.content_type
        if missing := unfilled(text):
            raise _Refusal("unfilled", names=", ".join(missing))
        await self.hand_over(conversation, user, text, name, content, claimed)

    async def hand_over(
        self, conversation: Conversation, user: User, text: str, name: str, content: bytes, claimed: str | None
    ) -> None:
        """Look at a file, keep it and put it into the outbox; raises where it does not go out, or nobody can say whether it does."""
        kind = await self._kind_of(conversation, name, content, claimed)
        try:
            key = await self._vault.write(content)
        except OSError as exc:
            log.exception("attachment.not_kept", conversation=conversation.id)
            raise _Refusal("failed", name=name) from exc
        try:
            await self._desk.reply(conversation.id, user, storable(text), Attachment(key, kind, name, len(content)))
        except (WrongTurn, NotAllowed, LookupError) as exc:
            await self._vault.delete(key)
            raise _Refusal("not_yours") from exc
        except Exception:
            # The commit's answer may have been lost, and the message be there.
            if not await self._is_named(conversation.id, key):
                await self._vault.delete(key)
                raise
            log.exception("attachment.answer_lost", conversation=conversation.id)
        log.info("attachment.sent", conversation=conversation.id, kind=kind, size=len(content))

    async def _is_named(self, conversation_id: str, key: str) -> bool:
        """True for a file that a message names; raises where nobody can say."""
        async with self._store.begin() as work:
            await work.conversations.get(conversation_id, lock=True)  # a commit still under way holds this lock
            return any(file.key == key for file in await work.media.of_conversation(conversation_id))

    async def _own(self, conversation_id: str, user: User) -> Conversation:
        """Return an operator's own conversation, before anything is read for it."""
        try:
            async with self._store.begin() as work:
                found = await work.conversations.get(conversation_id)
        except LookupError as exc:
            raise _Refusal("not_yours") from exc
        if found.operator_id != user.id:
            raise _Refusal("not_yours")
        return found

    async def _kind_of(self, conversation: Conversation, name: str, content: bytes, claimed: str | None) -> str:
        if not content:
            raise _Refusal("empty", name=name)
        try:
            kind = await self._examiner.kind_of(content, claimed)
        except DeliveryRefused as exc:
            raise _Refusal(exc.code or "failed", name=name, limit=self._examiner.limit) from exc
        except DeliveryError as exc:
            raise _Refusal("failed", name=name) from exc
        largest = self._writing.largest(conversation, kind)
        if not largest:
            raise _Refusal("no_files")
        if len(content) > largest:
            raise _Refusal("too_big", name=name, limit=largest)
        return kind


def _said(words: Words, refusal: _Refusal) -> str:
    about = dict(refusal.about)
    if isinstance(limit := about.get("limit"), int):
        about["limit"] = limit // _MEGABYTE
    return words(f"attach.{refusal.problem}", **{"name": words("media.file"), **about})


def _file_name(given: str | None) -> str:
    """Return a file's name without what could lead astray: 120 characters at most, its ending kept."""
    name = _NOT_IN_NAMES.sub("", storable((given or "").replace("\\", "/").rpartition("/")[2])).strip(" .")
    stem, dot, ending = name.rpartition(".")
    return name if len(name) <= _MAX_NAME else f"{stem[: _MAX_NAME - 12]}{dot}{ending[:11]}"
