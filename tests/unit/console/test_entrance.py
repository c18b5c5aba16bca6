"""Guessing passwords: five tries for a name, whether somebody has it or not, in however many processes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import psycopg
import pytest

from bot.console.entrance import NAME, Entrance
from bot.domain.people import Role
from bot.errors import TooManyAttempts
from bot.store.unit_of_work import Store

PASSWORD = "a long password"
HERE = "203.0.113.7"


async def ana(store: Store) -> Entrance:
    async with store.begin() as work:
        await work.users.add("ana", PASSWORD, Role.OPERATOR, "Ana")
    return Entrance(store)


async def wrong(entrance: Entrance, times: int, name: str = "ana", address: str = HERE) -> None:
    for _ in range(times):
        assert await entrance.check(name, "wrong", address) is None


@pytest.mark.parametrize("name", ["ana", "nobody"])
async def test_five_wrong_passwords_lock_a_name_whether_somebody_has_it_or_not(store: Store, name: str) -> None:
    entrance = await ana(store)
    await wrong(entrance, 5, name)

    with pytest.raises(TooManyAttempts) as refused:
        await entrance.check(name, PASSWORD, "198.51.100.1")

    assert 0 < refused.value.retry_after <= 300


async def test_the_right_password_forgets_the_wrong_ones_before_it(store: Store) -> None:
    entrance = await ana(store)
    await wrong(entrance, 4)
    assert await entrance.check("ana", PASSWORD, HERE) is not None

    await wrong(entrance, 4)

    assert await entrance.check("ana", PASSWORD, HERE) is not None


async def test_a_lock_opens_after_five_minutes(store: Store, database_url: str) -> None:
    entrance = await ana(store)
    await wrong(entrance, 5)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE login_attempts SET at = at - %s", [timedelta(minutes=5)])

    assert await entrance.check("ana", PASSWORD, HERE) is not None


async def test_fifty_guesses_a_day_are_all_there_are(store: Store, database_url: str) -> None:
    entrance = await ana(store)
    with psycopg.connect(database_url) as connection:
        for _ in range(10):
            await wrong(entrance, 5)
            connection.execute("UPDATE login_attempts SET at = at - %s", [timedelta(minutes=6)])
            connection.commit()

    with pytest.raises(TooManyAttempts):
        await entrance.check("ana", PASSWORD, HERE)


async def test_an_admin_can_open_a_lock(store: Store) -> None:
    entrance = await ana(store)
    await wrong(entrance, 5)
    async with store.begin() as work:
        await work.attempts.forget(NAME, "ana")

    assert await entrance.check("ana", PASSWORD, HERE) is not None


async def test_one_address_guesses_at_thirty_names_and_no_more(store: Store) -> None:
    entrance = await ana(store)
    for number in range(30):
        assert await entrance.check(f"name{number}", "wrong", HERE) is None

    with pytest.raises(TooManyAttempts):
        await entrance.check("ana", PASSWORD, HERE)
    assert await entrance.check("ana", PASSWORD, "198.51.100.1") is not None


async def test_people_who_log_in_behind_one_address_do_not_lock_each_other_out(store: Store) -> None:
    entrance = await ana(store)
    for _ in range(31):
        assert await entrance.check("ana", PASSWORD, HERE) is not None


async def test_guesses_at_once_are_five_as_well(store: Store) -> None:
    entrance = await ana(store)

    async def guess() -> str:
        try:
            await entrance.check("ana", "wrong", HERE)
        except TooManyAttempts:
            return "refused"
        return "looked at"

    outcomes = await asyncio.gather(*(guess() for _ in range(12)))

    assert outcomes.count("looked at") == 5


async def test_what_was_typed_as_a_name_is_not_kept(store: Store, database_url: str) -> None:
    await wrong(Entrance(store), 1, name="my secret password")

    with psycopg.connect(database_url) as connection:
        kept = connection.execute("SELECT key FROM login_attempts").fetchall()

    assert all(len(key) == 8 for (key,) in kept)
