"""Operators correct what was read in a message; the handoff it belongs to becomes as urgent as that makes it."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from actions.corrected import severity_of_anger, severity_when_corrected
from actions.policy import Policy
from actions.situation import situation_from
from bot.domain.conversation import Holder
from bot.domain.correction import CorrectionKind, checked
from bot.domain.emotion import Emotion
from bot.domain.messages import Author
from bot.domain.people import Conversation, Handoff, Message, User
from bot.domain.permissions import Permission
from bot.errors import NotAllowed
from bot.store.unit_of_work import Store, Work

log = structlog.get_logger()


class Corrector:
    """Each correction is one transaction: the correction, the severity that follows from it, the audit."""

    def __init__(self, store: Store, policy: Callable[[], Policy]) -> None:
        self._store = store
        self._policy = policy

    async def correct(self, message_id: int, user: User, kind: CorrectionKind, became: str) -> None:
        """Keep what a message of a shopper should have been read as; what was read anyway undoes a correction.

        Raises ValueError for no emotion or intent, LookupError for no message, NotAllowed for one that is no shopper's.
        """
        became = checked(kind, became)
        async with self._store.begin() as work:
            await work.users.must_be_allowed(user, Permission.CHATS, Permission.STUDIO)
            message, conversation = await _found(work, message_id)
            read = message.reading
            if read is not None and became == (read.emotion if kind is CorrectionKind.EMOTION else read.intent):
                await self._undo(work, conversation, message, user, kind)
                return
            made = await work.corrections.add(message, user, kind, became)
            severity = await self._sort_anew(work, conversation)
            await work.audit.note(
                user, "correct", conversation.id,
                message=message_id, kind=kind.value, was=made.was, became=became, severity=severity,
            )  # fmt: skip
            await work.changed(conversation.id)
            log.info("reading.corrected", message=message_id, kind=kind, operator=user.id)

    async def undo(self, message_id: int, user: User, kind: CorrectionKind) -> None:
        """Take a correction back; nothing happens where there is none."""
        async with self._store.begin() as work:
            await work.users.must_be_allowed(user, Permission.CHATS, Permission.STUDIO)
            message, conversation = await _found(work, message_id)
            await self._undo(work, conversation, message, user, kind)

    async def _undo(
        self, work: Work, conversation: Conversation, message: Message, user: User, kind: CorrectionKind
    ) -> None:
        if not await work.corrections.undo(message.id, kind):
            return
        severity = await self._sort_anew(work, conversation)
        await work.audit.note(
            user, "undo_correction", conversation.id, message=message.id, kind=kind.value, severity=severity
        )
        await work.changed(conversation.id)

    async def _sort_anew(self, work: Work, conversation: Conversation) -> int:
        """Give the conversation the severity it has by now; return that."""
        handoff = next((h for h in await work.handoffs.of(conversation.id) if h.closed_at is None), None)
        if handoff is None or conversation.holder is Holder.BOT:
            return conversation.severity
        severity = await self._severity(work, handoff)
        if severity != conversation.severity:
            await work.conversations.set(conversation.id, severity=severity)
        return severity

    async def _severity(self, work: Work, handoff: Handoff) -> int:
        """Return how urgent a handoff is by what was corrected: its own turn is decided again, anger after it counts too."""
        policy, ours, angry = self._policy(), dict[CorrectionKind, str](), False
        for correction in await work.corrections.of(handoff.conversation_id):
            message = await work.messages.get(correction.message_id)
            if message is None:
                continue
            if handoff.message_id in {message.id, message.turn_id}:
                ours[correction.kind] = correction.became
            elif message.created_at >= handoff.opened_at:
                angry = angry or correction.became == Emotion.ANGER
        severity = handoff.severity
        kept = (await work.decisions.of(handoff.conversation_id)).get(str(handoff.message_id)) if ours else None
        emotion = ours.get(CorrectionKind.EMOTION)
        if kept is not None:
            severity = severity_when_corrected(
                situation_from(kept),
                policy,
                emotion=Emotion(emotion) if emotion else None,
                intent=ours.get(CorrectionKind.INTENT),
            )
        return max(severity, severity_of_anger(policy)) if angry or emotion == Emotion.ANGER else severity


async def _found(work: Work, message_id: int) -> tuple[Message, Conversation]:
    message = await work.messages.get(message_id)
    if message is None:
        raise LookupError(f"no message {message_id}")
    if message.author is not Author.SHOPPER:
        raise NotAllowed("only what a shopper wrote is read")
    # Locked: two corrections of one message follow each other, and so do moves of the conversation.
    return message, await work.conversations.get(message.conversation_id, lock=True)
