"""Write first: look what there may be to say, decide again under a lock, and put it into the outbox in the same commit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from actions.policy import Policy
from bot.channels.fit import fit
from bot.channels.ports import Capabilities, Sender
from bot.domain.messages import LATE_ORDER, Author, Reply
from bot.domain.order import Order
from bot.domain.outreach import OutreachKind, lateness
from bot.domain.people import Conversation, Handoff
from bot.domain.promise import MAKES_WHOLE, Promise, PromiseKind
from bot.handoff.notices import Notices
from bot.outreach.deciding import Verdict, ask_for_score, is_quiet, tell_first, where_to_tell, why_skipped
from bot.outreach.wording import Wording
from bot.store.unit_of_work import Store, Work
from bot.turns.jobs import DELIVER, delivery_lock

log = structlog.get_logger()

# What was missed while no worker ran is made up for so long; afterwards it would only surprise.
_SCORE_REACH: Final = timedelta(days=1)
_FOLLOW_UP_REACH: Final = timedelta(days=7)
_LIKELIHOOD_REACH: Final = timedelta(days=7)

type Words = Callable[[str, int], Reply]
"""Makes the message on a page of the book, for the outreach with an id."""


class OutreachWriter:
    """Writes whatever is due. Any number may do so at once: the row that records it can be there only once."""

    def __init__(
        self,
        store: Store,
        senders: Mapping[str, Sender],
        notices: Notices,
        wording: Wording,
        policy: Callable[[], Policy],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._senders = senders
        self._notices = notices
        self._wording = wording
        self._policy = policy
        self._now = now

    async def write(self) -> None:
        """Write everything that is due now."""
        policy = self._policy()
        now = self._now().astimezone(policy.hours.zone)
        rules = policy.outreach
        quiet = is_quiet(rules.quiet_hours, policy.hours.zone, now)
        if rules.csat.on:
            await self._scores(policy, now)
        if rules.late_orders.on and not quiet:
            await self._late_orders(policy, now)
        if rules.follow_up.on and not quiet:
            await self._follow_ups(policy, now)
        if rules.nps.on and not quiet:
            await self._likelihoods(policy, now)

    async def _scores(self, policy: Policy, now: datetime) -> None:
        async with self._store.begin() as work:
            handoffs = await work.outreach.returned_handoffs(now - _SCORE_REACH, now - policy.outreach.csat.after)
        for handoff in handoffs:
            await self._alone(partial(self._score, handoff=handoff, policy=policy, now=now))

    async def _alone(self, act: Callable[[Work], Awaitable[None]]) -> None:
        """Do one thing in a transaction of its own: what breaks there keeps nobody else from being written to."""
        try:
            async with self._store.begin() as work:
                await act(work)
        except Exception as exc:  # noqa: BLE001  it is tried again a minute later; the others must not wait for it
            log.error("outreach.failed", problem=type(exc).__name__)  # noqa: TRY400  a traceback may quote the shopper

    async def _score(self, work: Work, handoff: Handoff, policy: Policy, now: datetime) -> None:
        conversation = await work.conversations.get(handoff.conversation_id, lock=True)
        earlier = await work.outreach.of(conversation.id)
        verdict = ask_for_score(
            handoff, conversation, earlier, self._capabilities(conversation), policy.outreach.csat, now
        )
        await self._put(
            work, conversation, verdict, OutreachKind.CSAT, str(handoff.id), self._wording.ask_for_score, now
        )

    async def _likelihoods(self, policy: Policy, now: datetime) -> None:
        rule = policy.outreach.nps
        until = now - rule.after
        async with self._store.begin() as work:
            handoffs = await work.outreach.settled_handoffs(
                until - _LIKELIHOOD_REACH, until, asked_before=now - rule.pause
            )
        for handoff in handoffs:
            await self._alone(partial(self._likelihood, handoff=handoff, policy=policy, now=now))

    async def _likelihood(self, work: Work, handoff: Handoff, policy: Policy, now: datetime) -> None:
        conversation = await work.conversations.get(handoff.conversation_id, lock=True)
        # Looked at again now that nobody else is at it: of two conversations of one shopper, one is asked.
        since = now - policy.outreach.nps.pause
        closed = handoff.closed_at
        assert closed is not None, "only what was returned is asked about"
        if handoff.id not in [h.id for h in await work.outreach.settled_handoffs(closed, closed, asked_before=since)]:
            return
        verdict = tell_first(conversation, self._capabilities(conversation), now)
        words = self._wording.ask_for_likelihood
        await self._put(work, conversation, verdict, OutreachKind.NPS, str(handoff.id), words, now)

    async def _late_orders(self, policy: Policy, now: datetime) -> None:
        rules = policy.outreach.late_orders
        # A day more than allowed at either end: `days_late` counts by the calendar, and decides.
        since, until = now - timedelta(days=rules.up_to_days + 1), now - timedelta(days=rules.from_days - 1)
        async with self._store.begin() as work:
            found = await work.outreach.late_orders(since, until)
        for order, conversation_ids in found:
            if rules.from_days <= order.days_late(now) <= rules.up_to_days:
                about = partial(self._late_order, order=order, conversation_ids=conversation_ids)
                await self._alone(partial(about, policy=policy, now=now))

    async def _late_order(
        self, work: Work, order: Order, conversation_ids: Sequence[str], policy: Policy, now: datetime
    ) -> None:
        told = now - timedelta(days=policy.outreach.late_orders.not_told_for_days)
        if await work.outreach.told_since(conversation_ids, order.number, told):
            return
        # Who was promised a new parcel or the money no longer waits for the old one; nor does who cancels.
        if any(made.kind in MAKES_WHOLE | {PromiseKind.CANCEL} for made in await work.promises.of_order(order.number)):
            return
        # locked in the same order by everybody, so that nobody waits for somebody who waits for them
        locked = {key: await work.conversations.get(key, lock=True) for key in sorted(conversation_ids)}
        conversations = [locked[key] for key in conversation_ids]
        verdicts = [
            tell_first(each, self._capabilities(each), now, (LATE_ORDER, self._language(each)))
            for each in conversations
        ]
        if chosen := where_to_tell(conversations, verdicts):
            conversation, verdict = chosen
            capabilities = self._capabilities(conversation)

            def words(page: str, outreach_id: int) -> Reply:
                if capabilities is not None and capabilities.can_reply(conversation, now):
                    return self._wording.late_order(page, outreach_id, order, now)
                # As it was approved: in the language, whichever characters they write.
                return self._wording.late_order_by_template(self._language(conversation), order, now)

            await self._put(work, conversation, verdict, OutreachKind.LATE_ORDER, lateness(order), words, now)

    async def _follow_ups(self, policy: Policy, now: datetime) -> None:
        async with self._store.begin() as work:
            found = await work.outreach.promises_done(policy.outreach.follow_up.after, now, reach=_FOLLOW_UP_REACH)
        for promise in found:
            await self._alone(partial(self._follow_up, promise=promise, now=now))

    async def _follow_up(self, work: Work, promise: Promise, now: datetime) -> None:
        conversation = await work.conversations.get(promise.conversation_id, lock=True)
        verdict = tell_first(conversation, self._capabilities(conversation), now)

        def words(page: str, outreach_id: int) -> Reply:
            return self._wording.follow_up(page, outreach_id, promise)

        await self._put(work, conversation, verdict, OutreachKind.FOLLOW_UP, promise.code, words, now)

    async def _put(
        self,
        work: Work,
        conversation: Conversation,
        verdict: Verdict,
        kind: OutreachKind,
        about: str,
        words: Words,
        now: datetime,
    ) -> None:
        if verdict is Verdict.WAIT:
            return
        skipped = why_skipped(conversation, self._capabilities(conversation)) if verdict is Verdict.SKIP else None
        outreach_id = await work.outreach.add(conversation.id, kind, about, now, skipped=skipped)
        if outreach_id is None:  # somebody was quicker
            return
        log.info("outreach.skipped" if skipped else "outreach.written", conversation=conversation.id, kind=kind)
        if skipped:
            return
        reply = words(self._notices.page(conversation), outreach_id)
        capabilities = self._capabilities(conversation)
        assert capabilities is not None, "what no channel carries is skipped"
        # Signed by the bot: where an operator takes the chat before it is out, it is withdrawn.
        ids = await work.messages.add_replies(
            conversation.id, conversation.channel, Author.BOT, fit(reply, capabilities)
        )
        await work.outreach.sent_as(outreach_id, ids[-1])
        await work.defer(DELIVER, lock=delivery_lock(conversation.id), conversation_id=conversation.id)
        await work.changed(conversation.id)

    def _language(self, conversation: Conversation) -> str:
        return self._notices.language(conversation.language)

    def _capabilities(self, conversation: Conversation) -> Capabilities | None:
        sender = self._senders.get(conversation.channel)
        return sender.capabilities if sender else None
