"""Notes and tags: for colleagues only, and gone with the chat."""

from __future__ import annotations

import pytest

from bot.domain.people import Role, User
from bot.domain.remarks import MAX_NOTE, MAX_TAGS, Tag, tag_name
from bot.errors import NotAllowed
from bot.handoff.remarks import Remarks
from bot.store.unit_of_work import Store


async def an_operator(store: Store, name: str = "Ana") -> User:
    async with store.begin() as work:
        return await work.users.add(name.lower(), "a long password", Role.OPERATOR, name)


async def a_chat(store: Store, address: str = "anna") -> str:
    async with store.begin() as work:
        return (await work.conversations.of_address("web", address, name=None, language=None)).id


async def test_a_note_is_kept_with_who_wrote_it_and_is_no_message(store: Store) -> None:
    ana, chat = await an_operator(store), await a_chat(store)

    await Remarks(store).note(chat, ana, "  Called her: wants the blue one 💙\n")

    async with store.begin() as work:
        (note,) = await work.notes.of(chat)
        assert (note.user_id, note.text) == (ana.id, "Called her: wants the blue one 💙")
        assert await work.messages.transcript(chat) == []
        assert await work.messages.conversations_with_work() == ([], [])


@pytest.mark.parametrize("text", ["", " \n", "x" * (MAX_NOTE + 1)])
async def test_a_note_without_words_or_with_too_many_is_refused(store: Store, text: str) -> None:
    ana, chat = await an_operator(store), await a_chat(store)

    with pytest.raises(ValueError, match="a note"):
        await Remarks(store).note(chat, ana, text)


async def test_a_note_to_no_chat_is_refused(store: Store) -> None:
    ana = await an_operator(store)

    with pytest.raises(LookupError):
        await Remarks(store).note("00000000-0000-0000-0000-000000000000", ana, "hello")


@pytest.mark.parametrize(
    ("first", "again"),
    [
        pytest.param("Refund", "refund", id="latin"),
        pytest.param("Возврат", "ВОЗВРАТ", id="cyrillic"),
        pytest.param("Επιστροφή", "ΕΠΙΣΤΡΟΦΉ", id="greek"),
        pytest.param("VIP", "ＶＩＰ", id="full width"),
        pytest.param("late parcel", "#late   parcel ", id="spaces and a hash"),
    ],
)
async def test_a_tag_is_the_same_in_any_case(store: Store, first: str, again: str) -> None:
    ana, chat, other = await an_operator(store), await a_chat(store), await a_chat(store, "boris")
    remarks = Remarks(store)

    await remarks.tag(chat, ana, first)
    await remarks.tag(other, ana, again)

    (known,) = await remarks.known_tags()
    assert (known.name, known.used) == (first, 2)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  wants\tinvoice ", "wants invoice"),
        ("#vip", "vip"),
        ("a\u0000b", "ab"),
        ("👩‍👧 gift", "👩‍👧 gift"),
        ("退款", "退款"),
    ],
)
def test_a_tags_name_is_one_clean_line(typed: str, name: str) -> None:
    assert tag_name(typed) == name


@pytest.mark.parametrize("typed", ["", " ", "#", "\u0007", "x" * 41])
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="a tag"):
        tag_name(typed)


async def test_a_tag_that_is_taken_off_its_last_chat_is_forgotten(store: Store) -> None:
    ana, chat, other = await an_operator(store), await a_chat(store), await a_chat(store, "boris")
    remarks = Remarks(store)
    tag = await remarks.tag(chat, ana, "vip")
    await remarks.tag(other, ana, "vip")

    await remarks.untag(chat, ana, tag)
    assert [each.used for each in await remarks.known_tags()] == [1]

    await remarks.untag(other, ana, tag)
    await remarks.untag(other, ana, tag)
    assert await remarks.known_tags() == []


async def test_a_chat_has_so_many_tags_and_no_more(store: Store) -> None:
    ana, chat = await an_operator(store), await a_chat(store)
    remarks = Remarks(store)
    for number in range(MAX_TAGS):
        await remarks.tag(chat, ana, f"tag {number}")

    with pytest.raises(NotAllowed):
        await remarks.tag(chat, ana, "one more")
    await remarks.tag(chat, ana, "TAG 1")

    async with store.begin() as work:
        assert len(await work.tags.of(chat)) == MAX_TAGS


async def test_the_tags_of_many_chats_are_read_at_once(store: Store) -> None:
    ana, chat, other = await an_operator(store), await a_chat(store), await a_chat(store, "boris")
    remarks = Remarks(store)
    vip, gift = await remarks.tag(chat, ana, "vip"), await remarks.tag(chat, ana, "gift")

    async with store.begin() as work:
        assert await work.tags.of_many([chat, other]) == {chat: [Tag(gift.id, "gift"), Tag(vip.id, "vip")]}


async def test_notes_and_tags_are_erased_with_the_chat(store: Store) -> None:
    ana, chat, other = await an_operator(store), await a_chat(store), await a_chat(store, "boris")
    remarks = Remarks(store)
    for each in (chat, other):
        await remarks.note(each, ana, "remember")
        await remarks.tag(each, ana, "vip")

    async with store.begin() as work:
        await work.erasure.forget(chat, keep=[])

    async with store.begin() as work:
        assert (await work.notes.of(chat), await work.tags.of(chat)) == ([], [])
        assert len(await work.notes.of(other)) == len(await work.tags.of(other)) == 1
