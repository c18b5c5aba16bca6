"""Replies are cut to what a channel takes, and nothing of them is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.fit import choose, fit, numbered, shown, split
from bot.channels.ports import Capabilities
from bot.domain.messages import Button, Reply

YES, NO = Button("Yes, please", "/affirm"), Button("No", "/deny")


def can(*, text: int = 100, buttons: int = 3, title: int = 20, contact: bool = False) -> Capabilities:
    return Capabilities(text, buttons, title, shares_contact=contact)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_a_reply_that_fits_is_sent_as_it_is() -> None:
    reply = Reply("Hello", (YES, NO), "Share my number")

    assert fit(reply, can(contact=True)) == [reply]


@pytest.mark.parametrize(("length", "pieces"), [(40, [40]), (41, [40, 1]), (101, [100, 1])])
def test_words_above_buttons_may_have_to_be_shorter(length: int, pieces: list[int]) -> None:
    channel = replace(can(), max_text_with_buttons=40)

    fitted = fit(Reply("x" * length, (YES, NO)), channel)

    assert [len(piece.text) for piece in fitted] == pieces
    assert [piece.buttons for piece in fitted] == [()] * (len(pieces) - 1) + [(YES, NO)]


def test_words_with_their_buttons_as_a_list_may_be_as_long_as_any() -> None:
    channel = replace(can(buttons=1), max_text_with_buttons=40)

    assert len(fit(Reply("x" * 60, (YES, NO)), channel)) == 1


def test_long_text_is_cut_between_paragraphs_first() -> None:
    text = "One. Two is here.\n\nThree, which is longer. Four."

    assert split(text, 40) == ["One. Two is here.", "Three, which is longer. Four."]


def test_then_between_sentences() -> None:
    assert split("It left on 3.5. It comes tomorrow. Is that all right?", 36) == [
        "It left on 3.5. It comes tomorrow.",
        "Is that all right?",
    ]


def test_chinese_is_cut_after_its_own_full_stop() -> None:
    assert split("您的包裹已经发出。预计明天送达，请留意电话。", 12) == [
        "您的包裹已经发出。",
        "预计明天送达，",
        "请留意电话。",
    ]


def test_then_between_words() -> None:
    assert split("alpha beta gamma delta", 12) == ["alpha beta", "gamma delta"]


def test_a_word_longer_than_a_message_is_cut_but_a_family_stays_together() -> None:
    family = "👨‍👩‍👧"

    assert split("x" * 8 + family * 2, 17) == ["x" * 8 + family, family]


@pytest.mark.parametrize("part", ["e\u0301", "🇬🇷", "👍🏽", "1\ufe0f\u20e3"], ids=["accent", "flag", "skin", "keycap"])
def test_what_is_one_sign_to_the_eye_is_not_cut(part: str) -> None:
    limit = units(part) * 3 - 1

    assert split(part * 4, limit) == [part * 2, part * 2]


_texts = st.text(st.sampled_from("abé.!? \n。，🙂👍🏽\u0301🇬🇷\u200d"), max_size=60) | st.text(max_size=40)


@given(_texts, st.integers(min_value=2, max_value=40))
def test_pieces_fit_and_together_say_the_same(text: str, limit: int) -> None:
    pieces = split(text, limit)

    assert all(units(piece) <= limit for piece in pieces)
    assert squeezed("".join(pieces)) == squeezed(text)
    assert len(pieces) == 1 or all(pieces)


@given(st.lists(st.text("abcdef", min_size=1, max_size=10), min_size=1, max_size=30))
def test_no_word_is_cut_that_fits_into_a_message(words: list[str]) -> None:
    pieces = split(" ".join(words), 10)

    assert " ".join(pieces).split() == words


def test_buttons_come_with_the_last_piece() -> None:
    pieces = fit(Reply("One sentence. Another sentence.", (YES, NO), "Share"), can(text=20, contact=True))

    assert pieces == [Reply("One sentence."), Reply("Another sentence.", (YES, NO), "Share")]


def test_buttons_a_channel_cannot_show_are_numbered_and_kept_for_the_answer() -> None:
    [piece] = fit(Reply("Shall I ask a colleague?", (YES, NO)), can(buttons=0))

    assert piece.text == "Shall I ask a colleague?\n\n1. Yes, please\n2. No"
    assert piece.buttons == (YES, NO)
    assert shown(piece, can(buttons=0)) == ()


def test_buttons_a_channel_can_show_are_shown() -> None:
    assert shown(Reply("?", (YES, NO)), can()) == (YES, NO)


def test_a_long_title_ends_in_an_ellipsis() -> None:
    [piece] = fit(Reply("?", (Button("Order WL-1001, hand mixer", "/x"),)), can(title=14))

    assert piece.buttons == (Button("Order WL-1001…", "/x"),)


def test_a_numbered_title_is_not_cut() -> None:
    [piece] = fit(Reply("?", (Button("Order WL-1001, hand mixer", "/x"),)), can(buttons=0, title=14))

    assert piece.text.endswith("1. Order WL-1001, hand mixer")


def test_a_channel_that_cannot_share_a_contact_is_not_asked_to() -> None:
    assert fit(Reply("?", share_contact="Share"), can()) == [Reply("?")]


@pytest.mark.parametrize("said", ["2", " 2 ", "2.", "2)", "(2)", "#2", "№ 2", "\uff12", "2\ufe0f\u20e3", "no", "No"])
def test_a_number_or_a_title_chooses_a_button(said: str) -> None:
    assert choose(said, (YES, NO)) == NO


@pytest.mark.parametrize("said", ["", "0", "3", "22", "WL-2", "2 of them", "not at all", "no way", "20417"])
def test_anything_else_chooses_none(said: str) -> None:
    assert choose(said, (YES, NO)) is None


def test_a_title_that_stands_twice_chooses_none() -> None:
    assert choose("no", (NO, Button("No", "/other"))) is None


@given(st.text(st.characters()))
def test_nothing_that_is_typed_makes_choosing_raise(said: str) -> None:
    assert choose(said, (YES, NO)) in {None, YES, NO}


ORDERS = (
    *(Button(f"WL-{number}: scarf", f'/inform{{"order_number": "WL-{number}"}}') for number in (2001, 2002, 2003)),
    Button("Talk to a person", "/ask_human"),
)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("the second", 2002),
        ("First one, please!", 2001),
        ("the last one", 2003),
        ("I meant the 3rd", 2003),
        ("Первый", 2001),
        ("давайте про второй заказ", 2002),
        ("последнюю", 2003),
        ("второй", 2002),
        ("第二个", 2002),
        ("我要第一個吧", 2001),
        ("最后一个，谢谢", 2003),
        ("το πρώτο", 2001),
        ("ΤΗ ΔΕΥΤΕΡΗ παρακαλώ", 2002),
        ("to trito", 2003),
    ],
)
def test_of_orders_one_is_chosen_by_its_place_in_words(said: str, number: int) -> None:
    chosen = choose(said, ORDERS)

    assert chosen
    assert str(number) in chosen.payload


@pytest.mark.parametrize(
    "said", ["the fourth", "first of all, where is it?", "это первый раз", "第一次买", "ο δεύτερος γιος μου"]
)
def test_a_place_that_is_none_or_means_something_else_chooses_none(said: str) -> None:
    assert choose(said, ORDERS) is None


@pytest.mark.parametrize("said", ["the first", "второй", "第一个", "το τελευταίο"])
def test_yes_and_no_have_no_place_in_words(said: str) -> None:
    assert choose(said, (YES, NO)) is None


LIKELY = (*(Button(str(number), f"/n{number}") for number in range(11)), Button("No more", "/stop"))


def test_titles_that_are_numbers_are_not_numbered() -> None:
    assert numbered(Reply("From 0 to 10?", LIKELY)) == "From 0 to 10?\n\n12. No more"
    assert numbered(Reply("From 0 to 10?", LIKELY[:-1])) == "From 0 to 10?"


@pytest.mark.parametrize(
    ("said", "payload"),
    [("0", "/n0"), ("1", "/n1"), ("7.", "/n7"), ("10", "/n10"), ("12", "/stop"), ("no more", "/stop"), ("11", "/n10")],
)
def test_a_number_that_is_a_title_is_that_button(said: str, payload: str) -> None:
    chosen = choose(said, LIKELY)

    assert chosen
    assert chosen.payload == payload
