"""What a shopper can ask of Warmline itself, with a reaction, or with a file that has no words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import yaml
from sqlalchemy import text

from bot.domain.command import YES, Asked, Command, asked_in
from bot.domain.conversation import Holder
from bot.domain.emotion import Emotion
from bot.domain.messages import Author, Button, InboundMessage, Kind, Media, Reply
from bot.settings import ROOT
from tests.dialogue.conftest import CHANNEL, Dialogue
from tests.doubles.assistant import a_handoff, an_answer


async def asks(dialogue: Dialogue, command: Command, argument: str | None = None) -> list[str]:
    payload = Asked(command, argument).payload
    return await dialogue.shopper_says(f"/{command}", kind=Kind.COMMAND, payload=payload)


async def in_the_queue(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("A colleague comes.", handoff=a_handoff())
    await dialogue.shopper_says("I would like to speak with a person.")
    assert (await dialogue.conversation()).holder is Holder.QUEUE


async def with_ana(dialogue: Dialogue) -> None:
    await in_the_queue(dialogue)
    await dialogue.desk.claim((await dialogue.conversation()).id, await dialogue.operator("Ana"))
    await dialogue.work()


def test_no_command_is_an_intent_of_the_assistant() -> None:
    intents = yaml.safe_load((ROOT / "domain.yml").read_text())["intents"]

    assert not {command.value for command in Command} & set(intents)


@pytest.mark.parametrize(
    "asked", [Asked(command) for command in Command] + [Asked(Command.LANGUAGE, "ru"), Asked(Command.START, 'a_Я"1')]
)
def test_a_command_is_read_from_its_payload(asked: Asked) -> None:
    assert asked_in(asked.payload) == asked


@pytest.mark.parametrize("payload", [None, "", "/affirm", "/", "/language{", '/language{"to"', "human", "/language{}"])
def test_what_is_no_command_is_none(payload: str | None) -> None:
    assert asked_in(payload) is None


@pytest.mark.parametrize(
    ("command", "argument", "said"),
    [
        (Command.START, None, "/greet"),
        (Command.START, "order_WL-1003", '/ask_order_status{"order_number": "WL-1003"}'),
        (Command.START, 'order_"}{', "/greet"),
        (Command.HUMAN, None, "/ask_human"),
        (Command.STATUS, None, "/ask_order_status"),
        (Command.FORGET, None, "/delete_my_data"),
    ],
)
async def test_what_the_assistant_understands_is_put_to_it(
    dialogue: Dialogue, command: Command, argument: str | None, said: str
) -> None:
    await asks(dialogue, command, argument)

    assert [question.text for question in dialogue.assistant.asked] == [said]


async def test_a_chosen_language_is_spoken_from_then_on(dialogue: Dialogue) -> None:
    (question,) = await asks(dialogue, Command.LANGUAGE)
    confirmed = await asks(dialogue, Command.LANGUAGE, "ru")

    assert all(name in question for name in ("English", "Русский", "中文", "Ελληνικά"))
    assert (await dialogue.conversation()).language == "ru"
    assert any("а" <= letter <= "я" for letter in confirmed[0])
    await dialogue.shopper_says("12345")
    assert dialogue.assistant.asked[-1].language_hint == "ru"


async def test_who_wants_a_language_we_do_not_speak_is_offered_ours(dialogue: Dialogue) -> None:
    (question,) = await asks(dialogue, Command.LANGUAGE, "tr")

    assert "Ελληνικά" in question
    assert (await dialogue.conversation()).language is None


async def test_who_waits_is_told_their_place_and_the_time(dialogue: Dialogue) -> None:
    await in_the_queue(dialogue)

    (line,) = await asks(dialogue, Command.HUMAN)

    assert "1" in line
    assert "10 minutes" in line
    assert (await dialogue.transcript())[-1].author is Author.SYSTEM


async def test_a_time_that_is_over_is_not_told_again(dialogue: Dialogue) -> None:
    await in_the_queue(dialogue)
    dialogue.now = datetime.now(UTC) + timedelta(minutes=11)

    (line,) = await asks(dialogue, Command.HUMAN)

    assert "minute" not in line


async def test_the_place_counts_those_who_are_hotter_or_longer_there(dialogue: Dialogue) -> None:
    for address, severity in (("first", 2), ("hotter", 4)):
        await dialogue.inbox.receive(InboundMessage(CHANNEL, f"of-{address}", address, "hello there, everybody."))
        async with dialogue.store.begin() as work:
            known = await work.conversations.known(CHANNEL, address)
            assert known is not None
            await work.conversations.pass_to(known.id, Holder.QUEUE)
            await work.conversations.set(known.id, severity=severity)
    await in_the_queue(dialogue)

    async with dialogue.store.begin() as work:
        places = {
            address: await work.conversations.place_in_queue(known.id)
            for address in ("hotter", "first", "anna")
            if (known := await work.conversations.known(CHANNEL, address))
        }

    assert places == {"hotter": 1, "first": 2, "anna": 3}


async def test_who_would_rather_have_the_bot_leaves_the_queue(dialogue: Dialogue) -> None:
    await in_the_queue(dialogue)

    replies = await asks(dialogue, Command.BOT)

    assert len(replies) == 1
    assert (await dialogue.conversation()).holder is Holder.BOT
    assert [handoff.outcome for handoff in await dialogue.handoffs()] == ["left_queue"]
    dialogue.assistant.reply = lambda _: an_answer("Here I am.")
    assert await dialogue.shopper_says("where is my order?") == ["Here I am."]


async def test_who_is_with_an_operator_stays_with_them(dialogue: Dialogue) -> None:
    await with_ana(dialogue)

    replies = await asks(dialogue, Command.BOT)

    assert len(replies) == 1
    assert (await dialogue.conversation()).holder is Holder.OPERATOR


@pytest.mark.parametrize("command", [Command.START, Command.HUMAN, Command.STATUS])
async def test_an_operator_sees_a_command_and_nobody_answers_it(dialogue: Dialogue, command: Command) -> None:
    await with_ana(dialogue)

    assert await asks(dialogue, command) == []
    assert (await dialogue.transcript())[-1].kind is Kind.COMMAND


@pytest.mark.parametrize("command", [Command.PRIVACY, Command.FORGET, Command.STOP])
async def test_what_is_true_whoever_holds_the_chat_is_said_in_any_case(
    dialogue: Dialogue, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = replace(dialogue.sender.capabilities, max_text=4096)  # the notice about privacy is long
    monkeypatch.setattr(type(dialogue.sender), "capabilities", whole)
    await with_ana(dialogue)

    assert len(await asks(dialogue, command)) == 1


async def test_a_stop_that_the_provider_has_answered_is_obeyed_without_a_word(dialogue: Dialogue) -> None:
    replies = await dialogue.shopper_says("STOP", kind=Kind.COMMAND, payload='/stop{"to": "answered"}')

    assert replies == []
    assert (await dialogue.conversation()).no_outreach
    assert [message.author for message in await dialogue.transcript()] == [Author.SHOPPER]


async def test_stop_and_resume_switch_what_is_written_first(dialogue: Dialogue) -> None:
    await asks(dialogue, Command.STOP)
    stopped = (await dialogue.conversation()).no_outreach
    await asks(dialogue, Command.RESUME)

    assert stopped
    assert not (await dialogue.conversation()).no_outreach


async def test_a_happy_reaction_is_kept_and_not_answered(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("where is my order?")

    assert await dialogue.shopper_says("👍", kind=Kind.REACTION, quotes="provider-1") == []
    seen = (await dialogue.transcript())[-1]
    assert seen.reading is not None
    assert seen.quotes_id is not None


async def test_an_unhappy_reaction_to_the_bot_is_answered_once_a_day(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("where is my order?")

    first = await dialogue.shopper_says("👎", kind=Kind.REACTION, quotes="provider-1")
    again = await dialogue.shopper_says("😡", kind=Kind.REACTION, quotes="provider-1")
    dialogue.now = datetime.now(UTC) + timedelta(hours=24, minutes=1)
    next_day = await dialogue.shopper_says("😡", kind=Kind.REACTION, quotes="provider-1")

    assert [len(first), len(again), len(next_day)] == [1, 0, 1]
    assert "Talk to a person" in first[0]


async def test_an_unhappy_reaction_to_a_colleague_is_theirs_to_see(dialogue: Dialogue) -> None:
    await with_ana(dialogue)

    replies = await dialogue.shopper_says("👎", kind=Kind.REACTION, quotes="provider-2")

    reading = (await dialogue.transcript())[-1].reading
    assert replies == []
    assert reading is not None
    assert reading.emotion is Emotion.ANGER


@pytest.mark.parametrize("hours", [pytest.param(23, id="today"), pytest.param(25, id="long ago")])
async def test_a_photo_belongs_to_a_complaint_about_the_goods(dialogue: Dialogue, hours: int) -> None:
    await dialogue.shopper_says("the mixer arrived broken!")
    async with dialogue.store.begin() as work:
        await work.complaints.add((await dialogue.conversation()).id, "1", "damaged", None)
    dialogue.now = datetime.now(UTC) + timedelta(hours=hours)

    (line,) = await dialogue.shopper_says("", kind=Kind.PHOTO)

    attached = {"Thank you, that's now", "Received and added to", "That helps. It's kept"}
    assert any(line.startswith(start) for start in attached) == (hours == 23)


@pytest.mark.parametrize("kind", [Kind.PHOTO, Kind.DOCUMENT, Kind.VIDEO, Kind.VOICE, Kind.LOCATION, Kind.OTHER])
async def test_what_has_no_words_is_taken_with_a_line_and_stays_with_the_bot(dialogue: Dialogue, kind: Kind) -> None:
    replies = await dialogue.shopper_says("", kind=kind)

    assert len(replies) == 1
    assert dialogue.assistant.asked == []
    assert (await dialogue.conversation()).holder is Holder.BOT


async def test_parts_of_an_album_are_one_message_with_all_their_files(dialogue: Dialogue) -> None:
    def part(name: str, text: str = "") -> InboundMessage:
        return InboundMessage(
            CHANNEL, "album:7", "anna", text, kind=Kind.PHOTO, album=True, media=(Media(f"ref-{name}", name),)
        )

    await dialogue.inbox.receive(part("a"), part("b", "both arrived like this"), part("b"))

    (message,) = await dialogue.transcript()
    async with dialogue.store.begin() as work:
        files = (await work.media.of([message.id]))[message.id]
    assert message.text == "both arrived like this"
    assert [file.ref for file in files] == ["ref-a", "ref-b"]


async def test_words_that_come_with_a_later_part_of_an_album_are_read(dialogue: Dialogue) -> None:
    def part(name: str, text: str = "") -> InboundMessage:
        media = (Media(f"ref-{name}", name),)
        return InboundMessage(CHANNEL, "album:7", "anna", text, kind=Kind.PHOTO, album=True, media=media)

    await dialogue.inbox.receive(part("a"))
    await dialogue.work()
    for _ in range(2):
        await dialogue.inbox.receive(part("b", "both arrived like this, and I want my money back."))
    await dialogue.work()

    assert [asked.text for asked in dialogue.assistant.asked] == ["both arrived like this, and I want my money back."]
    assert len([m for m in await dialogue.transcript() if m.author is Author.SHOPPER]) == 2


async def by_the_button(dialogue: Dialogue) -> list[str]:
    """Say yes with the question's own button, typed as its number where there are none."""
    buttons = (Button("Yes, delete it", Asked(Command.FORGET, YES).payload), Button("No, keep it", "/deny"))
    dialogue.assistant.reply = lambda _: replace(an_answer(), replies=(Reply("Delete the chat?", buttons),))
    await asks(dialogue, Command.FORGET)
    return await dialogue.shopper_says("1")


async def in_words(dialogue: Dialogue) -> list[str]:
    """Say yes in words, which the assistant reads."""
    dialogue.assistant.reply = lambda _: replace(an_answer(), forget=True)
    return await dialogue.shopper_says("yes, all of it please.")


@pytest.mark.parametrize("say_yes", [by_the_button, in_words])
async def test_who_says_yes_to_being_forgotten_is(
    dialogue: Dialogue, say_yes: Callable[[Dialogue], Awaitable[list[str]]]
) -> None:
    await dialogue.shopper_says("where is my order?", shopper_name="Anna", proven_phone="+306900001001")
    conversation = await dialogue.conversation()
    async with dialogue.store.begin() as work:
        await work.complaints.add(conversation.id, "1", "late", None)
        await work.decisions.add(conversation.id, "1", {"stance": "steady"})
        await work.session.execute(text("CREATE TABLE rasa.events (sender_id text)"))
        for sender in (conversation.id, "somebody else"):
            await work.session.execute(text("INSERT INTO rasa.events VALUES (:id)"), {"id": sender})

    (line,) = await say_yes(dialogue)

    assert [(m.author, m.text) for m in await dialogue.transcript()] == [(Author.SYSTEM, line)]
    forgotten = await dialogue.conversation()
    assert (forgotten.shopper_name, forgotten.language) == (None, None)
    async with dialogue.store.begin() as work:
        assert await work.proofs.of(conversation.id) == []
        assert await work.complaints.since(conversation.id, conversation.created_at) == []
        assert await work.decisions.of(conversation.id) == {}
        left = await work.session.scalars(text("SELECT sender_id FROM rasa.events"))
        assert list(left) == ["somebody else"]


async def test_an_operator_who_took_the_chat_meanwhile_keeps_it(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("where is my order?")
    conversation = await dialogue.conversation()
    ana = await dialogue.operator("Ana")
    await dialogue.shopper_writes("yes, delete it.")
    turn, _ = await dialogue.pipeline._next(conversation.id)
    assert turn is not None
    await dialogue.desk.take_over(conversation.id, ana)

    await dialogue.pipeline._record(replace(turn, obeyed=Asked(Command.FORGET, YES)))

    assert (await dialogue.transcript())[0].text == "where is my order?"


async def test_what_people_hold_is_not_forgotten_over_their_heads(dialogue: Dialogue) -> None:
    await with_ana(dialogue)

    (line,) = await asks(dialogue, Command.FORGET, "yes")

    assert line
    assert len(await dialogue.transcript()) > 3


async def test_the_files_of_somebody_forgotten_are_deleted_too(dialogue: Dialogue, database_url: str) -> None:
    await dialogue.shopper_says("", kind=Kind.PHOTO)
    (photo, _) = await dialogue.transcript()
    async with dialogue.store.begin() as work:
        (media_id,) = await work.media.arrived(photo.id, [Media("ref", "same")])
        await work.media.stored(media_id, key="aa/" + "b" * 30, content_type="image/png", size=1)

    await asks(dialogue, Command.FORGET, "yes")

    with psycopg.connect(database_url) as looking:
        jobs = looking.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'delete_files'").fetchall()
    assert jobs == [({"keys": ["aa/" + "b" * 30]},)]
