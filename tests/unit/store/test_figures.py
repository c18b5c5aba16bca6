"""Figures on a real PostgreSQL: each counts what it says, opens the conversations it counts, and is quick."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
import pytest_asyncio

from bot.domain.figures import (
    ComplaintCounts,
    Day,
    DayOfFeelings,
    OutreachCount,
    Overview,
    Pick,
    PromiseCount,
    Scores,
    Selection,
    Spread,
    TargetCount,
    Yardstick,
)
from bot.store.tables import ComplaintRow, ConversationRow, HandoffRow, MessageRow, OutreachRow, PromiseRow, TargetRow
from bot.store.unit_of_work import Store
from tests.doubles.busy_shop import BusyShop

NOON: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
ATHENS: Final = "Europe/Athens"
# 20 and 21 November in Athens
SEL: Final = Selection(
    datetime(2026, 11, 19, 22, 0, tzinfo=UTC), datetime(2026, 11, 21, 22, 0, tzinfo=UTC), ATHENS
)  # fmt: skip
YARD: Final = Yardstick(
    {"anger": 0.5, "frustration": 0.5}, frozenset({"nlu_fallback"}), repeat_within=timedelta(hours=72)
)  # fmt: skip
SLOWEST: Final = 1.0  # seconds a query may take here; on a machine that does nothing else none takes 0.1


@dataclass
class Past:
    """What happened in conversations, at given times."""

    store: Store

    async def add(self, row: Any) -> Any:
        async with self.store.begin() as work:
            work.session.add(row)
            await work.session.flush()
            return row.id

    async def chat(self, *, channel: str = "web", language: str | None = "en") -> str:
        row = ConversationRow(channel=channel, address=uuid.uuid4().hex, language=language)
        return str(await self.add(row))

    async def says(
        self, chat: str, *, at: datetime = NOON, author: str = "shopper", emotion: str | None = None, sure: float = 0.9,
        intent: str = "greet", payload: str | None = None,
    ) -> int:  # fmt: skip
        reading = {"emotion": emotion, "confidence": sure, "intent": intent} if emotion else None
        row = MessageRow(
            conversation_id=uuid.UUID(chat), channel="web", author=author, text="x", created_at=at, reading=reading,
            payload=payload, delivery="received",
        )  # fmt: skip
        return int(await self.add(row))

    async def handoff(
        self, chat: str, *, reason: str = "anger", severity: int = 5, opened: datetime = NOON, due: float | None = None,
        reply: float | None = None, closed: float | None = None, outcome: str | None = "returned",
    ) -> int:  # fmt: skip
        """Open a handoff and return its id; `due`, `reply` and `closed` are minutes later."""
        if reply is not None:
            await self.says(chat, at=opened + reply * MINUTE, author="operator")
        row = HandoffRow(
                conversation_id=uuid.UUID(chat), reason=reason, severity=severity, words="", opened_at=opened,
                due_at=None if due is None else opened + due * MINUTE,
                closed_at=None if closed is None else opened + closed * MINUTE,
                outcome=None if closed is None else outcome,
        )  # fmt: skip
        return int(await self.add(row))

    async def picked(self, pick: Pick, value: str = "", sel: Selection = SEL) -> set[str]:
        async with self.store.begin() as work:
            return {chat.id for chat in await work.chats.of(sel, YARD, pick, value)}


@pytest.fixture
def past(store: Store) -> Past:
    return Past(store)


async def overview(past: Past, sel: Selection = SEL) -> Overview:
    async with past.store.begin() as work:
        return await work.figures.overview(sel, YARD)


async def test_nothing_written_gives_figures_of_nothing(store: Store) -> None:
    async with store.begin() as work:
        assert await work.figures.overview(SEL, YARD) == Overview()
        assert await work.figures.days(SEL) == []
        assert await work.figures.feelings(SEL, YARD) == []
        assert (await work.figures.handoffs(SEL)).total == 0
        assert (await work.figures.waits(SEL)).first_reply == Spread()
        assert (await work.figures.scores(SEL)).mean is None
        assert await work.figures.complaints(SEL, YARD) == ComplaintCounts(0, 0, 0, 0)
        assert await work.chats.of(SEL, YARD, Pick.CHATS) == []


async def test_a_conversation_is_answered_alone_handed_over_or_with_people_from_before(past: Past) -> None:
    alone, handed, carried = [await past.chat() for _ in range(3)]
    for chat in (alone, handed, carried):
        await past.says(chat)
    await past.says(alone, author="bot")
    await past.handoff(handed)
    await past.handoff(carried, opened=SEL.since - MINUTE, closed=10)

    found = await overview(past)

    assert (found.chats, found.alone, found.handed, found.carried) == (3, 1, 1, 1)
    assert (found.by_shoppers, found.by_bot) == (3, 1)
    assert await past.picked(Pick.ALONE) == {alone}
    assert await past.picked(Pick.HANDED) == {handed}
    assert await past.picked(Pick.CARRIED) == {carried}


async def test_what_people_had_given_back_before_is_the_bots_alone(past: Past) -> None:
    chat = await past.chat()
    await past.says(chat)
    await past.handoff(chat, opened=SEL.since - 11 * MINUTE, closed=10)

    assert (await overview(past)).alone == 1


@pytest.mark.parametrize(
    ("moment", "counted"),
    [
        pytest.param(SEL.since, 1, id="the first moment"),
        pytest.param(SEL.since - timedelta(microseconds=1), 0, id="just before"),
        pytest.param(SEL.until - timedelta(microseconds=1), 1, id="the last moment"),
        pytest.param(SEL.until, 0, id="just after"),
    ],
)
async def test_the_time_begins_with_its_first_moment_and_ends_before_its_last(
    past: Past, moment: datetime, counted: int
) -> None:
    await past.says(await past.chat(), at=moment)

    assert (await overview(past)).chats == counted


async def test_one_language_or_channel_is_counted_alone(past: Past) -> None:
    greek = await past.chat(language="el", channel="telegram")
    unknown = await past.chat(language=None)
    for chat in (greek, unknown):
        await past.says(chat)

    assert await past.picked(Pick.CHATS, sel=replace(SEL, language="el")) == {greek}
    assert await past.picked(Pick.CHATS, sel=replace(SEL, language="und")) == {unknown}
    assert await past.picked(Pick.CHATS, sel=replace(SEL, channel="telegram")) == {greek}
    assert (await overview(past, replace(SEL, language="el", channel="web"))).chats == 0


async def test_a_day_is_one_of_the_shops_clock(past: Past) -> None:
    chat = await past.chat()
    await past.says(chat, at=datetime(2026, 11, 20, 21, 59, tzinfo=UTC))
    await past.says(chat, at=datetime(2026, 11, 20, 22, 1, tzinfo=UTC))
    await past.says(chat, at=datetime(2026, 11, 20, 22, 2, tzinfo=UTC), author="operator")
    await past.handoff(chat, opened=datetime(2026, 11, 20, 22, 1, tzinfo=UTC))

    async with past.store.begin() as work:
        days = await work.figures.days(SEL)

    assert days == [
        Day(date(2026, 11, 20), chats=1, by_shoppers=1),
        Day(date(2026, 11, 21), chats=1, by_shoppers=1, by_operators=1, handoffs=1),
    ]


@pytest.mark.parametrize(
    ("felt", "mood", "cooled"),
    [
        pytest.param(["neutral", "joy"], "calm_calm", False, id="calm all along"),
        pytest.param(["neutral", "anger"], "calm_upset", False, id="got upset"),
        pytest.param(["anger", "neutral"], "upset_calm", True, id="got calm"),
        pytest.param(["frustration", "neutral", "anger"], "upset_upset", False, id="calm in between only"),
        pytest.param(["neutral", "anger", "gratitude"], "calm_calm", True, id="upset in between only"),
    ],
)
async def test_feelings_are_compared_first_to_last(past: Past, felt: list[str], mood: str, cooled: bool) -> None:
    chat = await past.chat()
    for emotion in felt:
        await past.says(chat, emotion=emotion)

    found = await overview(past)

    moods = {name: getattr(found, name) for name in ("calm_calm", "calm_upset", "upset_calm", "upset_upset")}
    assert moods == dict.fromkeys(moods, 0) | {mood: 1}
    assert found.cooled == cooled
    assert await past.picked(Pick.MOOD, mood) == {chat}
    assert await past.picked(Pick.COOLED) == ({chat} if cooled else set())


@pytest.mark.parametrize(
    ("emotion", "sure", "upset"),
    [
        pytest.param("anger", 0.5, 1, id="sure enough"),
        pytest.param("anger", 0.49, 0, id="not sure enough"),
        pytest.param("anxiety", 0.99, 0, id="no upset feeling"),
    ],
)
async def test_upset_is_what_the_policy_calls_so(past: Past, emotion: str, sure: float, upset: int) -> None:
    await past.says(await past.chat(), emotion=emotion, sure=sure)

    assert (await overview(past)).ever_upset == upset


async def test_one_reading_alone_and_pressed_buttons_compare_nothing(past: Past) -> None:
    chat = await past.chat()
    await past.says(chat, emotion="anger")
    await past.says(chat, emotion="neutral", payload="/affirm")

    found = await overview(past)

    assert (found.ever_upset, found.cooled, found.upset_calm, found.upset_upset) == (1, 0, 0, 0)


async def test_a_day_of_feelings_counts_messages_and_those_not_understood(past: Past) -> None:
    chat = await past.chat()
    await past.says(chat, emotion="anger", intent="nlu_fallback")
    await past.says(chat, emotion="anger")
    await past.says(chat, emotion="joy")

    async with past.store.begin() as work:
        [day] = await work.figures.feelings(SEL, YARD)

    assert day == DayOfFeelings(date(2026, 11, 20), {"anger": 2, "joy": 1}, misunderstood=1)
    assert day.read == 3
    assert await past.picked(Pick.MISUNDERSTOOD) == await past.picked(Pick.EMOTION, "joy") == {chat}
    assert await past.picked(Pick.EMOTION, "confusion") == set()


async def test_handoffs_are_counted_by_reason_severity_language_and_outcome(past: Past) -> None:
    angry, asking = await past.chat(language="ru"), await past.chat()
    for chat in (angry, asking):
        await past.says(chat)
    await past.handoff(angry, reason="anger", severity=5, closed=9)
    await past.handoff(asking, reason="asked", severity=2)

    async with past.store.begin() as work:
        found = await work.figures.handoffs(SEL)

    assert (found.total, found.reasons) == (2, {"anger": 1, "asked": 1})
    assert (found.severities, found.languages) == ({"5": 1, "2": 1}, {"ru": 1, "en": 1})
    assert found.outcomes == {"returned": 1, "open": 1}
    assert await past.picked(Pick.REASON, "anger") == await past.picked(Pick.SEVERITY, "5") == {angry}
    assert await past.picked(Pick.OUTCOME, "open") == {asking}


async def test_waiting_is_told_as_median_and_ninth_decile(past: Past) -> None:
    for minutes in range(1, 12):
        chat = await past.chat()
        await past.says(chat)
        await past.handoff(chat, reply=minutes, closed=minutes * 2)

    async with past.store.begin() as work:
        found = await work.figures.waits(SEL)

    assert found.first_reply == Spread(11, median=6 * 60, p90=10 * 60)
    assert found.end == Spread(11, median=12 * 60, p90=20 * 60)


@pytest.mark.parametrize(
    ("handoff", "told", "in_time", "unanswered"),
    [
        pytest.param({"due": 5, "reply": 5}, 1, 1, 0, id="on the minute"),
        pytest.param({"due": 5, "reply": 5.1}, 1, 0, 0, id="later than told"),
        pytest.param({"due": 5}, 1, 0, 1, id="never answered"),
        pytest.param({"due": 5, "closed": 4, "outcome": "left_queue"}, 0, 0, 0, id="the shopper left in time"),
        pytest.param({"due": 5, "closed": 6, "outcome": "left_queue"}, 1, 0, 0, id="the shopper left for waiting"),
        pytest.param({"reply": 5}, 0, 0, 0, id="no time was told"),
        pytest.param({"due": 0, "reply": 5, "reason": "taken_over"}, 0, 0, 0, id="taken over, nobody waited"),
    ],
)
async def test_a_reply_is_in_time_when_it_comes_by_what_the_shopper_was_told(
    past: Past, handoff: dict[str, Any], told: int, in_time: int, unanswered: int
) -> None:
    chat = await past.chat()
    await past.says(chat)
    await past.handoff(chat, **handoff)

    async with past.store.begin() as work:
        found = await work.figures.waits(SEL)

    assert (found.told, found.in_time, found.unanswered) == (told, in_time, unanswered)
    assert len(await past.picked(Pick.LATE_REPLY)) == told - in_time
    assert len(await past.picked(Pick.UNANSWERED)) == unanswered


async def test_a_missed_target_opens_its_conversation_and_a_kept_one_does_not(past: Past) -> None:
    chats = {"missed": await past.chat(), "kept": await past.chat(), "before": await past.chat()}
    for name, chat in chats.items():
        await past.says(chat)
        late, started = name != "kept", NOON - timedelta(days=400) if name == "before" else NOON
        await past.add(
            TargetRow(
                handoff_id=await past.handoff(chat), kind="first_reply", started_at=started, due_at=started + MINUTE,
                met_at=started + 2 * MINUTE if late else started, breached_at=started + MINUTE if late else None,
            )
        )  # fmt: skip

    async with past.store.begin() as work:
        found = await work.figures.targets(SEL)

    assert found == [TargetCount("first_reply", count=2, breached=1)]
    assert await past.picked(Pick.BREACHED, "first_reply") == {chats["missed"]}
    assert await past.picked(Pick.BREACHED, "resolution") == set()


async def test_scores_are_counted_with_those_who_gave_none(past: Past) -> None:
    chat = await past.chat()
    for number, (answer, sent) in enumerate([("5", True), ("2", True), (None, True), (None, False)]):
        message = await past.says(chat, author="bot")
        await past.add(
            OutreachRow(
                conversation_id=uuid.UUID(chat), kind="csat", about=str(number), created_at=NOON, answer=answer,
                message_id=message if sent else None, skipped=None if sent else "late",
            )
        )  # fmt: skip

    async with past.store.begin() as work:
        found = await work.figures.scores(SEL)
        written = await work.figures.outreach(SEL)

    assert found == Scores(3, {1: 0, 2: 1, 3: 0, 4: 0, 5: 1})
    assert (found.answered, found.mean) == (2, 3.5)
    assert written == [OutreachCount("csat", written=3, skipped=1, answered=2, stopped=0)]
    assert await past.picked(Pick.SCORE, "5") == await past.picked(Pick.OUTREACH, "csat") == {chat}
    assert await past.picked(Pick.SCORE, "4") == set()


async def test_who_would_recommend_the_shop_less_those_who_would_not_is_the_net_score(past: Past) -> None:
    chat = await past.chat()
    for number, answer in enumerate(["10", "9", "9", "8", "6", "stop", None]):
        message = await past.says(chat, author="bot")
        await past.add(
            OutreachRow(
                conversation_id=uuid.UUID(chat), kind="nps", about=str(number), created_at=NOON, answer=answer,
                message_id=message,
            )
        )  # fmt: skip

    async with past.store.begin() as work:
        (found,) = await work.figures.outreach(SEL)

    assert (found.written, found.answered, found.stopped, found.promoters, found.detractors) == (7, 5, 1, 3, 1)
    assert found.net == 40
    assert OutreachCount("csat", 3, 0, 3, 0).net is OutreachCount("nps", 3, 0, 0, 0).net is None


async def test_promises_are_summed_by_kind_state_and_currency(past: Past) -> None:
    chat = await past.chat()
    await past.says(chat)
    for number, (state, amount) in enumerate([("open", "5.00"), ("open", "2.50"), ("kept", "1.00")]):
        await past.add(
            PromiseRow(
                code=str(number), conversation_id=uuid.UUID(chat), message_key=str(number), shopper_key="k",
                order_number=str(number), kind="voucher", problem="late", amount=Decimal(amount), currency="EUR",
                state=state, made_at=NOON, due_at=NOON,
            )
        )  # fmt: skip

    async with past.store.begin() as work:
        found = await work.figures.promises(SEL)
        [facts] = await work.chats.of(SEL, YARD, Pick.PROMISE, "voucher:kept")

    assert found == [
        PromiseCount("voucher", "kept", 1, "EUR", Decimal("1.000")),
        PromiseCount("voucher", "open", 2, "EUR", Decimal("7.500")),
    ]
    assert (facts.promises, facts.sums) == (("voucher:kept", "voucher:open"), ("EUR 8.500",))


@pytest.mark.parametrize(
    ("before", "hours", "repeated"),
    [
        pytest.param(("late", "WL-1"), 71, 1, id="the same again"),
        pytest.param(("late", "WL-1"), 73, 0, id="long ago"),
        pytest.param(("general", None), 1, 1, id="one that names nothing"),
        pytest.param(("late", "wl 1"), 1, 1, id="the order spelled otherwise"),
        pytest.param(("late", "WL-2"), 1, 0, id="another order"),
        pytest.param(("damaged", "WL-1"), 1, 0, id="another problem"),
    ],
)
async def test_a_complaint_is_repeated_when_one_about_the_same_came_before(
    past: Past, before: tuple[str, str | None], hours: int, repeated: int
) -> None:
    chat = await past.chat()
    await past.says(chat)
    for (problem, order), at in ((before, NOON - timedelta(hours=hours)), (("late", "WL-1"), NOON)):
        await past.add(
            ComplaintRow(
                conversation_id=uuid.UUID(chat), message_key=str(at), problem=problem, order_number=order, created_at=at
            )
        )

    async with past.store.begin() as work:
        found = await work.figures.complaints(replace(SEL, since=NOON), YARD)

    assert found == ComplaintCounts(complaints=1, chats=1, repeated=repeated, repeated_chats=repeated)
    assert len(await past.picked(Pick.REPEATED, sel=replace(SEL, since=NOON))) == repeated


async def test_a_conversation_is_told_in_facts(past: Past) -> None:
    chat = await past.chat(channel="telegram", language=None)
    await past.says(chat, emotion="anger", at=NOON - MINUTE)
    await past.says(chat, emotion="joy", at=NOON + 8 * MINUTE)
    await past.handoff(chat, reply=5, closed=9, due=4)

    async with past.store.begin() as work:
        [facts] = await work.chats.of(SEL, YARD, Pick.HANDED)

    assert (facts.channel, facts.language, facts.by_shopper, facts.by_operator) == ("telegram", "und", 2, 1)
    assert (facts.first_at, facts.last_at) == (NOON - MINUTE, NOON + 8 * MINUTE)
    assert (facts.first_emotion, facts.last_emotion, facts.ever_upset) == ("anger", "joy", True)
    assert (facts.reasons, facts.severity, facts.outcomes) == (("anger",), 5, ("returned",))
    assert (facts.first_reply, facts.longest) == (300, 540)


@pytest.mark.parametrize("pick", Pick)
async def test_a_value_that_no_figure_has_picks_nothing_or_is_not_asked_for(past: Past, pick: Pick) -> None:
    await past.says(await past.chat())
    asks_for_none = {Pick.CHATS, Pick.ALONE}

    assert bool(await past.picked(pick, "'; DROP TABLE messages")) == (pick in asks_for_none)


async def test_the_newest_decisions_come_each_conversations_together_and_oldest_first(past: Past) -> None:
    chats = [await past.chat(), await past.chat(language="ru")]
    async with past.store.begin() as work:
        for number in range(3):
            for chat in chats:
                await work.decisions.add(chat, str(number), {"number": number})
    now = datetime.now(UTC)
    lately = Selection(now - timedelta(hours=1), now + timedelta(hours=1), ATHENS)

    async with past.store.begin() as work:
        all_of_them = await work.figures.decided(lately, 100)
        newest = await work.figures.decided(lately, 4)
        russian = await work.figures.decided(replace(lately, language="ru"), 100)

    assert [row.kept["number"] for row in all_of_them] == [0, 1, 2, 0, 1, 2]
    assert [row.kept["number"] for row in newest] == [1, 2, 1, 2]
    assert {row.conversation_id for row in russian} == {chats[1]}


@pytest_asyncio.fixture
async def busy(store: Store, database_url: str) -> tuple[Store, Selection]:
    until = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    BusyShop(until).fill(50_000).write(database_url)
    return store, Selection(until - timedelta(days=91), until + timedelta(days=1), ATHENS)


async def test_every_figure_of_fifty_thousand_messages_is_there_at_once(busy: tuple[Store, Selection]) -> None:
    store, sel = busy
    took: dict[str, float] = {}

    async def timed(name: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        await ask()
        start = time.perf_counter()
        found = await ask()
        took[name] = time.perf_counter() - start
        return found

    async with store.begin() as work:
        figures, chats = work.figures, work.chats
        whole = await timed("overview", lambda: figures.overview(sel, YARD))
        await timed("days", lambda: figures.days(sel))
        await timed("feelings", lambda: figures.feelings(sel, YARD))
        await timed("handoffs", lambda: figures.handoffs(sel))
        await timed("waits", lambda: figures.waits(sel))
        await timed("scores", lambda: figures.scores(sel))
        await timed("promises", lambda: figures.promises(sel))
        await timed("complaints", lambda: figures.complaints(sel, YARD))
        await timed("outreach", lambda: figures.outreach(sel))
        listed = await timed("chats", lambda: chats.of(sel, YARD, Pick.MOOD, "upset_calm", limit=100))
        picked = await chats.of(sel, YARD, Pick.MOOD, "upset_calm")

    assert whole.by_shoppers + whole.by_bot + whole.by_operators >= 50_000
    assert len(listed) == 100
    assert len(picked) == whole.upset_calm
    assert {name: seconds for name, seconds in took.items() if seconds > SLOWEST} == {}
