"""Users, their sessions, and what they did."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import argon2
import psycopg
import psycopg.sql
import pytest

from bot.domain.people import Role, User
from bot.domain.permissions import Permission
from bot.errors import NotAllowed
from bot.store.audit import AuditFilter
from bot.store.feed import Feed
from bot.store.sessions import IDLE, LONGEST
from bot.store.unit_of_work import Store

PASSWORD = "a long password"


async def a_user(store: Store, name: str = "ana", role: Role = Role.OPERATOR) -> User:
    async with store.begin() as work:
        return await work.users.add(name, PASSWORD, role, name.title())


async def a_session(store: Store, user: User, browser: str = "Firefox, Linux") -> str:
    async with store.begin() as work:
        return await work.sessions.start(user, browser=browser, network="203.0.113.0/24")


async def owner(store: Store, token: str) -> User | None:
    async with store.begin() as work:
        found = await work.sessions.of(token)
    return found[1] if found else None


async def test_a_session_is_known_by_its_token_and_the_token_is_not_kept(store: Store, database_url: str) -> None:
    ana = await a_user(store)
    token = await a_session(store, ana)

    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT to_jsonb(sessions)::text FROM sessions").fetchall()

    assert await owner(store, token) == ana
    assert await owner(store, token + "x") is None
    assert token not in rows[0][0]


@pytest.mark.parametrize(
    ("column", "age", "open_"),
    [
        pytest.param("seen_at", IDLE - timedelta(minutes=1), True, id="used a while ago"),
        pytest.param("seen_at", IDLE + timedelta(minutes=1), False, id="idle for too long"),
        pytest.param("created_at", LONGEST - timedelta(minutes=1), True, id="nearly too old"),
        pytest.param("created_at", LONGEST + timedelta(minutes=1), False, id="too old"),
    ],
)
async def test_a_session_ends_by_itself(
    store: Store, database_url: str, column: str, age: timedelta, open_: bool
) -> None:
    token = await a_session(store, await a_user(store))
    with psycopg.connect(database_url) as connection:
        statement = psycopg.sql.SQL("UPDATE sessions SET {} = now() - %s").format(psycopg.sql.Identifier(column))
        connection.execute(statement, [age])

    assert (await owner(store, token) is not None) is open_


async def test_using_a_session_keeps_it(store: Store, database_url: str) -> None:
    token = await a_session(store, await a_user(store))
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE sessions SET seen_at = now() - interval '11 hours'")
    await owner(store, token)

    with psycopg.connect(database_url) as connection:
        seen = connection.execute("SELECT now() - seen_at < interval '1 minute' FROM sessions").fetchone()

    assert seen == (True,)


async def test_who_is_disabled_has_no_session(store: Store) -> None:
    ana = await a_user(store)
    await a_user(store, "root", Role.ADMIN)
    token = await a_session(store, ana)
    async with store.begin() as work:
        await work.users.set_disabled(ana.id, disabled=True)

    assert await owner(store, token) is None
    async with store.begin() as work:
        assert await work.users.check("ana", PASSWORD) is None


async def test_a_session_is_ended_by_its_owner_only_and_every_process_hears_of_it(
    store: Store, database_url: str
) -> None:
    ana, kostas = await a_user(store), await a_user(store, "kostas")
    for _ in range(2):
        await a_session(store, ana)
    heard: asyncio.Queue[str] = asyncio.Queue()
    feed = Feed(database_url)
    feed.subscribe_to_sessions(heard.put_nowait)
    await feed.start()
    assert await asyncio.wait_for(heard.get(), 10) == ""  # it listens
    async with store.begin() as work:
        session = next(s for s in await work.sessions.of_user(ana.id))
        assert not await work.sessions.end(session.id, of=kostas.id)
        assert await work.sessions.end(session.id, of=ana.id)

    assert await asyncio.wait_for(heard.get(), 10) == str(session.id)
    await feed.stop()
    async with store.begin() as work:
        assert len(await work.sessions.of_user(ana.id)) == 1
        assert not await work.sessions.end(session.id, of=ana.id)


async def test_all_sessions_but_one_are_ended(store: Store) -> None:
    ana = await a_user(store)
    tokens = [await a_session(store, ana) for _ in range(3)]
    async with store.begin() as work:
        found = await work.sessions.of(tokens[1])
        assert found is not None
        assert await work.sessions.end_all(ana.id, but=found[0].id) == 2

    assert [await owner(store, token) is not None for token in tokens] == [False, True, False]


async def test_the_last_admin_stays(store: Store) -> None:
    root = await a_user(store, "root", Role.ADMIN)
    for change in ("role", "disable"):
        with pytest.raises(NotAllowed):
            async with store.begin() as work:
                if change == "role":
                    await work.users.set_role(root.id, Role.OPERATOR)
                else:
                    await work.users.set_disabled(root.id, disabled=True)
    async with store.begin() as work:
        assert await work.users.get(root.id) == root


async def test_of_two_admins_who_demote_each_other_at_once_one_stays(store: Store) -> None:
    admins = [await a_user(store, name, Role.ADMIN) for name in ("root", "toor")]

    async def demote(user: User) -> bool:
        try:
            async with store.begin() as work:
                await work.users.set_role(user.id, Role.OPERATOR)
        except NotAllowed:
            return False
        return True

    assert sorted(await asyncio.gather(*(demote(admin) for admin in admins))) == [False, True]


async def test_a_role_counts_as_it_is_now(store: Store) -> None:
    ana = await a_user(store)
    async with store.begin() as work:
        await work.users.must_be_allowed(ana, Permission.CHATS)
        await work.users.set_role((await a_user(store, "root", Role.ADMIN)).id, Role.ADMIN)
        await work.users.set_role(ana.id, Role.TRAINER)
        with pytest.raises(NotAllowed):
            await work.users.must_be_allowed(ana, Permission.CHATS)


async def test_an_old_hash_is_made_anew_when_its_password_is_right(store: Store, database_url: str) -> None:
    await a_user(store)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE users SET password_hash = %s", [weak])
        async with store.begin() as work:
            assert await work.users.check("ana", PASSWORD) is not None
        kept = connection.execute("SELECT password_hash FROM users").fetchone()

    assert kept is not None
    assert kept[0] != weak
    async with store.begin() as work:
        assert await work.users.check("ana", PASSWORD) is not None


async def test_acts_come_the_newest_first_page_by_page_and_filtered(store: Store) -> None:
    ana, kostas = await a_user(store), await a_user(store, "kostas")
    chat = "3f0e8f0a-0000-4000-8000-000000000001"
    async with store.begin() as work:
        for number in range(5):
            await work.audit.note(ana, "claim", chat, number=number)
        await work.audit.note(kostas, "reply", chat)
        await work.audit.note(None, "import")
    now = datetime.now(UTC)

    async def found(wanted: AuditFilter, before: int | None = None, limit: int = 100) -> list[tuple[str | None, str]]:
        async with store.begin() as work:
            return [(e.user_name, e.act) for e in await work.audit.page(wanted, before=before, limit=limit)]

    async with store.begin() as work:
        first = await work.audit.page(AuditFilter(), limit=3)
        second = await work.audit.page(AuditFilter(), before=first[-1].id, limit=100)
        assert await work.audit.acts() == ["claim", "import", "reply"]
    assert [e.act for e in first] == ["import", "reply", "claim"]
    assert [e.details["number"] for e in second] == [3, 2, 1, 0]
    assert await found(AuditFilter(user_id=kostas.id)) == [("Kostas", "reply")]
    assert await found(AuditFilter(act="import")) == [(None, "import")]
    assert len(await found(AuditFilter(conversation_id=chat))) == 6
    assert await found(AuditFilter(until=now - timedelta(minutes=1))) == []
    assert len(await found(AuditFilter(since=now - timedelta(minutes=1)))) == 7
