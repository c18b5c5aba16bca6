"""Who writes Chinese in traditional characters reads what the gateway says itself in them too."""

from __future__ import annotations

import pytest

from bot.domain.command import Asked, Command
from bot.domain.messages import Kind
from responses.traditional import writes_traditional
from tests.dialogue.conftest import Dialogue
from tests.dialogue.test_outreach import NOON, knows_an_order, written
from tests.doubles.assistant import a_handoff, an_answer

TAIWAN = "我的訂單什麼時候到？"
MAINLAND = "我的订单什么时候到？"


async def in_the_queue(dialogue: Dialogue, *texts: str) -> None:
    dialogue.assistant.reply = lambda _: an_answer("好", handoff=a_handoff(), language="zh")
    for text in texts:
        await dialogue.shopper_says(text)


async def asks(dialogue: Dialogue, command: Command, argument: str | None = None) -> str:
    asked = Asked(command, argument).payload
    return "".join(await dialogue.shopper_says(f"/{command}", kind=Kind.COMMAND, payload=asked))


async def claims(dialogue: Dialogue, name: str) -> str:
    await dialogue.desk.claim((await dialogue.conversation()).id, await dialogue.operator(name))
    return "".join(await dialogue.work())


@pytest.mark.parametrize(
    ("texts", "traditional"),
    [
        pytest.param([TAIWAN], True, id="traditional"),
        pytest.param([MAINLAND], False, id="simplified"),
        pytest.param([TAIWAN, "ok 20417"], True, id="told by an earlier message"),
        pytest.param([TAIWAN, MAINLAND], False, id="changed since"),
    ],
)
async def test_a_colleague_comes_in_the_characters_the_shopper_writes(
    dialogue: Dialogue, texts: list[str], traditional: bool
) -> None:
    await in_the_queue(dialogue, *texts)

    assert writes_traditional(await asks(dialogue, Command.HUMAN)) is traditional

    joined = await claims(dialogue, "张云")

    assert "张云" in joined
    assert writes_traditional(joined.replace("张云", "")) is traditional


async def test_the_line_when_the_assistant_is_down_is_in_the_characters_of_the_first_message(
    dialogue: Dialogue,
) -> None:
    dialogue.assistant.down = True

    (line,) = await dialogue.shopper_says(TAIWAN, language_hint="zh")

    assert writes_traditional(line) is True
    assert "分鐘" in line


async def test_a_button_shows_nothing_of_what_a_shopper_writes(dialogue: Dialogue) -> None:
    await in_the_queue(dialogue, TAIWAN)
    await dialogue.shopper_says("转人工", payload="/affirm")

    assert writes_traditional(await asks(dialogue, Command.PRIVACY)) is True


async def test_a_language_is_chosen_in_the_characters_the_shopper_writes(dialogue: Dialogue) -> None:
    await in_the_queue(dialogue, TAIWAN)

    assert writes_traditional(await asks(dialogue, Command.LANGUAGE, "zh")) is True
    assert writes_traditional(await asks(dialogue, Command.LANGUAGE, "en")) is None


async def test_a_late_order_is_told_in_traditional_characters_with_its_facts_as_they_are(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("好", language="zh")
    await dialogue.shopper_says(TAIWAN)
    await knows_an_order(dialogue, carrier="顺丰速运")

    news = "".join(await written(dialogue, NOON))

    assert all(fact in news for fact in ("WL-7", "5月31日", "顺丰速运"))
    assert writes_traditional(news.replace("顺丰速运", "")) is True
