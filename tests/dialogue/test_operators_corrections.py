"""Operators correct what was read, and send again what failed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from actions.policy import Stance
from actions.situation import Decision, Situation, as_kept
from bot.domain.correction import CorrectionKind
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from bot.domain.messages import Author, Delivery, Kind
from bot.domain.people import Message
from bot.errors import DeliveryRefused, NotAllowed, WrongTurn
from bot.store.tables import AuditRow
from tests.dialogue.conftest import Dialogue
from tests.doubles.assistant import a_handoff, a_reading, an_answer

FURIOUS = Situation("complain", Emotion.ANGER, 0.9, 0.9, 0.0)
ASKING = Situation("ask_human", Emotion.NEUTRAL, 0.9, 0.1, 0.0)


async def handed_over(dialogue: Dialogue, reason: Reason, severity: int, situation: Situation) -> Message:
    """Let a message lead to a handoff, with the policy's decision on record; return the message."""
    said = an_answer("A colleague comes.", handoff=a_handoff(reason, severity))
    reading = a_reading(situation.emotion, intent=situation.intent)
    dialogue.assistant.reply = lambda _: replace(said, reading=reading)
    await dialogue.shopper_says("words of the shopper")
    message = (await dialogue.transcript())[0]
    async with dialogue.store.begin() as work:
        kept = as_kept(situation, Decision(Stance.HANDOFF, reason, severity))
        await work.decisions.add(message.conversation_id, str(message.id), kept)
    return message


async def audited(dialogue: Dialogue, act: str) -> list[dict[str, object]]:
    async with dialogue.store.begin() as work:
        return list(await work.session.scalars(select(AuditRow.details).where(AuditRow.act == act)))


async def test_anger_that_was_none_goes_down_the_queue_and_up_again_when_taken_back(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    message = await handed_over(dialogue, Reason.ANGER, 5, FURIOUS)

    await dialogue.corrector.correct(message.id, ana, CorrectionKind.EMOTION, "neutral")
    lowered = (await dialogue.conversation()).severity
    await dialogue.corrector.undo(message.id, ana, CorrectionKind.EMOTION)

    assert (lowered, (await dialogue.conversation()).severity) == (1, 5)
    assert await audited(dialogue, "correct") == [
        {"message": message.id, "kind": "emotion", "was": "anger", "became": "neutral", "severity": 1}
    ]
    assert await audited(dialogue, "undo_correction") == [{"message": message.id, "kind": "emotion", "severity": 5}]


async def test_anger_that_was_missed_goes_up_the_queue(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    message = await handed_over(dialogue, Reason.ASKED, 2, ASKING)

    await dialogue.corrector.correct(message.id, ana, CorrectionKind.EMOTION, "anger")

    assert (await dialogue.conversation()).severity == 5


async def test_anger_while_waiting_goes_up_the_queue_as_well(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    await handed_over(dialogue, Reason.ASKED, 2, ASKING)
    await dialogue.shopper_says("hello??")
    later = (await dialogue.transcript())[-1]

    await dialogue.corrector.correct(later.id, ana, CorrectionKind.EMOTION, "disappointment")
    before = (await dialogue.conversation()).severity
    await dialogue.corrector.correct(later.id, ana, CorrectionKind.EMOTION, "anger")
    as_read = (await dialogue.conversation()).severity

    assert later.reading is not None
    assert later.reading.emotion is Emotion.ANGER
    # What is corrected to what was read is no correction any more.
    assert (before, as_read) == (2, 2)


async def test_a_correction_of_a_chat_with_the_bot_sorts_nothing(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    await dialogue.shopper_says("hello")
    message = (await dialogue.transcript())[0]

    await dialogue.corrector.correct(message.id, ana, CorrectionKind.EMOTION, "anger")

    async with dialogue.store.begin() as work:
        kept = await work.corrections.of(message.conversation_id)
    assert [(c.was, c.became) for c in kept] == [("neutral", "anger")]
    assert (await dialogue.conversation()).severity == 0


async def test_an_intent_is_corrected_beside_the_emotion(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    message = await handed_over(dialogue, Reason.ANGER, 5, FURIOUS)

    await dialogue.corrector.correct(message.id, ana, CorrectionKind.EMOTION, "frustration")
    await dialogue.corrector.correct(message.id, ana, CorrectionKind.INTENT, "threat_legal")

    # A threat (4), and upset (1).
    assert (await dialogue.conversation()).severity == 5


async def test_what_the_bot_said_has_no_reading_to_correct(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    await dialogue.shopper_says("hello")
    of_bot = (await dialogue.transcript())[1]

    with pytest.raises(NotAllowed):
        await dialogue.corrector.correct(of_bot.id, ana, CorrectionKind.EMOTION, "anger")
    with pytest.raises(LookupError, match="999"):
        await dialogue.corrector.correct(999, ana, CorrectionKind.EMOTION, "anger")


async def test_a_burst_and_a_caption_are_read_while_a_person_talks(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    await handed_over(dialogue, Reason.ASKED, 2, ASKING)
    await dialogue.desk.claim((await dialogue.conversation()).id, ana)

    for text in ("so", "where is it", "I have waited long enough!!"):
        await dialogue.shopper_writes(text)
    await dialogue.work()
    await dialogue.shopper_says("look at this mess", kind=Kind.PHOTO)

    said = [m for m in await dialogue.transcript() if m.author is Author.SHOPPER][1:]
    assert dialogue.assistant.read_texts == ["so\nwhere is it\nI have waited long enough!!", "look at this mess"]
    assert [m.reading is not None for m in said] == [False, False, True, True]


async def test_a_failed_reply_is_sent_again_once(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    await handed_over(dialogue, Reason.ASKED, 2, ASKING)
    conversation = await dialogue.conversation()
    await dialogue.desk.claim(conversation.id, ana)
    await dialogue.work()
    dialogue.sender.failing = [DeliveryRefused("no", code="21617")]
    await dialogue.desk.reply(conversation.id, ana, "It is on its way")
    await dialogue.work()
    failed = (await dialogue.transcript())[-1]

    await dialogue.desk.resend(conversation.id, ana, failed.id)
    with pytest.raises(WrongTurn):
        await dialogue.desk.resend(conversation.id, ana, failed.id)
    sent = await dialogue.work()

    again = (await dialogue.transcript())[-1]
    assert failed.delivery is Delivery.FAILED
    assert (sent, again.id, again.delivery, again.delivery_code) == (
        ["It is on its way"], failed.id, Delivery.SENT, None,
    )  # fmt: skip
    assert await audited(dialogue, "resend") == [{"message": failed.id}]


async def test_only_a_failed_reply_of_an_own_chat_is_sent_again(dialogue: Dialogue) -> None:
    ana, kostas = await dialogue.operator("Ana"), await dialogue.operator("Kostas")
    await handed_over(dialogue, Reason.ASKED, 2, ASKING)
    conversation = await dialogue.conversation()
    await dialogue.desk.claim(conversation.id, ana)
    await dialogue.desk.reply(conversation.id, ana, "It is on its way")
    await dialogue.work()
    arrived = (await dialogue.transcript())[-1]

    with pytest.raises(WrongTurn, match="did not fail"):
        await dialogue.desk.resend(conversation.id, ana, arrived.id)
    with pytest.raises(WrongTurn, match="not yours"):
        await dialogue.desk.resend(conversation.id, kostas, arrived.id)
