"""A whole conversation without processes: the real store, pipeline, outbox and desk around a scripted assistant."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from procrastinate import App

from bot.channels.ports import Capabilities
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.messages import InboundMessage, Kind, Reply, Template
from bot.domain.people import Conversation, Handoff, Message, Role, User
from bot.errors import DeliveryError
from bot.handoff.alerts import Alerts
from bot.handoff.assignment import Assignment
from bot.handoff.correcting import Corrector
from bot.handoff.desk import Desk
from bot.handoff.notices import Notices
from bot.handoff.sla import Sla
from bot.handoff.watch import Watch
from bot.handoff.windows import ClosingWindows
from bot.metrics import Metrics
from bot.outreach.answering import HearAnswer
from bot.outreach.wording import Wording
from bot.outreach.writing import OutreachWriter
from bot.store.unit_of_work import Store
from bot.turns.commands import ObeyCommand
from bot.turns.delivery import Outbox
from bot.turns.inbox import Inbox
from bot.turns.pipeline import Pipeline
from bot.turns.prompt import PromptDelivery
from bot.turns.reactions import SeeReaction
from bot.turns.stages import AskAssistant, FitToChannel, LeaveBlocked, PassToOperator, TakeFiles
from tests.doubles.assistant import ScriptedAssistant
from tests.doubles.shipped import the_book, the_policy, the_texts

CHANNEL = "test"


@dataclass
class RecordingSender:
    """Keeps what was sent; `failing` is raised, once for each entry, instead of sending.

    `lost` counts the next replies that arrive and whose answer does not; `asked` says whether it can be asked for those.
    """

    capabilities: ClassVar = Capabilities(
        max_text=200, max_buttons=0, max_button_title=20, reply_window=timedelta(hours=24), edits=True, reports=True
    )
    sent: list[Reply] = field(default_factory=list)
    failing: list[Exception] = field(default_factory=list)
    edited: list[tuple[str, str]] = field(default_factory=list)
    lost: int = 0
    can_be_asked: bool = True
    templates: list[Template] = field(default_factory=list)
    typed: list[str | None] = field(default_factory=list)

    async def send(self, address: str, reply: Reply) -> str:
        if self.failing:
            raise self.failing.pop(0)
        self.sent.append(reply)
        if self.lost:
            self.lost -= 1
            raise DeliveryError("the answer was lost", uncertain=True)
        return f"provider-{len(self.sent)}"

    async def edit(self, address: str, provider_id: str, reply: Reply) -> None:
        if self.failing:
            raise self.failing.pop(0)
        self.edited.append((provider_id, reply.text))

    async def find(self, address: str, reply: Reply, since: datetime, known: Collection[str] = ()) -> str | None:
        if not self.can_be_asked:
            return None
        ids = [f"provider-{number}" for number, sent in enumerate(self.sent, 1) if sent == reply]
        return next((name for name in ids if name not in known), None)

    async def template(self, address: str, template: Template) -> str:
        if self.failing:
            raise self.failing.pop(0)
        self.templates.append(template)
        return f"template-{len(self.templates)}"

    async def typing(self, address: str, answered: str | None = None) -> None:
        self.typed.append(answered)


class Dialogue:
    """One shopper, one scripted assistant, any number of operators. With `jobs`, a worker sends what it answers itself."""

    def __init__(self, store: Store, *, burst_window: float = 0, jobs: App | None = None) -> None:
        self.store = store
        self.assistant = ScriptedAssistant()
        self.sender = RecordingSender()
        senders = {CHANNEL: self.sender}
        book = the_book()
        self.notices = Notices(book, "en")
        self.policy = the_policy()
        self.now: datetime | None = None
        self.passed = timedelta(0)
        ask = AskAssistant(self.assistant, senders, self.notices, lambda: HandoffRequest(Reason.ERROR, 3, "", 15))
        fit, wording, policy = FitToChannel(senders), Wording(book), lambda: self.policy
        answers = HearAnswer(store, wording, policy, fit, self.clock)
        obey = ObeyCommand(store, self.notices, fit, policy, self.clock)
        react = SeeReaction(store, self.assistant, self.notices, fit, self.clock)
        files = TakeFiles(store, self.notices, self.clock)
        stages = [LeaveBlocked(), answers, obey, react, PassToOperator(self.assistant), files, ask, fit]
        self.quiet_until: datetime | None = None
        self.outbox = Outbox(
            store, senders, Metrics(), quiet_until=lambda _: self.quiet_until, clock=self.running_clock
        )
        self.at_hand: set[int] = set()
        self.pipeline = Pipeline(
            store,
            stages,
            self.notices,
            Metrics(),
            when_broken=ask.give_up,
            prompt=PromptDelivery(self.outbox, jobs, self.at_hand) if jobs is not None else None,
            burst_window=timedelta(seconds=burst_window),
            clock=self.running_clock,
        )
        self.inbox = Inbox(store)
        self.desk = Desk(store, senders, self.notices)
        self.corrector = Corrector(store, policy)
        self.assignment = Assignment(store, self.desk, policy, self.clock)
        self.sla = Sla(store, policy, self.clock)
        self.alerts = Alerts(
            store, senders, (), the_texts().words,
            default_language="en", console="https://shop.example", now=self.clock,
        )  # fmt: skip
        self.watch = Watch(store, self.desk, self.notices, self.alerts, self.assignment, self.sla, policy, self.clock)
        self.windows = ClosingWindows(store, senders, self.desk, self.notices, self.alerts, policy, self.clock)
        self.writer = OutreachWriter(store, senders, self.notices, wording, policy, self.clock)
        self._ids = itertools.count(1)

    def clock(self) -> datetime:
        """The time it is for what looks at a clock: `now`, where a test stops it."""
        return self.now or datetime.now(UTC)

    def running_clock(self) -> datetime:
        """The time it is for what compares with rows that are written now: `passed` later than it really is."""
        return datetime.now(UTC) + self.passed

    async def shopper_writes(self, text: str, *, kind: Kind = Kind.TEXT, **other: str) -> None:
        """Store a message; nobody answers it yet."""
        message = InboundMessage(CHANNEL, f"m{next(self._ids)}", "anna", text, kind=kind, **other)
        await self.inbox.receive(message)

    async def shopper_says(self, text: str, *, kind: Kind = Kind.TEXT, **other: str) -> list[str]:
        """Write, let the bot work, and return what reached the shopper because of it."""
        await self.shopper_writes(text, kind=kind, **other)
        return await self.work()

    async def work(self, *, last_try: bool = False) -> list[str]:
        """Do what the jobs would do, and return what reached the shopper."""
        before = len(self.sender.sent)
        conversation = await self.conversation()
        await self.pipeline.drain(conversation.id, last_try=last_try)
        await self.outbox.deliver(conversation.id)
        return [reply.text for reply in self.sender.sent[before:]]

    async def operator(self, name: str) -> User:
        """Somebody who may log in."""
        async with self.store.begin() as work:
            return await work.users.add(name.lower(), "a long password", Role.OPERATOR, name)

    async def conversation(self) -> Conversation:
        async with self.store.begin() as work:
            found = await work.conversations.known(CHANNEL, "anna")
        assert found is not None, "somebody wrote"
        return found

    async def transcript(self) -> list[Message]:
        async with self.store.begin() as work:
            return await work.messages.transcript((await self.conversation()).id)

    async def handoffs(self) -> list[Handoff]:
        async with self.store.begin() as work:
            return await work.handoffs.of((await self.conversation()).id)


@pytest.fixture
def dialogue(store: Store) -> Dialogue:
    return Dialogue(store)
