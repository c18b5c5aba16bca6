"""The handoff desk: how operators take conversations, answer in them and give them back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from bot.channels.fit import fit
from bot.channels.ports import Capabilities, Sender
from bot.domain.conversation import Holder
from bot.domain.duty import Team
from bot.domain.handoff import MAX_BECAUSE, RESOLVED, HandoffRequest, Outcome, Reason
from bot.domain.messages import NUDGE, Attachment, Author, Delivery, Kind, Reply, Template
from bot.domain.people import Conversation, Message, User, phones_and_emails
from bot.domain.permissions import Permission, may
from bot.domain.promise import Promise, PromiseMove, WithdrawReason, takes_back
from bot.errors import NotAllowed, WrongTurn
from bot.handoff.notices import Notices
from bot.store.unit_of_work import Store, Work
from bot.turns.jobs import DELIVER, HANDED_OFF, TELL_RETURNED, delivery_lock, turn_lock

log = structlog.get_logger()

# How a handoff ends that nobody needed any more.
TIMED_OUT: Final = "timed_out"
_NOT_YET: Final = frozenset({Delivery.QUEUED, Delivery.WAITING})
_THERE: Final = frozenset({Delivery.SENT, Delivery.DELIVERED, Delivery.READ})


class Desk:
    """Every move is one transaction: who holds the chat, the line to the shopper, the handoff's record, the audit."""

    def __init__(self, store: Store, senders: Mapping[str, Sender], notices: Notices) -> None:
        self._store = store
        self._senders = senders
        self._notices = notices

    async def claim(self, conversation_id: str, operator: User) -> None:
        """Take a waiting conversation; raises WrongTurn when somebody else was quicker."""
        async with self._store.begin() as work:
            now = await work.conversations.get(conversation_id, lock=True)
            if now.holder is not Holder.QUEUE:
                raise WrongTurn("this conversation is no longer waiting")
            await self._take(work, now, operator, "claim")

    async def take_over(self, conversation_id: str, operator: User) -> None:
        """Take a conversation out of the bot's hands; raises WrongTurn when the bot does not hold it."""
        async with self._store.begin() as work:
            now = await work.conversations.get(conversation_id, lock=True)
            if now.holder is not Holder.BOT or now.blocked_at is not None:
                raise WrongTurn("the bot does not hold this conversation any more")
            request = HandoffRequest(reason=Reason.TAKEN_OVER, severity=1, words="", within_minutes=0)
            await work.handoffs.open(conversation_id, request, message_id=None, due_at=None)
            await self._take(work, now, operator, "take_over")

    async def release(self, conversation_id: str, operator: User) -> None:
        """Put an own conversation back into the queue, for somebody else."""
        async with self._store.begin() as work:
            await self._own(work, conversation_id, operator)
            await work.conversations.pass_to(conversation_id, Holder.QUEUE)
            await work.audit.note(operator, "release", conversation_id)
            await work.changed(conversation_id)

    async def transfer(
        self, conversation_id: str, operator: User, *, to: User | None = None, team: Team | None = None, note: str = ""
    ) -> None:
        """Pass a conversation to a colleague, or to a team's queue, with a note that only colleagues see.

        An own one, or one that waits; who leads passes any that people hold. Raises WrongTurn when it is not theirs to pass.
        """
        if (to is None) == (team is None):
            raise ValueError("a transfer goes to one person or to one team")
        async with self._store.begin() as work:
            await work.users.must_be_allowed(operator, Permission.CHATS)
            now = await work.conversations.get(conversation_id, lock=True)
            own = now.holder is Holder.OPERATOR and (now.operator_id == operator.id or may(operator, Permission.DUTY))
            if not own and now.holder is not Holder.QUEUE:
                raise WrongTurn("this conversation is not yours to pass on")
            if note.strip():
                await work.notes.add(conversation_id, operator.id, note)
            whom: dict[str, Any] = {"to": to.id} if to else {"team": team.name if team else ""}
            if to is not None:
                if now.operator_id == to.id:
                    raise WrongTurn("they have it already")
                if now.holder is Holder.OPERATOR:
                    await work.conversations.pass_to(now.id, Holder.QUEUE)
                await self._take(work, now, to, "received")
            else:
                assert team is not None, "one of the two is given"
                if now.holder is Holder.OPERATOR:
                    await work.conversations.pass_to(now.id, Holder.QUEUE)
                    await self._say(work, now, Author.SYSTEM, self._notices.passed_on(self._notices.page(now)))
                await work.conversations.set(now.id, team_id=team.id)
                await work.changed(now.id)
            await work.audit.note(operator, "transfer", conversation_id, **whom)
            await work.defer(HANDED_OFF, lock=HANDED_OFF, conversation_id=conversation_id)
            log.info("handoff.transferred", conversation=conversation_id, operator=operator.id, **whom)

    async def give(self, work: Work, conversation: Conversation, operator: User, act: str) -> None:
        """Give a waiting conversation to somebody, in the caller's transaction and under its lock."""
        await self._take(work, conversation, operator, act)

    async def put_back(self, work: Work, conversation: Conversation, operator: User, act: str) -> None:
        """Put a conversation of somebody who does not answer back into the queue, and say so to the shopper."""
        await work.conversations.pass_to(conversation.id, Holder.QUEUE)
        await self._say(
            work, conversation, Author.SYSTEM, self._notices.back_in_queue(self._notices.page(conversation))
        )
        await work.audit.note(None, act, conversation.id, operator=operator.id)

    async def end_quietly(self, work: Work, conversation: Conversation, now: datetime) -> None:
        """Give the bot a conversation that nobody needs any more; the shopper is told where the channel still carries it."""
        await work.conversations.pass_to(conversation.id, Holder.BOT)
        await work.handoffs.close(conversation.id, TIMED_OUT)
        sender = self._senders.get(conversation.channel)
        if sender and sender.capabilities.can_reply(conversation, now):
            line = self._notices.returned_by_itself(self._notices.page(conversation))
            await self._say(work, conversation, Author.SYSTEM, line)
        await work.defer(TELL_RETURNED, lock=turn_lock(conversation.id), conversation_id=conversation.id)
        await work.audit.note(None, "timed_return", conversation.id, operator=conversation.operator_id)
        await work.changed(conversation.id)

    async def say(self, work: Work, conversation: Conversation, line: Reply) -> None:
        """Say a line of the gateway's own, in the caller's transaction."""
        await self._say(work, conversation, Author.SYSTEM, line)

    async def reply(
        self, conversation_id: str, operator: User, text: str, attachment: Attachment | None = None
    ) -> None:
        """Answer the shopper, with a file of the vault or without; raises WrongTurn when the conversation is not this operator's."""
        if not text.strip() and attachment is None:
            raise ValueError("an empty reply")
        async with self._store.begin() as work:
            now = await self._own(work, conversation_id, operator)
            await self._say(work, now, Author.OPERATOR, Reply(text.strip(), attachment=attachment), operator)
            await work.audit.note(operator, "reply", conversation_id)

    async def send_template(self, conversation_id: str, operator: User, template: Template, says: str) -> None:
        """Send an approved message in an own conversation; `says` is what stands in the transcript for it.

        Raises WrongTurn when the conversation is not this operator's.
        """
        async with self._store.begin() as work:
            now = await self._own(work, conversation_id, operator)
            if template.name == NUDGE:
                await work.conversations.set(conversation_id, nudged_at=datetime.now(UTC))
            await self._say(work, now, Author.OPERATOR, Reply(says, template=template), operator)
            await work.audit.note(operator, "template", conversation_id, template=template.name)

    async def resend(self, conversation_id: str, operator: User, message_id: int) -> None:
        """Send a failed reply of an own conversation again; raises WrongTurn when it did not fail or is on its way by now."""
        async with self._store.begin() as work:
            await self._own(work, conversation_id, operator)
            if not await work.messages.send_again(conversation_id, message_id):
                raise WrongTurn("this reply did not fail, or somebody sent it again")
            await work.defer(DELIVER, lock=delivery_lock(conversation_id), conversation_id=conversation_id)
            await work.audit.note(operator, "resend", conversation_id, message=message_id)
            await work.changed(conversation_id)

    async def edit(self, conversation_id: str, operator: User, message_id: int, text: str) -> None:
        """Give one's own message in an own conversation other words: in the outbox, or where the shopper has it already.

        Raises ValueError for no words or more than one message takes, WrongTurn where it may not be changed or is on its
        way at this moment, and DeliveryError where the channel did not change it.
        """
        text = text.strip()
        async with self._store.begin() as work:
            now = await self._own(work, conversation_id, operator)
            message, sender = await work.messages.get(message_id, lock=True), self._senders.get(now.channel)
            known = message is not None and message.conversation_id == conversation_id
            if message is None or sender is None or not known or not may_edit(message, operator, sender.capabilities):
                raise WrongTurn("this message is not to be changed, or not now")
            if not text or len(fit(Reply(text), sender.capabilities)) > 1:
                raise ValueError("no words, or more than one message takes")
            if text == message.text:
                return
            if message.provider_id is None:
                await self._reworded(work, conversation_id, operator, message_id, text)
                return
        # Asked for again after a crash at this point, the channel has these words already, and they are noted then.
        await sender.edit(now.address, message.provider_id, Reply(text))
        async with self._store.begin() as work:
            await self._reworded(work, conversation_id, operator, message_id, text)

    async def _reworded(self, work: Work, conversation_id: str, operator: User, message_id: int, text: str) -> None:
        await work.messages.reword_reply(message_id, text)
        await work.audit.note(operator, "edit", conversation_id, message=message_id)
        await work.changed(conversation_id)

    async def return_to_bot(self, conversation_id: str, operator: User, line: str = "") -> None:
        """Give an own conversation back to the bot, with a last line or without, tell the shopper so, and tell Rasa."""
        async with self._store.begin() as work:
            now = await self._own(work, conversation_id, operator)
            await self._part(work, now, operator, line)
            await self._hand_back(work, now, Outcome.RETURNED)
            await work.audit.note(operator, "return_to_bot", conversation_id)
            log.info("handoff.returned", conversation=conversation_id)

    async def resolve(
        self, conversation_id: str, operator: User, outcome: Outcome, because: str = "", line: str = ""
    ) -> None:
        """End the handoff of an own conversation as `outcome`, which gives it back to the bot. Spam gets no word of it.

        Raises ValueError for an outcome that is not an operator's to choose.
        """
        if outcome not in RESOLVED:
            raise ValueError(f"a chat is not resolved as {outcome}")
        async with self._store.begin() as work:
            now = await self._own(work, conversation_id, operator)
            await self._part(work, now, operator, line)
            await self._hand_back(work, now, outcome, because, tell=outcome is not Outcome.SPAM)
            await work.audit.note(operator, "resolve", conversation_id, outcome=outcome.value)
            log.info("handoff.resolved", conversation=conversation_id, outcome=outcome)

    async def reopen(self, conversation_id: str, operator: User) -> None:
        """Take a conversation again that people had given back: its last handoff goes on.

        Raises WrongTurn when the bot does not hold it, or people never did.
        """
        async with self._store.begin() as work:
            now = await work.conversations.get(conversation_id, lock=True)
            last = next(iter(await work.handoffs.of(conversation_id)), None)
            if now.holder is not Holder.BOT or last is None or last.closed_at is None or now.blocked_at is not None:
                raise WrongTurn("there is nothing to take again here")
            await work.handoffs.reopen(last.id)
            await work.conversations.set(conversation_id, severity=last.severity)
            await self._take(work, now, operator, "reopen")

    async def snooze(self, conversation_id: str, operator: User, until: datetime) -> None:
        """Ask nobody for anything in an own conversation until then, or until the shopper writes; a past time wakes it.

        The clocks of its targets stand still meanwhile.
        """
        async with self._store.begin() as work:
            chat, now = await self._own(work, conversation_id, operator), datetime.now(UTC)
            later = until > now
            await work.conversations.set(conversation_id, snoozed_until=until if later else None)
            await work.targets.postpone(conversation_id, max(until, now) - max(chat.snoozed_until or now, now))
            note = {"until": until.isoformat()} if later else {}
            await work.audit.note(operator, "snooze" if later else "wake", conversation_id, **note)
            await work.changed(conversation_id)

    async def block(self, conversation_id: str, operator: User, because: str = "") -> None:
        """Stop answering the shopper of an own conversation, and tell them so once; what they write is kept unanswered."""
        async with self._store.begin() as work:
            now = await self._own(work, conversation_id, operator)
            if self._reaches(now):
                await self._say(work, now, Author.SYSTEM, self._notices.blocked(self._notices.page(now)))
            await self._hand_back(work, now, Outcome.BLOCKED, because, tell=False)
            await work.conversations.set(conversation_id, blocked_at=datetime.now(UTC))
            await work.audit.note(operator, "block", conversation_id)
            log.info("conversation.blocked", conversation=conversation_id, operator=operator.id)

    async def unblock(self, conversation_id: str, operator: User) -> None:
        """Answer a shopper again from their next message on; raises WrongTurn when they are not blocked."""
        async with self._store.begin() as work:
            await work.users.must_be_allowed(operator, Permission.CHATS)
            now = await work.conversations.get(conversation_id, lock=True)
            if now.blocked_at is None:
                raise WrongTurn("this shopper is not blocked")
            await work.conversations.set(conversation_id, blocked_at=None)
            await work.audit.note(operator, "unblock", conversation_id)
            await work.changed(conversation_id)
            log.info("conversation.unblocked", conversation=conversation_id, operator=operator.id)

    async def follow(self, conversation_id: str, operator: User, *, on: bool) -> None:
        """Let an operator hear of a conversation that somebody else holds, or no more; the shopper notices nothing."""
        async with self._store.begin() as work:
            await work.users.must_be_allowed(operator, Permission.CHATS)
            await work.conversations.get(conversation_id)
            await work.queue.follow(operator.id, conversation_id, on=on)
            await work.audit.note(operator, "follow" if on else "unfollow", conversation_id)
            await work.changed(conversation_id)

    async def move_promise(
        self,
        conversation_id: str,
        operator: User,
        code: str,
        move: PromiseMove,
        reason: WithdrawReason | None = None,
    ) -> Promise:
        """Keep, withdraw, approve or decline a promise to the shopper of an own conversation, wherever it was made.

        Raises WrongTurn when the conversation is not this operator's or the promise is in another state by now,
        and NotAllowed when it is another shopper's.
        """
        if takes_back(move) and reason is None:
            raise ValueError(f"to {move.value} a promise needs a reason")
        async with self._store.begin() as work:
            now = await self._own(work, conversation_id, operator)
            if not await _concerns(work, await work.promises.get(code), now):
                raise NotAllowed("this promise was made to another shopper")
            promise = await work.promises.move(code, move)
            why = {"reason": reason.value} if reason and takes_back(move) else {}
            await work.audit.note(operator, f"promise_{move.value}", conversation_id, promise=code, **why)
            for touched in {conversation_id, promise.conversation_id}:
                await work.changed(touched)
            log.info("promise.moved", promise=promise.id, state=promise.state, operator=operator.id)
        return promise

    async def _part(self, work: Work, now: Conversation, operator: User, line: str) -> None:
        """Say an operator's last line, if there is one."""
        if line.strip():
            await self._say(work, now, Author.OPERATOR, Reply(line.strip()), operator)

    async def _hand_back(
        self, work: Work, now: Conversation, outcome: Outcome, because: str = "", *, tell: bool = True
    ) -> None:
        """Give a conversation to the bot. The shopper is told where the channel carries it now: a late word helps nobody."""
        await work.conversations.pass_to(now.id, Holder.BOT)
        await work.handoffs.close(now.id, outcome.value, because.strip()[:MAX_BECAUSE])
        if tell and self._reaches(now):
            await self._say(work, now, Author.SYSTEM, self._notices.returned_to_bot(self._notices.page(now)))
        # Behind the turn lock: the shopper's next message comes to Rasa after this news.
        await work.defer(TELL_RETURNED, lock=turn_lock(now.id), conversation_id=now.id)
        await work.changed(now.id)

    def _reaches(self, conversation: Conversation) -> bool:
        sender = self._senders.get(conversation.channel)
        return sender is None or sender.capabilities.can_reply(conversation, datetime.now(UTC))

    async def _take(self, work: Work, now: Conversation, operator: User, act: str) -> None:
        await work.users.must_be_allowed(operator, Permission.CHATS)
        await work.conversations.pass_to(now.id, Holder.OPERATOR, operator_id=operator.id)
        await work.handoffs.claimed(now.id, operator.id)
        joined = self._notices.operator_joined(self._notices.page(now), operator.display_name)
        await self._say(work, now, Author.SYSTEM, joined)
        await work.audit.note(operator, act, now.id)
        log.info("handoff.claimed", conversation=now.id, operator=operator.id)

    async def _own(self, work: Work, conversation_id: str, operator: User) -> Conversation:
        await work.users.must_be_allowed(operator, Permission.CHATS)
        now = await work.conversations.get(conversation_id, lock=True)
        if now.holder is not Holder.OPERATOR or now.operator_id != operator.id:
            raise WrongTurn("this conversation is not yours")
        return now

    async def _say(
        self, work: Work, conversation: Conversation, author: Author, reply: Reply, operator: User | None = None
    ) -> None:
        sender = self._senders.get(conversation.channel)
        pieces = fit(reply, sender.capabilities) if sender else [reply]
        await work.messages.add_replies(
            conversation.id, conversation.channel, author, pieces, operator_id=operator.id if operator else None
        )
        await work.defer(DELIVER, lock=delivery_lock(conversation.id), conversation_id=conversation.id)
        await work.changed(conversation.id)


def may_edit(message: Message, user: User, capabilities: Capabilities) -> bool:
    """True for one's own words that wait to be sent or are with the shopper, in a channel that can change them."""
    own = message.author is Author.OPERATOR and message.operator_id == user.id and message.kind is Kind.TEXT
    there = message.delivery in _THERE and message.provider_id is not None
    return capabilities.edits and own and (there or message.delivery in _NOT_YET)


async def _concerns(work: Work, promise: Promise, conversation: Conversation) -> bool:
    """True when a promise was made in this conversation, or about an order this shopper has proven to be theirs."""
    if promise.conversation_id == conversation.id:
        return True
    order = await work.orders.find(promise.order_number)
    phones, emails = phones_and_emails(await work.proofs.of(conversation.id))
    return order is not None and order.belongs_to(phones=phones, emails=emails)
