"""Ready-made replies: complete in every language, honest about what is not known, and the shop's to change."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.console.canned import check, facts_for, filled, ready, shipped
from bot.console.case import Case, KnownOrder
from bot.domain.canned import ANY, Canned, canned_name, fitting, merged, unfilled
from bot.store.unit_of_work import Store
from responses.style import faults
from tests.doubles.counter import an_order
from tests.doubles.shipped import the_texts
from tests.unit.console.test_case import A_CONVERSATION, ANA
from tests.unit.store.test_remarks import an_operator

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ALL = {"name": "Maria", "order": "WL-1001", "operator": "Ana", "eta": "25 November", "tracking": "JD0146"}
LATE = an_order()


@pytest.mark.parametrize("language", the_texts().languages)
def test_every_language_has_the_same_twelve(language: str) -> None:
    here = [each for each in shipped() if each.language == language]

    assert len({each.name for each in here}) == 12
    assert {each.place[::2] for each in here} == {each.place[::2] for each in shipped() if each.language == "en"}
    assert Counter(each.name for each in here if each.stance == ANY).most_common(1)[0][1] == 1


@pytest.mark.parametrize("reply", shipped(), ids=lambda reply: "-".join(reply.place))
def test_what_comes_with_warmline_passes_its_own_style_check(reply: Canned) -> None:
    stance = None if reply.stance == ANY else reply.stance

    assert faults(filled(reply.text or "", ALL), reply.language, stance=stance) == []


@pytest.mark.parametrize("reply", shipped(), ids=lambda reply: "-".join(reply.place))
def test_what_comes_with_warmline_names_no_time_that_nothing_holds_an_operator_to(reply: Canned) -> None:
    assert not re.search(
        r"\d|\bminute|\bhour|\bминут|\bчас(?!т)|分钟|小时|\bλεπτ|\bώρ[αε]ς?\b", filled(reply.text or "", {})
    )


def test_what_is_not_known_stays_to_be_seen_and_optional_parts_go() -> None:
    assert filled("Hello[ {name}], {order}[ by {eta}].", {}) == "Hello, {order}."
    assert filled("Hello[ {name}], {order}[ by {eta}].", ALL) == "Hello Maria, WL-1001 by 25 November."
    assert unfilled("Hello {name}, {order} {order} {else} {") == ["{name}", "{order}"]


@pytest.mark.parametrize("text", ["{price}", "[no variable]", "{order", "[{order}"])
def test_a_text_that_cannot_be_filled_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        check(text)


@pytest.mark.parametrize(("typed", "name"), [("/Late", "late"), (" возврат-2 ", "возврат-2"), ("退款", "退款")])
def test_a_name_is_what_is_typed_after_the_slash(typed: str, name: str) -> None:
    assert canned_name(typed) == name


@pytest.mark.parametrize("typed", ["", "/", "two words", "a/b", "x" * 31, "-", "a_b", "<b>"])
def test_what_cannot_be_typed_after_a_slash_is_no_name(typed: str) -> None:
    with pytest.raises(ValueError, match="a name has"):
        canned_name(typed)


def test_a_wording_for_the_mood_comes_before_the_one_for_any() -> None:
    replies = [
        Canned("late", "en", "soothe", "sorry"),
        Canned("late", "en", ANY, "late"),
        Canned("bye", "en", "warm", "lovely"),
        Canned("late", "ru", ANY, "опоздал"),
    ]
    for order in (replies, replies[::-1]):
        assert {each.text for each in fitting(order, "en", "soothe")} == {"sorry"}
        assert {each.text for each in fitting(order, "en", "steady")} == {"late"}


def test_days_and_parcels_are_told_of_an_order_that_is_theirs_only() -> None:
    order = replace(LATE, promised_at=NOW + timedelta(days=3), tracking="JD0146")
    case = Case(A_CONVERSATION, (), True, (), (), (KnownOrder(order, proven=False),), (), {})

    assert facts_for(case, ANA, "en", NOW) == {"order": order.number, "operator": "Ana"}
    theirs = replace(case, orders=(KnownOrder(order, proven=True),))
    assert facts_for(theirs, ANA, "en", NOW).keys() == {"order", "operator", "eta", "tracking"}
    late = replace(case, orders=(KnownOrder(replace(order, promised_at=NOW - timedelta(days=1)), proven=True),))
    assert "eta" not in facts_for(late, ANA, "en", NOW)


async def test_the_shop_changes_hides_and_restores_a_reply(store: Store) -> None:
    ana = await an_operator(store)
    own, hidden = Canned("late", "en", ANY, "We are on it, {name}."), Canned("bye", "en", ANY, None)

    async with store.begin() as work:
        await work.canned.put(replace(own, text="first try"), ana.id)
        for each in (own, hidden):
            await work.canned.put(each, ana.id)
        kept = await work.canned.all()

    offered = {each["name"]: each["text"] for each in ready(merged(shipped(), kept), {}, "en", "steady")}
    assert offered["late"] == "We are on it, {name}."
    assert "bye" not in offered

    async with store.begin() as work:
        await work.canned.drop(own)
        await work.canned.drop(hidden)
        assert merged(shipped(), await work.canned.all()) == sorted(shipped(), key=lambda each: each.place)
