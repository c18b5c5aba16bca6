"""Where personas speak: the demo page's channel of a running system over HTTP; what it answered is read from the database."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from bot.channels.web.parse import CHANNEL
from bot.channels.web.webhook import PATH, SESSIONS_PATH
from bot.domain.conversation import Holder
from bot.domain.messages import Author, Reply
from bot.domain.people import Conversation, Message
from bot.errors import WarmlineError
from bot.rehearsal.course import Course, Exchange
from bot.rehearsal.heard import Heard, Phrasebook
from bot.rehearsal.persona import Persona, Step
from bot.rehearsal.player import next_step
from bot.store.unit_of_work import Store

_LOOK_AGAIN = 0.1


class StageUnusable(WarmlineError):
    """The system does not take messages, or the database is another system's; the text says which."""


class Stage:
    """A running system that personas speak to, each in a conversation of its own."""

    def __init__(
        self, http: httpx.AsyncClient, store: Store, phrasebooks: Mapping[str, Phrasebook], *, patience: float = 90
    ) -> None:
        self._http, self._store, self._phrasebooks, self._patience = http, store, phrasebooks, patience

    async def play(self, persona: Persona) -> Course:
        """Let a persona speak until it leaves; raises StageUnusable."""
        opened = await self._post(SESSIONS_PATH, {}, {})
        session, headers = str(opened["session"]), {"Authorization": f"Bearer {opened['session']}.{opened['token']}"}
        exchanges: list[Exchange] = []
        while True:
            said, heard = [e.step for e in exchanges], [e.heard for e in exchanges]
            number = next_step(persona.says, said, heard)
            if number is None:
                return await self._course(persona, session, exchanges)
            lines = _lines(persona.says[number], heard[-1].replies if heard else ())
            for body in lines:
                await self._post(PATH, {"id": secrets.token_hex(8), **body}, headers)
            sent = sum(len(exchange.said) for exchange in exchanges) + len(lines)
            texts = tuple(body["text"] for body in lines)
            try:
                conversation, messages = await self._answered(session, sent)
            except TimeoutError:
                nothing = Exchange(number, texts, (), Heard())
                unanswered = f"message {sent} was not answered within {self._patience:.0f} s"
                return await self._course(persona, session, [*exchanges, nothing], unanswered)
            exchanges.append(self._exchange(persona, number, texts, conversation, messages))

    def _exchange(
        self, persona: Persona, number: int, texts: tuple[str, ...], conversation: Conversation, said: Sequence[Message]
    ) -> Exchange:
        mine = [message for message in said if message.author is Author.SHOPPER][-len(texts) :]
        new = [m for m in said if m.author in {Author.BOT, Author.SYSTEM} and m.in_reply_to in {own.id for own in mine}]
        heard = self._phrasebooks[persona.language].hear(
            [Reply(message.text, message.buttons) for message in new],
            handed_over=conversation.holder is not Holder.BOT,
        )
        return Exchange(number, texts, tuple(_reading(message) for message in mine), heard)

    async def _answered(self, session: str, sent: int) -> tuple[Conversation, list[Message]]:
        """Wait until the shopper's `sent` messages are handled, and return the transcript; raises TimeoutError."""
        give_up = time.monotonic() + self._patience
        while True:
            async with self._store.begin() as work:
                opened = await work.conversations.known(CHANNEL, session)
                messages = await work.messages.transcript(opened.id) if opened else []
            # Who holds it is asked afterwards: a turn recorded between the two questions then shows in both.
            async with self._store.begin() as work:
                conversation = await work.conversations.known(CHANNEL, session)
            if conversation is None:
                raise StageUnusable("the database is not that of the system spoken to; see DATABASE_URL, WARMLINE_HOME")
            mine = [message for message in messages if message.author is Author.SHOPPER]
            if len(mine) == sent and all(message.handled_at for message in mine):
                return conversation, messages
            if time.monotonic() > give_up:
                raise TimeoutError
            await asyncio.sleep(_LOOK_AGAIN)

    async def _course(
        self, persona: Persona, session: str, exchanges: Sequence[Exchange], unanswered: str | None = None
    ) -> Course:
        async with self._store.begin() as work:
            conversation = await work.conversations.known(CHANNEL, session)
            assert conversation is not None, "the persona spoke"
            handoffs = await work.handoffs.of(conversation.id)
            messages = await work.messages.transcript(conversation.id)
        handed_off = None
        if handoffs:
            first = handoffs[-1]
            mine = [message.id for message in messages if message.author is Author.SHOPPER]
            handed_off = (mine.index(first.message_id) + 1 if first.message_id in mine else len(mine), first.reason)
        return Course(persona, tuple(exchanges), handed_off, unanswered)

    async def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        try:
            response = await self._http.post(path, json=body, headers=headers)
            response.raise_for_status()
        except httpx.HTTPStatusError as exc:
            raise StageUnusable(
                f"{exc.request.url} answered {exc.response.status_code}; is the demo page on (no other channel set up)?"
            ) from None
        except httpx.HTTPError as exc:
            raise StageUnusable(f"{exc.request.url} does not answer ({type(exc).__name__})") from None
        return dict(response.json())


def _lines(step: Step, replies: Sequence[Reply]) -> list[dict[str, str]]:
    """Return the bodies to post: a line each, or the button that was offered."""
    if step.press is None:
        return [{"text": line} for line in step.say or ()]
    titles = [b.title for reply in replies for b in reply.buttons if b.payload == step.press]
    return [{"text": titles[-1], "payload": step.press}]


def _reading(message: Message) -> str:
    """Return how a message was read, in a few words."""
    reading = message.reading
    if reading is None:
        return "not read"
    return (
        f"{reading.intent} {reading.intent_confidence:.2f}, {reading.emotion} {reading.confidence:.2f} "
        f"x {reading.intensity:.2f}, abuse {reading.abuse:.2f}, stance {message.stance}"
    )
