from __future__ import annotations

import pytest

from bot.domain.conversation import Holder
from bot.domain.emotion import Emotion
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.messages import Author, Button, Delivery, Kind, Reply
from bot.errors import DeliveryError, DeliveryRefused, RateLimited, ShopperUnreachable, WrongTurn
from bot.turns.assistant import Answer
from bot.turns.turn import Turn
from tests.dialogue.conftest import Dialogue
from tests.doubles.assistant import a_handoff, a_reading, an_answer


async def test_a_message_is_answered_and_its_reading_is_kept(dialogue: Dialogue) -> None:
    assert await dialogue.shopper_says("hello") == ["echo hello"]

    said, answered = await dialogue.transcript()
    assert said.reading == a_reading()
    assert said.handled_at is not None
    assert answered.in_reply_to == said.id
    assert answered.delivery is Delivery.SENT


async def test_messages_that_came_together_are_answered_together_and_in_order(dialogue: Dialogue) -> None:
    for text in ("one", "two", "three"):
        await dialogue.shopper_writes(text)

    assert await dialogue.work() == ["echo one\ntwo\nthree"]


async def test_a_repeated_update_is_answered_once(dialogue: Dialogue) -> None:
    await dialogue.shopper_writes("hello")
    message = (await dialogue.transcript())[0]
    async with dialogue.store.begin() as work:
        await work.conversations.get(message.conversation_id)
    assert await dialogue.work() == ["echo hello"]
    assert await dialogue.work() == []


async def test_each_message_has_its_own_id_for_the_assistant_and_keeps_it_when_tried_again(dialogue: Dialogue) -> None:
    fails = [True]

    def reply(question: object) -> Answer:
        if fails and fails.pop():
            raise RuntimeError("the database went away")
        return an_answer("here")

    dialogue.assistant.reply = reply
    await dialogue.shopper_writes("hello")
    with pytest.raises(RuntimeError):
        await dialogue.work()

    assert await dialogue.work() == ["here"]
    first, again = dialogue.assistant.asked
    assert first.message_id == again.message_id


async def test_a_message_that_always_breaks_goes_to_people_and_blocks_nobody(dialogue: Dialogue) -> None:
    def reply(question: object) -> Answer:
        raise RuntimeError("poison")

    dialogue.assistant.reply = reply
    await dialogue.shopper_writes("☠")
    with pytest.raises(RuntimeError):
        await dialogue.work()

    (line,) = await dialogue.work(last_try=True)
    assert line
    assert (await dialogue.conversation()).holder is Holder.QUEUE
    assert (await dialogue.handoffs())[0].words == "☠"


async def test_when_the_assistant_is_down_the_shopper_gets_one_honest_line_and_a_person(dialogue: Dialogue) -> None:
    dialogue.assistant.down = True
    replies = await dialogue.shopper_says("my blender is broken")

    assert len(replies) == 1
    assert "15 minutes" in replies[0]
    (handoff,) = await dialogue.handoffs()
    assert (handoff.reason, handoff.words) == (Reason.ERROR, "my blender is broken")
    assert (await dialogue.conversation()).holder is Holder.QUEUE


async def test_an_assistant_that_says_nothing_counts_as_broken(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer()
    (line,) = await dialogue.shopper_says("hello")

    assert line
    assert (await dialogue.handoffs())[0].reason is Reason.ERROR


async def test_a_handoff_is_in_the_commit_of_its_turn(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("Ana takes over", handoff=a_handoff(Reason.ANGER, 5, "third week"))
    assert await dialogue.shopper_says("third week!!") == ["Ana takes over"]

    conversation = await dialogue.conversation()
    (handoff,) = await dialogue.handoffs()
    assert (conversation.holder, conversation.severity) == (Holder.QUEUE, 5)
    assert (handoff.reason, handoff.words) == (Reason.ANGER, "third week")
    assert handoff.due_at is not None
    assert conversation.waiting_since is not None


async def test_somebody_is_due_when_the_shopper_was_told(dialogue: Dialogue) -> None:
    request = HandoffRequest(Reason.ASKED, 2, "a person", within_minutes=14 * 60 + 20)
    dialogue.assistant.reply = lambda _: an_answer("within 15 hours", handoff=request)

    await dialogue.shopper_says("a person please")

    (handoff,) = await dialogue.handoffs()
    assert handoff.due_at is not None
    assert round((handoff.due_at - handoff.opened_at).total_seconds() / 60) == 14 * 60 + 20


async def test_the_bot_is_silent_while_people_hold_the_conversation_and_still_reads_the_feeling(
    dialogue: Dialogue,
) -> None:
    dialogue.assistant.reply = lambda _: an_answer("a person comes", handoff=a_handoff())
    await dialogue.shopper_says("a person please")

    assert await dialogue.shopper_says("are you there??") == []
    assert len(dialogue.assistant.asked) == 1
    last = (await dialogue.transcript())[-1]
    assert last.reading is not None
    assert last.reading.emotion is Emotion.ANGER


async def test_a_message_to_an_operator_is_kept_even_when_nothing_can_read_it(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("a person comes", handoff=a_handoff())
    await dialogue.shopper_says("a person please")
    dialogue.assistant.down = True

    assert await dialogue.shopper_says("hello?") == []
    last = (await dialogue.transcript())[-1]
    assert (last.text, last.reading) == ("hello?", None)
    assert last.handled_at is not None


async def test_an_operator_claims_answers_and_returns_and_the_bot_speaks_again(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("a person comes", handoff=a_handoff())
    await dialogue.shopper_says("a person please")
    conversation, ana = await dialogue.conversation(), await dialogue.operator("Ana")

    await dialogue.desk.claim(conversation.id, ana)
    (joined,) = await dialogue.work()
    await dialogue.desk.reply(conversation.id, ana, "  Hello, I am looking into it.  ")
    answered = await dialogue.work()
    await dialogue.desk.return_to_bot(conversation.id, ana)
    (returned,) = await dialogue.work()
    dialogue.assistant.reply = lambda _: an_answer("bot again")

    assert "Ana" in joined
    assert answered == ["Hello, I am looking into it."]
    assert returned
    assert await dialogue.shopper_says("thanks") == ["bot again"]
    (handoff,) = await dialogue.handoffs()
    assert (handoff.operator_id, handoff.outcome) == (ana.id, "returned")
    assert handoff.closed_at is not None


async def test_only_the_operator_who_holds_a_conversation_may_act_in_it(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("a person comes", handoff=a_handoff())
    await dialogue.shopper_says("a person please")
    conversation = await dialogue.conversation()
    ana, ben = await dialogue.operator("Ana"), await dialogue.operator("Ben")
    await dialogue.desk.claim(conversation.id, ana)

    for act in (dialogue.desk.claim, dialogue.desk.release, dialogue.desk.return_to_bot, dialogue.desk.take_over):
        with pytest.raises(WrongTurn):
            await act(conversation.id, ben)
    with pytest.raises(WrongTurn):
        await dialogue.desk.reply(conversation.id, ben, "me too")


async def test_a_released_conversation_waits_again_from_when_it_began_to(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("a person comes", handoff=a_handoff(severity=4))
    await dialogue.shopper_says("a person please")
    before, ana = await dialogue.conversation(), await dialogue.operator("Ana")
    await dialogue.desk.claim(before.id, ana)

    await dialogue.desk.release(before.id, ana)

    after = await dialogue.conversation()
    assert (after.holder, after.operator_id, after.severity) == (Holder.QUEUE, None, 4)
    assert after.waiting_since == before.waiting_since


async def test_what_the_bot_wanted_to_say_is_withdrawn_when_an_operator_was_quicker(dialogue: Dialogue) -> None:
    await dialogue.shopper_writes("hello")
    conversation, ana = await dialogue.conversation(), await dialogue.operator("Ana")
    await dialogue.pipeline.drain(conversation.id, last_try=False)
    await dialogue.desk.take_over(conversation.id, ana)

    reached = await dialogue.work()

    assert len(reached) == 1
    assert "Ana" in reached[0]
    states = {m.text: m.delivery for m in await dialogue.transcript() if m.author is Author.BOT}
    assert states == {"echo hello": Delivery.WITHDRAWN}


async def test_a_turn_overtaken_by_an_operator_says_nothing(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello")
    conversation, ana = await dialogue.conversation(), await dialogue.operator("Ana")

    class Thinking:
        async def __call__(self, turn: Turn) -> Turn:
            await dialogue.desk.take_over(conversation.id, ana)
            return turn

    dialogue.pipeline._stages = [*dialogue.pipeline._stages, Thinking()]
    await dialogue.shopper_writes("and?")
    reached = await dialogue.work()

    assert len(reached) == 1
    assert "Ana" in reached[0]


async def test_a_photo_gets_a_polite_line_and_stays_with_the_bot(dialogue: Dialogue) -> None:
    (line,) = await dialogue.shopper_says("", kind=Kind.PHOTO)

    assert line
    assert dialogue.assistant.asked == []
    assert (await dialogue.conversation()).holder is Holder.BOT


async def test_a_photo_with_words_is_read_by_its_words(dialogue: Dialogue) -> None:
    assert await dialogue.shopper_says("it arrived like this", kind=Kind.PHOTO) == ["echo it arrived like this"]


async def test_a_typed_number_means_the_button_it_stands_for(dialogue: Dialogue) -> None:
    buttons = (Button("Yes", "/affirm"), Button("No", "/deny"))
    dialogue.assistant.reply = lambda _: Answer(a_reading(), (Reply("Shall I?", buttons),), language="en")
    (offer,) = await dialogue.shopper_says("hm")
    await dialogue.shopper_says("2")

    assert offer == "Shall I?\n\n1. Yes\n2. No"
    assert dialogue.assistant.asked[-1].text == "/deny"


async def test_a_number_where_nothing_was_offered_is_just_a_number(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hm")
    await dialogue.shopper_says("2")
    assert dialogue.assistant.asked[-1].text == "2"


async def test_a_typed_slash_is_no_command_to_rasa(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("/restart")
    assert dialogue.assistant.asked[-1].text == "restart"


async def test_a_long_reply_is_split_for_the_channel_and_loses_nothing(dialogue: Dialogue) -> None:
    sentences = [f"This is sentence number {n}, and it goes on a little." for n in range(12)]
    dialogue.assistant.reply = lambda _: an_answer(" ".join(sentences))
    pieces = await dialogue.shopper_says("tell me")

    assert all(len(piece) <= 200 for piece in pieces)
    assert " ".join(pieces) == " ".join(sentences)


async def test_the_gateway_speaks_the_language_of_the_conversation(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("да", language="ru")
    await dialogue.shopper_says("привет")
    dialogue.assistant.down = True

    (line,) = await dialogue.shopper_says("ау")
    assert "15 минут" in line


async def test_a_reply_that_failed_for_now_is_sent_later_and_before_newer_ones(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [DeliveryError("502")]
    await dialogue.shopper_writes("one")
    with pytest.raises(DeliveryError):
        await dialogue.work()
    await dialogue.shopper_writes("two")

    assert await dialogue.work() == ["echo one", "echo two"]


async def test_a_rate_limit_is_passed_on_with_its_seconds_and_costs_no_try(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [RateLimited("slow down", retry_after=7)]
    await dialogue.shopper_writes("one")
    with pytest.raises(RateLimited) as limited:
        await dialogue.work()

    assert limited.value.retry_after == 7
    assert (await dialogue.transcript())[-1].attempts == 0


async def test_a_refused_reply_is_marked_and_holds_up_nothing(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [DeliveryRefused("too long", code="21617")]
    await dialogue.shopper_says("one")

    assert await dialogue.shopper_says("two") == ["echo two"]
    states = [(m.delivery, m.delivery_code) for m in await dialogue.transcript() if m.author is Author.BOT]
    assert states == [(Delivery.FAILED, "21617"), (Delivery.SENT, None)]


async def test_after_ten_tries_a_reply_is_given_up_and_said_so(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [DeliveryError("502", code="502") for _ in range(10)]
    await dialogue.shopper_writes("one")
    for _ in range(9):
        with pytest.raises(DeliveryError):
            await dialogue.work()

    assert await dialogue.work() == []
    last = (await dialogue.transcript())[-1]
    assert (last.delivery, last.delivery_code, last.attempts) == (Delivery.FAILED, "502", 10)


async def test_a_shopper_who_blocked_us_is_not_written_to_until_they_write_again(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [ShopperUnreachable("blocked", code="403")]
    await dialogue.shopper_writes("one")
    await dialogue.shopper_writes("two")

    assert await dialogue.work() == []
    assert (await dialogue.conversation()).unreachable_since is not None
    assert await dialogue.shopper_says("I am back") == ["echo I am back"]


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
async def test_a_threat_waits_for_an_operator_with_its_words_and_urgency(dialogue: Dialogue, language: str) -> None:
    asked = a_handoff(Reason.THREAT, 4, "my lawyer writes to you")
    dialogue.assistant.reply = lambda _: an_answer("a person comes", handoff=asked, language=language)

    assert await dialogue.shopper_says("my lawyer writes to you tomorrow") == ["a person comes"]

    conversation, (handoff,) = await dialogue.conversation(), await dialogue.handoffs()
    assert (conversation.holder, conversation.severity, conversation.language) == (Holder.QUEUE, 4, language)
    assert (handoff.reason, handoff.words) == (Reason.THREAT, "my lawyer writes to you")


async def test_a_word_about_the_language_comes_before_the_answer(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("I answer in English.", "Which order?")

    assert await dialogue.shopper_says("gdzie jest moja paczka") == ["I answer in English.", "Which order?"]
