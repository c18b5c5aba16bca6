"""A day of chance: messages, edits, repeats, colleagues, lost answers, and workers that are killed anywhere."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.messages import Author, Delivery, Edit, InboundMessage, Kind, Media, Reply
from bot.domain.people import Message, User
from bot.errors import DeliveryError, RateLimited, WrongTurn
from bot.store.unit_of_work import Store
from bot.turns.assistant import Answer, Question
from bot.turns.jobs import job_app
from bot.turns.prompt import Sending
from bot.turns.turn import Turn
from tests.conftest import database_of, fresh_database
from tests.dialogue.conftest import CHANNEL, Dialogue
from tests.doubles.assistant import an_answer

STEPS: Final = 40
ADDRESS: Final = "anna"


class Killed(BaseException):
    """The process died here; what was committed stays, and the job is done again by somebody else."""


class Day:
    """One shopper, one operator and a worker, whose steps and accidents a seed decides."""

    def __init__(self, dialogue: Dialogue, ana: User, seed: int) -> None:
        self.dialogue, self.ana, self.chance = dialogue, ana, random.Random(seed)
        self.versions: dict[str, list[str]] = {}
        self.sent: list[InboundMessage] = []
        self.calm = False
        self.handed_over = 0
        self._endanger()

    def maybe(self, share: float) -> bool:
        return not self.calm and self.chance.random() < share

    def _endanger(self) -> None:
        """Let the process die before or after the assistant answers, a turn is recorded, a reply is handed over."""
        dialogue, record, send = self.dialogue, self.dialogue.pipeline._record, self.dialogue.sender.send

        def answer(question: Question) -> Answer:
            if self.maybe(0.15):
                raise Killed
            return an_answer(f"echo {question.message_id}")

        async def recorded(turn: Turn, worker: int | None) -> Sending | None:
            sending = await record(turn, worker)
            if self.maybe(0.15):
                raise Killed
            return sending

        async def handed(address: str, reply: Reply) -> str:
            if self.maybe(0.1):
                raise RateLimited("slow", retry_after=0) if self.maybe(0.5) else DeliveryError("502")
            provider_id = await send(address, reply)
            self.handed_over += 1
            if self.maybe(0.15):
                raise Killed if self.maybe(0.5) else DeliveryError("the answer was lost", uncertain=True)
            return provider_id

        dialogue.assistant.reply = answer
        dialogue.pipeline._record = recorded  # type: ignore[method-assign]
        dialogue.sender.send = handed  # type: ignore[method-assign]

    async def writes(self) -> None:
        number = len(self.versions) + 1
        kind, media = Kind.TEXT, ()
        if self.maybe(0.2):
            kind, media = Kind.PHOTO, (Media(f"ref{number}", f"same{number}"),)
        message = InboundMessage(CHANNEL, f"m{number}", ADDRESS, f"words of {number}.", kind=kind, media=media)
        self.versions[message.external_id] = [message.text]
        self.sent.append(message)
        await self.dialogue.inbox.receive(message)

    async def comes_again(self) -> None:
        if self.sent:
            await self.dialogue.inbox.receive(self.chance.choice(self.sent))

    async def edits(self) -> None:
        if self.versions:
            key = self.chance.choice(list(self.versions))
            text = f"{self.versions[key][0]} v{len(self.versions[key])}."
            self.versions[key].append(text)
            await self.dialogue.inbox.edited(Edit(CHANNEL, key, text))

    async def works(self) -> None:
        """Do a job, and let it die; nobody else does it meanwhile, for its lock is held until it is done again."""
        conversation = await self.dialogue.conversation()
        pipeline, outbox = self.dialogue.pipeline, self.dialogue.outbox
        jobs: tuple[Callable[[], Awaitable[None]], ...] = (
            lambda: pipeline.drain(conversation.id, last_try=False),
            lambda: outbox.deliver(conversation.id),
        )
        for job in jobs:
            try:
                await job()
            except (Killed, DeliveryError):
                return

    async def takes(self) -> None:
        try:
            await self.dialogue.desk.take_over((await self.dialogue.conversation()).id, self.ana)
        except WrongTurn:
            return

    async def gives_back(self) -> None:
        try:
            await self.dialogue.desk.return_to_bot((await self.dialogue.conversation()).id, self.ana)
        except WrongTurn:
            return

    async def passes(self) -> None:
        steps = (self.writes, self.comes_again, self.edits, self.works, self.takes, self.gives_back)
        await self.writes()
        for _ in range(STEPS):
            (step,) = self.chance.choices(steps, weights=(5, 2, 3, 8, 1, 2))
            await step()
        self.calm = True
        await self.gives_back()
        for _ in range(3):
            await self.works()


def in_order(numbers: list[int]) -> bool:
    return numbers == sorted(numbers)


async def check(day: Day) -> None:
    """Nothing is lost, nothing is said twice, and everything is in its order."""
    async with day.dialogue.store.begin() as work:
        transcript = await work.messages.transcript((await day.dialogue.conversation()).id, limit=1000)
    theirs = [message for message in transcript if message.author is Author.SHOPPER]
    ours = [message for message in transcript if message.author is Author.BOT]

    assert [message.external_id for message in theirs] == list(day.versions), (
        "each once, in the order in which they came"
    )
    assert all(message.handled_at for message in theirs)
    assert [message.text for message in theirs] == [said[-1] for said in day.versions.values()]
    assert all(
        message.delivery in {Delivery.SENT, Delivery.WITHDRAWN} for message in transcript if message not in theirs
    )
    turns = Counter(message.in_reply_to for message in ours)
    assert max(turns.values(), default=1) == 1, "a turn is answered once"
    assert in_order([message.in_reply_to or 0 for message in ours])
    arrived = [reply.text for reply in day.dialogue.sender.sent]
    assert max(Counter(arrived_by_bot(arrived)).values(), default=1) == 1, "nobody reads a reply twice"
    assert len(arrived) == len([message for message in transcript if message.delivery is Delivery.SENT])
    read_with(day, theirs)


def arrived_by_bot(arrived: list[str]) -> list[str]:
    return [text for text in arrived if text.startswith("echo ")]


def read_with(day: Day, theirs: list[Message]) -> None:
    """What the assistant read was said so at some time; a turn that is tried again is not asked about anything new."""
    by_id = {str(message.id): message for message in theirs}
    versions = {text for said in day.versions.values() for text in said}
    for question in day.dialogue.assistant.asked:
        assert question.message_id in by_id
        assert set(question.text.split("\n")) <= versions


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(seed=st.integers(0, 2**32))
async def test_whatever_happens_each_message_is_answered_once_and_in_order(
    server_dsn: str, template: str, seed: int
) -> None:
    with fresh_database(server_dsn, template=database_of(template)) as dsn:
        jobs = job_app(dsn)
        async with jobs.open_async():
            store = Store(dsn, jobs=jobs, pool_size=5)
            dialogue = Dialogue(store)
            day = Day(dialogue, await dialogue.operator("Ana"), seed)
            await day.passes()
            await check(day)
            await store.close()
