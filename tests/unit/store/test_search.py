"""Search on a real PostgreSQL: four languages, names and numbers, and whatever people type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.messages import Author, InboundMessage, Reply
from bot.domain.people import Role
from bot.domain.search import FoundBy, Part, marked
from bot.store.unit_of_work import Store
from tests.doubles.counter import an_order


async def says(store: Store, text: str, *, shopper: str = "anna", channel: str = "web", name: str | None = None) -> str:
    async with store.begin() as work:
        chat = await work.conversations.of_address(channel, shopper, name=name, language=None)
        await work.messages.receive(
            chat.id, InboundMessage(channel, f"{shopper}{datetime.now(UTC).timestamp()}", shopper, text)
        )
    return chat.id


async def texts_found(store: Store, query: str) -> list[str]:
    async with store.begin() as work:
        found = await work.search.find(query)
    return ["".join(part.text for part in hit.parts) for hit in found.hits]


@pytest.mark.parametrize(
    ("said", "query"),
    [
        ("My parcels never arrived", "parcel arrive"),
        ("Возмутительно, заказы не пришли", "заказ пришли"),
        ("Мне нужна ёлка", "елка"),
        ("Οι παραγγελίες μου δεν ήρθαν", "παραγγελία"),
        ("Η παραγγελία άργησε", "ΠΑΡΑΓΓΕΛΙΑ"),
        ("我想退货，什么时候退款？", "退款"),
        ("我想退货，什么时候退款？", "款"),
        ("我想退货，什么时候退款？", "想退货"),
        ("Where is #WL-2001?", "wl2001"),
        ("where is wl2001", "WL-2001"),
        ("write to maria.p@example.com please", "maria.p@example.com"),
        ("Refunded twice", "refu"),
        ("Заказ WL-2001: where is it? Πού είναι; 在哪里", "заказ where 哪里 είναι"),
    ],
)
async def test_what_was_said_is_found_in_any_form_of_its_words(store: Store, said: str, query: str) -> None:
    await says(store, said)
    await says(store, "something else entirely, нечто другое, κάτι άλλο, 别的东西", shopper="boris")

    assert await texts_found(store, query) == [said]


async def test_every_word_has_to_be_there(store: Store) -> None:
    await says(store, "a broken cup")
    await says(store, "a broken plate", shopper="boris")

    assert await texts_found(store, "broken plate") == ["a broken plate"]
    assert await texts_found(store, "broken plate cup") == []


async def test_what_was_edited_is_found_by_its_new_words_only(store: Store) -> None:
    async with store.begin() as work:
        chat = await work.conversations.of_address("web", "anna", name=None, language=None)
        await work.messages.receive(chat.id, InboundMessage("web", "m1", "anna", "a broken cup"))
        await work.messages.reword("web", "m1", "a broken saucer")

    assert await texts_found(store, "saucer") == ["a broken saucer"]
    assert await texts_found(store, "cup") == []


async def test_what_we_said_is_found_too(store: Store) -> None:
    chat = await says(store, "hello")
    async with store.begin() as work:
        await work.messages.add_replies(chat, "web", Author.BOT, [Reply("Your voucher is on its way")])

    assert await texts_found(store, "vouchers") == ["Your voucher is on its way"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Called the warehouse, new kettle leaves today", "warehouses"),
        ("Созвонились со складом: чайник уходит сегодня", "чайники"),
        ("Μίλησα με την αποθήκη, φεύγει σήμερα", "ΑΠΟΘΗΚΗ"),
        ("已联系仓库，今天补发", "仓库"),
    ],
)
async def test_colleagues_notes_are_found_apart_from_what_was_said(store: Store, text: str, query: str) -> None:
    chat = await says(store, "hello")
    async with store.begin() as work:
        ana = await work.users.add("ana", "a long password", Role.OPERATOR, "Ana")
        await work.notes.add(chat, ana.id, "something else")
        note = await work.notes.add(chat, ana.id, text)
        found = await work.search.find(query)

    (hit,) = found.notes
    assert (hit.note_id, hit.conversation.id, hit.operator_name) == (note.id, chat, "Ana")
    assert "".join(part.text for part in hit.parts) == text
    assert any(part.marked for part in hit.parts)
    assert found.hits == ()


async def test_a_note_of_a_forgotten_shopper_is_found_no_more_and_no_page_but_the_first_has_notes(store: Store) -> None:
    chat = await says(store, "a broken cup")
    await says(store, "another broken cup", shopper="boris")
    async with store.begin() as work:
        ana = await work.users.add("ana", "a long password", Role.OPERATOR, "Ana")
        await work.notes.add(chat, ana.id, "the cup was broken in the warehouse")
    async with store.begin() as work:
        first = await work.search.find("cup", limit=1)
        second = await work.search.find("cup", before=first.older, limit=1)
        await work.erasure.forget(chat)
    async with store.begin() as work:
        later = await work.search.find("cup")

    assert [len(page.notes) for page in (first, second, later)] == [1, 0, 0]
    assert [len(page.hits) for page in (first, second, later)] == [1, 1, 1]


async def test_pages_go_on_where_the_last_one_ended(store: Store) -> None:
    for number in range(7):
        await says(store, f"parcel {number}")
    pages, older = [], None
    async with store.begin() as work:
        while True:
            found = await work.search.find("parcel", before=older, limit=3)
            pages.append(["".join(part.text for part in hit.parts) for hit in found.hits])
            if (older := found.older) is None:
                break

    assert pages == [["parcel 6", "parcel 5", "parcel 4"], ["parcel 3", "parcel 2", "parcel 1"], ["parcel 0"]]


@pytest.mark.parametrize(
    ("query", "by"),
    [
        ("марин", FoundBy.NAME),
        ("Will", FoundBy.NAME),
        ("小明", FoundBy.NAME),
        ("4567", FoundBy.PHONE),
        ("694 123 4567", FoundBy.PHONE),
        ("+30 (694) 123-4567", FoundBy.PHONE),
        ("wl 1001", FoundBy.ORDER),
        ("Κώστ", FoundBy.OPERATOR),
    ],
)
async def test_a_chat_is_found_by_whose_it_is(store: Store, query: str, by: FoundBy) -> None:
    await says(store, "x", shopper="+306941234567", channel="whatsapp", name="Марина Will 王小明")
    mine = await says(store, "y", shopper="anna", name="Anna")
    other = await says(store, "z", shopper="boris", name="Boris")
    async with store.begin() as work:
        kostas = await work.users.add("kostas", "a long password", Role.OPERATOR, "Κώστας")
        await work.conversations.set(mine, operator_id=kostas.id, holder="operator")
        await work.orders.put([replace(an_order(), number="WL-1001", email="b@example.com")])
        await work.proofs.add(other, "email", "b@example.com", "order")
        found = await work.search.find(query)

    assert [(named.by, named.conversation.shopper_name) for named in found.named] == [
        (by, {FoundBy.ORDER: "Boris", FoundBy.OPERATOR: "Anna"}.get(by, "Марина Will 王小明"))
    ]


@pytest.mark.parametrize(
    "query",
    [
        "'", '"', "''':*", "a & | ! ( <-> b", "\\", "\\'", "%_%", "'; DROP TABLE messages; --", "\x00\x01", "𝔘𝔫𝔦 😡😡",
        "\ud800", "a" * 10_000, "слово " * 2_000, "我" * 10_000, "'" * 10_000, "1" * 10_000, ":*:*", "\u202eabc", "\u200b",
        "𠀀𠀁", "1/2 +-() ./", "   ", "is the",
    ],
)  # fmt: skip
async def test_any_text_is_a_query(store: Store, query: str) -> None:
    await says(store, "hello")

    assert await texts_found(store, query) in ([], ["hello"])


async def test_words_of_every_text_are_told_apart_from_words_of_none(store: Store) -> None:
    await says(store, "hello")

    async with store.begin() as work:
        assert (await work.search.find("is the")).common
        assert not (await work.search.find("absent")).common


async def test_what_matches_is_marked_as_it_stands_in_the_text(store: Store) -> None:
    await says(store, "Мои заказы: <b>WL-2001</b>, 退货款")

    async with store.begin() as work:
        found = (await work.search.find("ЗАКАЗ 2001 退货")).hits[0].parts

    assert found == (
        Part("Мои "), Part("заказы", marked=True), Part(": <b>WL-"), Part("2001", marked=True), Part("</b>, "),
        Part("退货", marked=True), Part("款"),
    )  # fmt: skip


def test_of_a_long_text_the_part_around_the_first_match_is_shown() -> None:
    parts = marked("so " * 100 + "needle" + " and" * 100, lambda word: word == "needle")

    assert [part.text for part in parts if part.marked] == ["needle"]
    assert parts[0].text == parts[-1].text == "…"
    assert sum(len(part.text) for part in parts) < 260


async def test_a_shopper_who_is_forgotten_is_found_no_more(store: Store) -> None:
    chat = await says(store, "a broken cup", name="Anna")
    async with store.begin() as work:
        await work.erasure.forget(chat, keep=())

    async with store.begin() as work:
        found = [await work.search.find("cup"), await work.search.find("anna")]
    assert [(page.hits, page.named) for page in found] == [((), ()), ((), ())]
