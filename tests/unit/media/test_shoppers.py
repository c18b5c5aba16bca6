"""One shopper's data: an archive with everything, and nothing left after it was deleted."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.domain.conversation import Holder
from bot.domain.messages import Author, InboundMessage, Kind, Media, Reply
from bot.domain.people import Role, User
from bot.errors import UnknownShopper, WrongTurn
from bot.media.keeping import Housekeeper, Periods
from bot.media.shoppers import Shoppers
from bot.media.vault import Vault
from bot.store.unit_of_work import Store

ADDRESS = "+306900000042"
HOSTILE = '../../\u202etxt.exe\n"<b>' + "x" * 300 + ".png"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(f"file://{tmp_path}/media")


async def a_shopper(store: Store, vault: Vault, *, name: str = HOSTILE) -> tuple[str, str]:
    """Somebody who sent a photo and was answered; their conversation and the photo's key."""
    media = (Media("ref", "same", "image/png", name),)
    key = await vault.write(b"a picture")
    async with store.begin() as work:
        conversation = await work.conversations.of_address("whatsapp", ADDRESS, name="Άννα 😀", language=None)
        inbound = InboundMessage("whatsapp", "SM1", ADDRESS, "σπασμένο 😡", kind=Kind.PHOTO, media=media)
        message = await work.messages.receive(conversation.id, inbound)
        assert message is not None
        (file,) = await work.media.arrived(message.id, media)
        await work.media.stored(file, key=key, content_type="image/png", size=9)
        await work.messages.handled(conversation.id, [message.id], reading=None, stance=None)
        replies = [Reply("I am sorry.")]
        (said,) = await work.messages.add_replies(conversation.id, "whatsapp", Author.BOT, replies)
        await work.session.execute(text("UPDATE messages SET delivery = 'read' WHERE id = :id"), {"id": said})
    return conversation.id, key


async def an_admin(store: Store) -> User:
    async with store.begin() as work:
        return await work.users.add("maria", "a long password", Role.ADMIN, "Maria")


async def acts(store: Store) -> list[tuple[str, int | None]]:
    async with store.begin() as work:
        found = await work.session.execute(text("SELECT act, user_id FROM audit ORDER BY id"))
    return [(act, user) for act, user in found]


async def deleted_files(store: Store) -> list[str]:
    async with store.begin() as work:
        found = await work.session.scalars(
            text(
                "SELECT jsonb_array_elements_text(args->'keys') FROM procrastinate_jobs WHERE task_name = 'delete_files'"
            )
        )
    return list(found)


async def test_an_archive_holds_what_was_said_and_the_files(store: Store, vault: Vault) -> None:
    conversation, key = await a_shopper(store, vault)
    admin, into = await an_admin(store), io.BytesIO()

    await Shoppers(store, vault).export(conversation, into, by=admin)

    with zipfile.ZipFile(into) as archive:
        assert archive.testzip() is None
        messages = json.loads(archive.read("data/messages.json"))
        (media,) = json.loads(archive.read("data/media.json"))
        (whom,) = json.loads(archive.read("data/conversations.json"))
        picture = archive.read(media["archived"])
        readme = archive.read("README.txt").decode()
        names = archive.namelist()
    assert [message["text"] for message in messages] == ["σπασμένο 😡", "I am sorry."]
    assert (whom["address"], whom["shopper_name"]) == (ADDRESS, "Άννα 😀")
    assert picture == b"a picture"
    assert all(name.removesuffix(".json").removeprefix("data/") in readme for name in names if name.startswith("data/"))
    assert await acts(store) == [("export_shopper", admin.id)]
    assert key not in readme


async def test_a_file_in_an_archive_has_a_harmless_name(store: Store, vault: Vault) -> None:
    conversation, _ = await a_shopper(store, vault)
    into = io.BytesIO()

    await Shoppers(store, vault).export(conversation, into, by=None)

    (name,) = (name for name in zipfile.ZipFile(into).namelist() if name.startswith("files/"))
    assert name.count("/") == 1
    assert name.isprintable()
    assert ".." not in name.split("/")
    assert name.endswith(".png")
    assert len(name) < 120


@pytest.mark.parametrize("name", ["...", "", "/", ".png", "a" * 500, "фото.jpeg"])
async def test_any_name_makes_an_archive(store: Store, vault: Vault, name: str) -> None:
    conversation, _ = await a_shopper(store, vault, name=name)
    into = io.BytesIO()

    await Shoppers(store, vault).export(conversation, into, by=None)

    assert zipfile.ZipFile(into).testzip() is None


async def test_a_file_that_is_gone_is_named_as_missing(store: Store, vault: Vault) -> None:
    conversation, key = await a_shopper(store, vault)
    await vault.delete(key)
    into = io.BytesIO()

    await Shoppers(store, vault).export(conversation, into, by=None)

    (media,) = json.loads(zipfile.ZipFile(into).read("data/media.json"))
    assert media["archived"] == "missing"


async def test_who_is_deleted_is_known_no_more_and_may_begin_anew(store: Store, vault: Vault) -> None:
    conversation, key = await a_shopper(store, vault)
    admin, shoppers = await an_admin(store), Shoppers(store, vault)

    await shoppers.erase(conversation, by=admin)

    with pytest.raises(UnknownShopper, match=r"306900000042 on whatsapp"):
        await shoppers.find("whatsapp", ADDRESS)
    with pytest.raises(UnknownShopper):
        await shoppers.get(conversation)
    assert await deleted_files(store) == [key]
    assert await acts(store) == [("erase_shopper", admin.id)]
    async with store.begin() as work:
        anew = await work.conversations.of_address("whatsapp", ADDRESS, name=None, language=None)
    assert anew.id != conversation


@pytest.mark.parametrize("holder", [Holder.QUEUE, Holder.OPERATOR])
async def test_a_chat_that_people_hold_is_not_deleted(store: Store, vault: Vault, holder: Holder) -> None:
    conversation, _ = await a_shopper(store, vault)
    admin, shoppers = await an_admin(store), Shoppers(store, vault)
    async with store.begin() as work:
        await work.conversations.pass_to(
            conversation, holder, operator_id=admin.id if holder is Holder.OPERATOR else None
        )

    with pytest.raises(WrongTurn, match="people hold this chat"):
        await shoppers.erase(conversation, by=admin)

    assert (await shoppers.find("whatsapp", ADDRESS)).id == conversation


async def test_a_night_long_after_empties_and_lets_go(store: Store, vault: Vault) -> None:
    conversation, key = await a_shopper(store, vault)
    later = datetime.now(UTC) + timedelta(days=366)

    await Housekeeper(store, vault, Periods(words=365, files=0, audit=0), now=lambda: later).tidy()

    assert await deleted_files(store) == [key]
    async with store.begin() as work:
        assert await work.messages.transcript(conversation) == []
        assert (await work.conversations.get(conversation)).address == f"gone:{conversation}"
        counted = await work.session.scalar(
            text("SELECT count(*) FROM messages WHERE text = '' AND emptied_at IS NOT NULL")
        )
    assert counted == 2


@pytest.mark.parametrize(
    ("periods", "days"),
    [
        pytest.param(Periods(words=365, files=0, audit=0), 364, id="too young"),
        pytest.param(Periods(words=0, files=0, audit=0), 5000, id="kept for ever"),
    ],
)
async def test_a_night_leaves_what_is_not_due(store: Store, vault: Vault, periods: Periods, days: int) -> None:
    conversation, _ = await a_shopper(store, vault)
    admin = await an_admin(store)
    async with store.begin() as work:
        await work.audit.note(admin, "login")
    later = datetime.now(UTC) + timedelta(days=days)

    await Housekeeper(store, vault, periods, now=lambda: later).tidy()

    async with store.begin() as work:
        assert len(await work.messages.transcript(conversation)) == 2
        assert (await work.conversations.get(conversation)).address == ADDRESS
    assert await acts(store) == [("login", admin.id)]


async def test_acts_go_in_their_own_time(store: Store, vault: Vault) -> None:
    async with store.begin() as work:
        await work.audit.note(None, "login")
    later = datetime.now(UTC) + timedelta(days=731)

    await Housekeeper(store, vault, Periods(words=0, files=0, audit=730), now=lambda: later).tidy()

    assert await acts(store) == []


async def test_a_night_does_more_than_one_portion(store: Store, vault: Vault) -> None:
    conversation, _ = await a_shopper(store, vault)
    async with store.begin() as work:
        await work.session.execute(
            text(
                "INSERT INTO messages (conversation_id, channel, author, text, delivery)"
                " SELECT :id, 'whatsapp', 'bot', 'word ' || n, 'read' FROM generate_series(1, 1201) n"
            ),
            {"id": conversation},
        )
    later = datetime.now(UTC) + timedelta(days=366)

    await Housekeeper(store, vault, Periods(words=365, files=0, audit=0), now=lambda: later).tidy()

    async with store.begin() as work:
        assert await work.session.scalar(text("SELECT count(*) FROM messages WHERE text <> ''")) == 0
