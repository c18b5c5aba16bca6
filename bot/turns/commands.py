"""The stage that obeys a shopper's commands: those the assistant knows nothing of are answered here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import structlog

from actions.facts import day
from actions.hours import minutes_until_open
from actions.policy import Policy
from bot.channels.fit import choose
from bot.domain.command import ANSWERED, YES, Asked, Command, asked_in
from bot.domain.conversation import Holder
from bot.domain.messages import Author, Reply
from bot.domain.promise import Limits, NewPromise, OrderProblem, PromiseKind
from bot.handoff.alerts import asks_to_link
from bot.handoff.notices import Notices
from bot.store.unit_of_work import Store
from bot.turns.stages import Stage
from bot.turns.turn import Turn

log = structlog.get_logger()

_WISHES: Final = frozenset({Command.WAIT, Command.CALLBACK, Command.LATER})
# What a command says to the assistant while it holds the conversation.
_SAYS: Final = {Command.HUMAN: "/ask_human", Command.STATUS: "/ask_order_status", Command.FORGET: "/delete_my_data"}
_ORDER: Final = re.compile(r"order_([A-Za-z0-9-]{1,32})")


class ObeyCommand:
    """Answers commands, or puts them as what the assistant understands; people who hold the chat see them in any case."""

    def __init__(
        self,
        store: Store,
        notices: Notices,
        fit: Stage,
        policy: Callable[[], Policy],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._notices = notices
        self._fit = fit
        self._policy = policy
        self._now = now

    async def __call__(self, turn: Turn) -> Turn:
        """Finish the turn where the gateway itself answers."""
        # Where buttons are numbers, `1` may be a command.
        chosen = choose(turn.message.text, turn.offered)
        asked = asked_in(turn.message.payload or (chosen.payload if chosen else None))
        if asked is None:
            return turn
        if asked.command is Command.LANGUAGE and asked.argument not in self._notices.languages:
            asked = Asked(Command.LANGUAGE)  # not one of ours: offer those
        if asked.command is Command.START and (token := asks_to_link(asked.argument)):
            return await self._fit(
                replace(turn, replies=(await self._link(turn, token),), author=Author.SYSTEM, finished=True)
            )
        if turn.with_bot and (payload := _for_assistant(asked)):
            return replace(turn, message=replace(turn.message, payload=payload))
        if asked == Asked(Command.STOP, ANSWERED):
            return replace(turn, author=Author.SYSTEM, obeyed=asked, finished=True)
        reply = await self._reply(turn, asked)
        if reply is None:
            return turn
        language = turn.language if asked.command is not Command.LANGUAGE else asked.argument or turn.language
        if asked.command is Command.FORGET and not turn.with_bot:
            asked = Asked(Command.FORGET)
        # The lines are true whoever holds the chat, so nobody's coming or going withdraws them.
        answered = replace(turn, replies=(reply,), author=Author.SYSTEM, obeyed=asked, language=language, finished=True)
        return await self._fit(answered)

    async def _reply(self, turn: Turn, asked: Asked) -> Reply | None:
        """Return the gateway's answer; None where there is nothing to say."""
        notices, holder = self._notices, turn.conversation.holder
        if asked.command is Command.LANGUAGE and asked.argument is not None:
            return notices.language_set(replace(turn, language=asked.argument).page)
        if asked.command in _WISHES:
            return await self._wish(turn, asked.command) if holder is Holder.QUEUE else None
        if asked.command is Command.HUMAN:
            return await self._place(turn) if holder is Holder.QUEUE else None
        lines = {
            Command.LANGUAGE: notices.which_language,
            Command.PRIVACY: notices.privacy,
            Command.STOP: notices.stopped,
            Command.RESUME: notices.resumed,
            # People who hold the chat must be done with it first.
            Command.FORGET: notices.forgotten if holder is Holder.BOT else notices.forget_with_people,
            Command.BOT: {
                Holder.BOT: notices.bot_is_here,
                Holder.QUEUE: notices.left_queue,
                Holder.OPERATOR: notices.operator_is_here,
            }[holder],
        }
        line = lines.get(asked.command)
        return line(turn.page) if line else None

    async def _place(self, turn: Turn) -> Reply:
        async with self._store.begin() as work:
            place = await work.conversations.place_in_queue(turn.conversation.id)
            handoffs = await work.handoffs.of(turn.conversation.id)
            on_duty = await work.duty.count(self._now(), self._policy().duty.offline_after)
        due = next((handoff.due_at for handoff in handoffs if handoff.closed_at is None), None)
        minutes = int((due - self._now()).total_seconds() // 60) + 1 if due else 0
        return self._notices.place_in_queue(
            turn.page,
            place=place,
            within_minutes=minutes if minutes > 0 else None,
            closed_minutes=minutes_until_open(self._policy().hours, self._now()),
            nobody=on_duty == 0,
        )

    async def _link(self, turn: Turn, token: str) -> Reply:
        """Make this chat the own one of a colleague who opened their link in it."""
        chat = f"{turn.conversation.channel} {turn.conversation.address}"
        async with self._store.begin() as work:
            linked = await work.alerts.link(token, chat, self._now())
        log.info("alerts.linked" if linked else "alerts.link_refused", user=linked)
        return self._notices.alerts_here(turn.page) if linked else self._notices.link_is_over(turn.page)

    async def _wish(self, turn: Turn, wish: Command) -> Reply:
        """Answer what a shopper chose when nobody came in time; a call is promised, so that somebody is reminded of it."""
        if wish is Command.WAIT:
            return self._notices.keeps_waiting(turn.page)
        if wish is Command.LATER:
            return self._notices.written_later(turn.page)
        now, callback = self._now(), self._policy().remedies.callback
        conversation_id = turn.conversation.id
        async with self._store.begin() as work:
            complaints = await work.complaints.since(conversation_id, turn.conversation.created_at)
            number = next((made.order_number for made in reversed(complaints) if made.order_number), None)
            promise = await work.promises.make(
                NewPromise(
                    conversation_id=conversation_id,
                    message_key=f"callback {turn.message.id}",
                    shopper_key=conversation_id,
                    # A call need not be about an order; without one it goes by its chat.
                    order_number=number or f"chat {conversation_id[:8]}",
                    kind=PromiseKind.CALLBACK,
                    problem=OrderProblem.REQUEST,
                    due_at=now + callback.due_in,
                ),
                Limits(),
                now,
            )
        if promise is None:  # a call about the same is promised already
            return self._notices.keeps_waiting(turn.page)
        return self._notices.callback_noted(turn.page, code=promise.code, due=day(promise.due_at, turn.page, now))


def _for_assistant(asked: Asked) -> str | None:
    """Return the payload by which the assistant understands a command, if it does."""
    if asked.command is Command.START:
        order = _ORDER.fullmatch(asked.argument or "")
        return f'/ask_order_status{{"order_number": "{order[1]}"}}' if order else "/greet"
    if asked == Asked(Command.FORGET, YES):
        return None  # the yes to what the assistant asked; Rasa is not needed for it
    return _SAYS.get(asked.command)
