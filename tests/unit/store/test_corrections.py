"""Corrections of readings: one in force for each message and kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.correction import CorrectionKind, checked
from bot.domain.people import Message, Role, User
from bot.store.unit_of_work import Store
from tests.unit.store.test_store import a_message

LONG_AGO = datetime.now(UTC) - timedelta(days=1)


async def said(store: Store, text: str = "hello", external_id: str = "1") -> Message:
    async with store.begin() as work:
        conversation = await work.conversations.of_address("web", "anna", name=None, language=None)
        stored = await work.messages.receive(conversation.id, a_message(text, external_id=external_id))
        message = await work.messages.get(stored.id if stored else 0)
    assert message is not None, "it was stored a line above"
    return message


async def somebody(store: Store, name: str = "ana") -> User:
    async with store.begin() as work:
        return await work.users.add(name, "a long password", Role.OPERATOR)


async def test_a_later_correction_replaces_the_earlier_one_of_its_kind(store: Store) -> None:
    message, user = await said(store), await somebody(store)

    async with store.begin() as work:
        await work.corrections.add(message, user, CorrectionKind.EMOTION, "anger")
        await work.corrections.add(message, user, CorrectionKind.INTENT, "complain")
        await work.corrections.add(message, user, CorrectionKind.EMOTION, "anxiety")
        kept = await work.corrections.of(message.conversation_id)

    assert [(c.kind.value, c.was, c.became, c.user_id) for c in kept] == [
        ("intent", None, "complain", user.id),
        ("emotion", None, "anxiety", user.id),
    ]


async def test_what_was_taken_back_counts_no_more(store: Store) -> None:
    message, user = await said(store), await somebody(store)
    async with store.begin() as work:
        await work.corrections.add(message, user, CorrectionKind.EMOTION, "anger")

    async with store.begin() as work:
        first = await work.corrections.undo(message.id, CorrectionKind.EMOTION)
        second = await work.corrections.undo(message.id, CorrectionKind.EMOTION)
        left = await work.corrections.since(LONG_AGO)

    assert (first, second, left) == (True, False, [])


async def test_trainers_read_what_was_corrected_since_a_moment(store: Store) -> None:
    user = await somebody(store)
    async with store.begin() as work:
        before = await work.corrections.add(await said(store), user, CorrectionKind.EMOTION, "joy")
        after = await work.corrections.add(await said(store, external_id="2"), user, CorrectionKind.EMOTION, "anger")

        found = await work.corrections.since(before.made_at + timedelta(microseconds=1))

    assert found == [after]


async def test_forgetting_a_shopper_forgets_corrections(store: Store) -> None:
    message, user = await said(store), await somebody(store)
    async with store.begin() as work:
        await work.corrections.add(message, user, CorrectionKind.EMOTION, "anger")
        await work.erasure.forget(message.conversation_id, keep=[message.id])

        assert await work.corrections.of(message.conversation_id) == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [(CorrectionKind.EMOTION, "rage"), (CorrectionKind.INTENT, "anger"), (CorrectionKind.INTENT, "nlu_fallback")],
)
def test_what_is_no_reading_is_refused_by_its_name(kind: CorrectionKind, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        checked(kind, name)
