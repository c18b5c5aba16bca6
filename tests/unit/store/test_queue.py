"""The queue on a real PostgreSQL: filters, counters, what is unread, and how few statements all that takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from bot.console.board import Board
from bot.console.case import load_case
from bot.domain.conversation import Holder
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.messages import InboundMessage
from bot.domain.people import QueueRow, Role, User
from bot.domain.promise import Limits, NewPromise, OrderProblem, PromiseKind
from bot.domain.queue import QueueFilter, Whose, counts
from bot.store.unit_of_work import PEOPLE, Store
from tests.doubles.feed import Notices

_ids = itertools.count(1)


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """Collect every statement that is sent meanwhile."""
    statements: list[str] = []
    engine = store._engine.sync_engine

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


async def waits(
    store: Store, shopper: str, *, language: str = "en", severity: int = 3, channel: str = "web", text: str = "hello"
) -> str:
    """A shopper who wrote something and waits for a person."""
    async with store.begin() as work:
        chat = await work.conversations.of_address(channel, shopper, name=shopper, language=language)
        message = await work.messages.receive(chat.id, InboundMessage(channel, f"m{next(_ids)}", shopper, text))
        await work.conversations.pass_to(chat.id, Holder.QUEUE)
        await work.conversations.set(chat.id, severity=severity)
        request = HandoffRequest(Reason.ANGER, severity, text, 5)
        await work.handoffs.open(chat.id, request, message_id=message.id if message else 0, due_at=None)
    return chat.id


async def more(store: Store, shopper: str, text: str = "more") -> None:
    async with store.begin() as work:
        chat = await work.conversations.known("web", shopper)
        assert chat
        await work.messages.receive(chat.id, InboundMessage("web", f"m{next(_ids)}", shopper, text))


async def shown(store: Store, chosen: QueueFilter, user: int = 0) -> list[str | None]:
    async with store.begin() as work:
        return [row.conversation.shopper_name for row in await work.queue.lines(chosen, user, limit=50)]


async def an_operator(store: Store, name: str = "ana") -> User:
    async with store.begin() as work:
        return await work.users.add(name, "a long password", Role.OPERATOR, name)


async def test_filters_combine(store: Store) -> None:
    hot = await waits(store, "hot russian", language="ru", severity=5)
    await waits(store, "calm russian", language="ru", severity=1)
    await waits(store, "hot greek", language="el", severity=5, channel="telegram")
    ana = await an_operator(store)
    async with store.begin() as work:
        await work.tags.add(hot, ana.id, "Vip")
        await work.complaints.add(hot, "m1", "damaged", None)
        await work.complaints.add(hot, "m2", "late", None)

    everyone = QueueFilter()
    assert await shown(store, everyone) == ["hot russian", "hot greek", "calm russian"]
    for narrowed, names in (
        (replace(everyone, language="ru"), ["hot russian", "calm russian"]),
        (replace(everyone, language="ru", severity=4), ["hot russian"]),
        (replace(everyone, channel="telegram"), ["hot greek"]),
        (replace(everyone, problem="late"), ["hot russian"]),
        (replace(everyone, problem="damaged"), []),
        (replace(everyone, tag="VIP"), ["hot russian"]),
        (replace(everyone, tag="vip", language="el"), []),
        (QueueFilter(Whose.BOT), []),
    ):
        assert await shown(store, narrowed) == names, narrowed


async def test_each_value_of_a_filter_tells_how_many_it_leaves(store: Store) -> None:
    hot = await waits(store, "hot", language="ru", severity=5)
    await waits(store, "calm", language="ru", severity=1, channel="telegram")
    ana = await an_operator(store)
    async with store.begin() as work:
        await work.tags.add(hot, ana.id, "vip")
        await work.complaints.add(hot, "m1", "late", None)
        shares = await work.queue.shares(QueueFilter(), 0)

    assert shares == {
        "language": {"ru": 2},
        "channel": {"web": 1, "telegram": 1},
        "severity": {"5": 1, "1": 1},
        "problem": {"late": 1},
        "tag": {"vip": 1},
    }


async def test_a_user_has_counters_of_their_own(store: Store) -> None:
    ana, boris = await an_operator(store), await an_operator(store, "boris")
    chats = [await waits(store, name) for name in ("one", "two", "three")]
    async with store.begin() as work:
        await work.conversations.pass_to(chats[0], Holder.OPERATOR, operator_id=ana.id)
        held = await work.queue.held()

    assert counts(held, ana.id) == {Whose.WAITING: 2, Whose.MINE: 1, Whose.BOT: 0, Whose.ALL: 3}
    assert counts(held, boris.id)[Whose.MINE] == 0
    assert await shown(store, QueueFilter(Whose.MINE), ana.id) == ["one"]
    assert await shown(store, QueueFilter(Whose.MINE), boris.id) == []


async def the_line(store: Store, user: User) -> tuple[QueueRow, int]:
    async with store.begin() as work:
        row = (await work.queue.lines(QueueFilter(Whose.ALL), 0, limit=1))[0]
        seen = await work.queue.seen(user.id, datetime.now(UTC) - timedelta(days=1))
    return row, row.unread(seen.get(row.conversation.id))


async def test_what_came_since_somebody_looked_is_unread_for_them_only(store: Store) -> None:
    ana, boris = await an_operator(store), await an_operator(store, "boris")
    await waits(store, "anna")
    await more(store, "anna")
    row, unread = await the_line(store, ana)
    assert unread == 2

    async with store.begin() as work:
        await work.queue.look(ana.id, row.conversation.id, row.recent[0])
        await work.queue.look(ana.id, row.conversation.id, row.recent[1])
    await more(store, "anna")

    assert [(await the_line(store, user))[1] for user in (ana, boris)] == [1, 3]


async def test_of_many_unread_messages_the_newest_are_counted(store: Store) -> None:
    ana = await an_operator(store)
    await waits(store, "anna")
    for _ in range(15):
        await more(store, "anna")

    assert (await the_line(store, ana))[1] == 10


async def test_nobody_has_to_read_what_the_bot_deals_with(store: Store) -> None:
    ana = await an_operator(store)
    async with store.begin() as work:
        await work.conversations.of_address("web", "anna", name=None, language=None)
    await more(store, "anna")

    assert (await the_line(store, ana))[1] == 0


@pytest.mark.parametrize("chats", [1, 60])
async def test_a_refresh_and_an_open_chat_take_few_statements_however_much_there_is(store: Store, chats: int) -> None:
    ana = await an_operator(store)
    for number in range(chats):
        chat = await waits(store, f"shopper {number}", text=f"where is WL-10{number} and WL-20{number}")
    board = Board(store, Notices())

    with counted(store) as refresh:
        await board.above(ana)
        await board.lines(QueueFilter(), ana, 50)
        await board.seen(ana)
        await board.shares(QueueFilter(), ana)
    with counted(store) as opening:
        await load_case(store, chat, limit=100)

    assert len(refresh) <= 10
    assert len(opening) <= 24


async def test_a_change_is_read_once_for_all_pages(store: Store) -> None:
    ana = await an_operator(store)
    await waits(store, "anna")
    notices = Notices()
    board = Board(store, notices)
    first = (await board.lines(QueueFilter(), ana, 50))[0]

    notices.tell("any")
    with counted(store) as statements:
        pages = [await board.lines(QueueFilter(), ana, 50) for _ in range(20)]

    assert len(statements) == 1
    assert all(page[0] is first for page in pages)


async def test_what_was_read_before_a_change_is_not_shown_after_it(store: Store) -> None:
    ana = await an_operator(store)
    notices = Notices()
    board = Board(store, notices)
    assert await board.lines(QueueFilter(), ana, 50) == []

    await waits(store, "anna")
    notices.tell("any")

    assert len(await board.lines(QueueFilter(), ana, 50)) == 1


async def test_who_comes_on_duty_changes_the_queue_and_no_chat(store: Store) -> None:
    ana = await an_operator(store)
    notices, heard = Notices(), list[str]()
    board = Board(store, notices)
    board.subscribe(heard.append)
    place, _ = await board.arrivals(None, ana)
    await board.above(ana)
    await waits(store, "anna")

    notices.tell(PEOPLE)
    with counted(store) as statements:
        await board.arrivals(place, ana)

    assert heard == [PEOPLE]  # an open chat is read anew for its own id, or for ""
    assert statements == []  # nobody has begun to wait because of it
    assert (await board.above(ana)).counts[Whose.WAITING] == 1


async def test_the_board_tells_what_is_overdue_in_any_chat(store: Store) -> None:
    kind, problem, hour = PromiseKind.RESHIP, OrderProblem.LOST, timedelta(hours=1)
    now = datetime.now(UTC)
    ana = await an_operator(store)
    async with store.begin() as work:
        anna = (await work.conversations.of_address("web", "anna", name=None, language=None)).id
        late = NewPromise(anna, "m1", "key", "WL-1001", kind, problem, now - hour)
        made = await work.promises.make(late, Limits(), now)
        await work.promises.make(NewPromise(anna, "m2", "key", "WL-1002", kind, problem, now + hour), Limits(), now)

    above = await Board(store, Notices()).above(ana)

    assert (above.overdue, above.overdue_count) == ([made], 1)


def test_a_filter_outlives_an_address_and_nonsense_in_one_chooses_nothing() -> None:
    chosen = QueueFilter(Whose.ALL, language="ru", channel="web", problem="late", tag="vip", severity=4)

    assert QueueFilter.read(chosen.written()) == chosen
    assert QueueFilter.read({"whose": "x", "severity": "9", "language": "a" * 99, "tag": "\x00"}) == QueueFilter()
    assert chosen.cleared() == QueueFilter(Whose.ALL)


async def test_who_begins_to_wait_is_news_once_for_each_page(store: Store) -> None:
    ana = await an_operator(store)
    old = await waits(store, "old")
    notices = Notices()
    board = Board(store, notices)
    last, arrived = await board.arrivals(None, ana)
    assert arrived == []

    new = await waits(store, "new")
    for chat in (old, new):
        notices.tell(chat)
    later, arrived = await board.arrivals(last, ana)

    assert [each.id for each in arrived] == [new]
    assert await board.arrivals(later, ana) == (later, [])
    assert [each.id for each in (await board.arrivals(last, ana))[1]] == [new]


async def test_who_comes_back_into_the_queue_is_news_again(store: Store) -> None:
    ana = await an_operator(store)
    chat = await waits(store, "anna")
    notices = Notices()
    board = Board(store, notices)
    last, _ = await board.arrivals(None, ana)
    for holder, operator in ((Holder.OPERATOR, ana.id), (Holder.QUEUE, None)):
        async with store.begin() as work:
            await work.conversations.pass_to(chat, holder, operator_id=operator)
        notices.tell(chat)
        last, arrived = await board.arrivals(last, ana)

    assert [each.id for each in arrived] == [chat]


async def test_nobody_is_rung_for_who_waits_for_another_team_or_language(store: Store) -> None:
    ana, boris = await an_operator(store), await an_operator(store, "boris")
    async with store.begin() as work:
        russian = await work.teams.add("Russian", ["ru"])
        await work.teams.change(russian, ["ru"], [ana.id])
    notices = Notices()
    board = Board(store, notices)
    last, _ = await board.arrivals(None, ana)

    for chat in (await waits(store, "greek", language="el"), passed := await waits(store, "passed", language="ru")):
        notices.tell(chat)
    async with store.begin() as work:
        await work.conversations.set(passed, team_id=russian)

    names = [[each.shopper_name for each in (await board.arrivals(last, user))[1]] for user in (ana, boris)]
    assert names == [["passed"], ["greek"]]
