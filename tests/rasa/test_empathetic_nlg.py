from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from nlu.empathetic_nlg import EmpatheticNLG
from responses.book import BookError

SLOT = "{type: any, mappings: [{type: custom}]}"
DOMAIN = Domain.from_yaml(f'version: "3.1"\nslots:\n  language: {SLOT}\n  stance: {SLOT}\n  cause: {SLOT}\n')
PAGE = """
language: {language}
responses:
  utter_order_late:
    any: ["{language}: {{number}} is late.", "{language}: late is {{number}}."]
    buttons: [{{title: "Yes", payload: "/affirm"}}]
  utter_greet: {{any: ["{language}: hello."]}}
  utter_csat: {{any: ["{language}: how was it?"]}}
  utter_handoff_anger: {{any: ["{language}: a person comes."]}}
  utter_handoff_asked: {{any: ["{language}: a person comes."]}}
acknowledgements:
  soothe: {{late: ["A sorry.", "B sorry."], general: ["G sorry."]}}
words: {{share_phone: "{language}: share"}}
"""
CHINESE = """
language: zh
responses:
  utter_order_late:
    any: ["您的订单 {number} 晚了，里面是{items}，现在{status}：https://shop.example/订单/{number}"]
    buttons: [{title: "转人工", payload: "/affirm"}]
acknowledgements:
  soothe: {general: ["让您久等了。"]}
words: {share_phone: "发送手机号", shipped: "已发货"}
"""


@pytest.fixture(scope="module")
def nlg(tmp_path_factory: pytest.TempPathFactory) -> EmpatheticNLG:
    folder = tmp_path_factory.mktemp("responses")
    for language in ("en", "el", "zh"):
        (folder / f"{language}.yml").write_text(PAGE.format(language=language), encoding="utf-8")
    return EmpatheticNLG(EndpointConfig(folder=str(folder)), DOMAIN)


def conversation(
    *events: Event,
    language: str | None = "en",
    stance: str = "soothe",
    cause: str = "late",
    channel: str = "web",
    sure: float = 0.9,
    intent: str = "report_late",
) -> DialogueStateTracker:
    slots = [SlotSet("language", language), SlotSet("stance", stance), SlotSet("cause", cause)]
    said = UserUttered("?", {"name": intent, "confidence": sure}, input_channel=channel)
    return DialogueStateTracker.from_events("c", [*events, said, *slots], slots=DOMAIN.slots, domain=DOMAIN)


async def say(nlg: EmpatheticNLG, key: str, tracker: DialogueStateTracker, **facts: Any) -> dict[str, Any]:
    return await nlg.generate(key, tracker, "collector", domain_responses={}, text=None, buttons=[], **facts)


def spoken(draft: dict[str, Any]) -> BotUttered:
    return BotUttered(draft["text"], metadata={name: draft[name] for name in ("response", "variation", "ack")})


async def test_a_reply_is_in_the_language_of_the_shopper(nlg: EmpatheticNLG) -> None:
    draft = await say(nlg, "utter_greet", conversation(language="el", stance="steady"))

    assert draft["text"] == "el: hello."


@pytest.mark.parametrize("language", [None, "und", "de"])
async def test_a_language_that_is_not_spoken_is_answered_in_english(nlg: EmpatheticNLG, language: str | None) -> None:
    assert (await say(nlg, "utter_greet", conversation(language=language)))["text"] == "en: hello."


@pytest.mark.parametrize(("sure", "acknowledged"), [(0.4, True), (0.39, False)])
async def test_what_is_not_surely_read_is_not_acknowledged(nlg: EmpatheticNLG, sure: float, acknowledged: bool) -> None:
    draft = await say(nlg, "utter_order_late", conversation(sure=sure), number="WL-1")

    assert (draft["ack"] is not None) is acknowledged


async def test_the_question_how_it_was_is_not_acknowledged(nlg: EmpatheticNLG) -> None:
    assert (await say(nlg, "utter_csat", conversation()))["text"] == "en: how was it?"


async def test_chinese_sentences_have_no_space_between_them(nlg: EmpatheticNLG) -> None:
    draft = await say(nlg, "utter_order_late", conversation(language="zh"), number="WL-1")

    assert ".zh: " in draft["text"]


async def test_an_upset_shopper_is_acknowledged_before_the_facts(nlg: EmpatheticNLG) -> None:
    draft = await say(nlg, "utter_order_late", conversation(), number="WL-1")

    acknowledgement, facts = draft["text"].split(". ", 1)
    assert acknowledgement in {"A sorry", "B sorry"}
    assert "WL-1" in facts
    assert draft["ack"]
    assert draft["variation"]
    assert draft["response"] == "utter_order_late"
    assert draft["buttons"] == [{"title": "Yes", "payload": "/affirm"}]


async def test_a_calm_shopper_is_told_the_facts_alone(nlg: EmpatheticNLG) -> None:
    draft = await say(nlg, "utter_order_late", conversation(stance="steady"), number="WL-1")

    assert draft["text"].startswith("en: ")
    assert draft["ack"] is None


async def test_only_the_first_reply_of_a_turn_acknowledges(nlg: EmpatheticNLG) -> None:
    tracker = conversation()
    in_one_action = [await say(nlg, "utter_order_late", tracker, number="1") for _ in range(2)]
    later = conversation()
    later.update(spoken(in_one_action[0]))

    in_the_next_action = await say(nlg, "utter_order_late", later, number="1")

    assert [bool(draft["ack"]) for draft in [*in_one_action, in_the_next_action]] == [True, False, False]


async def test_no_wording_is_used_twice_in_a_row(nlg: EmpatheticNLG) -> None:
    events: list[Event] = []
    drafts = []
    for _ in range(6):
        draft = await say(nlg, "utter_order_late", conversation(*events), number="1")
        drafts.append(draft)
        events += [UserUttered("?", {"name": "report_late"}), spoken(draft)]

    assert all(one["variation"] != next_one["variation"] for one, next_one in pairwise(drafts))
    assert all(one["ack"] != next_one["ack"] for one, next_one in pairwise(drafts))


@pytest.mark.parametrize("key", ["utter_greet", "utter_handoff_asked"])
async def test_what_is_not_about_the_matter_is_not_preceded_by_it(nlg: EmpatheticNLG, key: str) -> None:
    assert (await say(nlg, key, conversation()))["ack"] is None


async def test_what_was_not_understood_is_not_acknowledged(nlg: EmpatheticNLG) -> None:
    said = conversation(intent="nlu_fallback")

    assert (await say(nlg, "utter_order_late", said, number="1"))["ack"] is None


async def test_handing_over_an_angry_shopper_acknowledges(nlg: EmpatheticNLG) -> None:
    draft = await say(nlg, "utter_handoff_anger", conversation(stance="handoff"))

    assert draft["text"] in {"A sorry. en: a person comes.", "B sorry. en: a person comes."}


@pytest.mark.parametrize(("channel", "label"), [("telegram", "en: share"), ("whatsapp", None)])
async def test_sharing_a_contact_is_offered_where_the_channel_can(
    nlg: EmpatheticNLG, channel: str, label: str | None
) -> None:
    draft = await say(nlg, "utter_greet", conversation(channel=channel), share_contact=True)

    assert draft.get("share_contact_label") == label


async def test_a_missing_fact_is_an_error_and_no_half_sentence(nlg: EmpatheticNLG) -> None:
    with pytest.raises(BookError, match="number"):
        await say(nlg, "utter_order_late", conversation())


def test_a_wrong_book_is_refused_when_rasa_starts(tmp_path: Path) -> None:
    with pytest.raises(BookError):
        EmpatheticNLG(EndpointConfig(folder=str(tmp_path)), DOMAIN)


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> EmpatheticNLG:
    folder = tmp_path_factory.mktemp("responses")
    (folder / "zh.yml").write_text(CHINESE, encoding="utf-8")
    (folder / "en.yml").write_text(PAGE.format(language="en"), encoding="utf-8")
    return EmpatheticNLG(EndpointConfig(folder=str(folder)), DOMAIN)


async def say_late(nlg: EmpatheticNLG, *texts: str, language: str = "zh") -> dict[str, Any]:
    said = [UserUttered(text, {"name": "report_late"}, input_channel="telegram") for text in texts]
    facts = {"number": "WL-20417", "items": "蓝色台灯订单夹", "status": "已发货", "share_contact": True}
    tracker = conversation(*said, language=language, channel="telegram")
    return await say(nlg, "utter_order_late", tracker, **facts)


async def test_who_writes_traditional_characters_is_answered_in_them(chinese: EmpatheticNLG) -> None:
    draft = await say_late(chinese, "我的包裹什麼時候到？")

    assert draft["text"].startswith("讓您久等了。您的訂單 WL-20417 晚了，裡面是")
    assert "現在已發貨：" in draft["text"]
    assert draft["buttons"] == [{"title": "轉人工", "payload": "/affirm"}]
    assert draft["share_contact_label"] == "傳送手機號"


async def test_names_numbers_and_links_stay_as_they_are(chinese: EmpatheticNLG) -> None:
    draft = await say_late(chinese, "我的包裹什麼時候到？")

    assert "蓝色台灯订单夹" in draft["text"]
    assert draft["text"].endswith("https://shop.example/订单/WL-20417")


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        pytest.param(["订单到哪了"], "您的订单", id="simplified"),
        pytest.param(["你好", "ok"], "您的订单", id="nothing to tell by"),
        pytest.param(["訂單到哪了", "ok", "12345", "/affirm"], "您的訂單", id="told by an earlier message"),
        pytest.param(["訂單到哪了", "算了，转人工"], "您的订单", id="changed since"),
    ],
)
async def test_the_latest_message_that_shows_it_decides_on_characters(
    chinese: EmpatheticNLG, texts: list[str], text: str
) -> None:
    assert text in (await say_late(chinese, *texts))["text"]


async def test_only_chinese_is_put_into_other_characters(chinese: EmpatheticNLG) -> None:
    assert (await say_late(chinese, "訂單", language="en"))["text"].endswith(
        ("en: WL-20417 is late.", "late is WL-20417.")
    )
