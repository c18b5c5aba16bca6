"""The product a message is about: named in any form of its words, pointed back at, chosen, and never guessed."""

from __future__ import annotations

from functools import cache

import pytest

import bot.demo
from bot.domain.product import Product
from bot.store.csv_products import read_product_file
from tests.doubles.counter import LANGUAGES, Chat, an_order
from tests.doubles.products import a_product


@cache
def the_catalogue() -> tuple[Product, ...]:
    folder = bot.demo.FOLDER
    return tuple(item for file in sorted(folder.glob("products.*.csv")) for item in read_product_file(file, demo=True))


async def a_chat(language: str = "en", *products: Product) -> Chat:
    """A chat in a shop with these products, else with the demo shop's."""
    chat = Chat(an_order(), language=language)
    await chat.ledger.products.put(products or the_catalogue())
    return chat


@pytest.mark.parametrize(
    ("language", "said", "sku"),
    [
        ("en", "how much is the hand mixer?", "W-101"),
        ("en", "whats the price of those SCARVES", "W-103"),
        ("en", "do u have the bedside tables", "W-104"),
        ("en", "price of the enamel mug please", "W-106"),
        ("en", "the moss coloured mug", "W-107"),
        ("ru", "а сколько стоит чайник?", "W-201"),
        ("ru", "почём у вас чайники", "W-201"),
        ("ru", "что скажете про робота-пылесоса", "W-204"),
        ("ru", "думаю о кроссовках", "W-205"),
        ("ru", "есть скатерти?", "W-206"),
        ("ru", "цена рюкзака", "W-207"),
        ("ru", "настольную лампу ещё продаёте", "W-208"),
        ("zh", "你们的电饭煲多少钱", "W-301"),
        ("zh", "電飯煲幾多錢", "W-301"),
        ("zh", "儿童保温杯还有货吗", "W-303"),
        ("zh", "灰枣怎么卖", "W-305"),
        ("zh", "请问手持吸尘器有没有现货", "W-306"),
        ("zh", "那个冲锋衣防水吗", "W-307"),
        ("el", "πόσο κάνει η καφετιέρα;", "W-403"),
        ("el", "Τι τιμή έχουν τα παπούτσια", "W-404"),
        ("el", "ποσο εχει η σκουπα", "W-405"),
        ("el", "θα ήθελα δύο κούπες", "W-406"),
        ("el", "ΤΟ ΟΡΘΟΠΕΔΙΚΟ ΜΑΞΙΛΑΡΙ", "W-407"),
        ("el", "για το πουλόβερ ρωτάω", "W-408"),
    ],
)
async def test_a_product_is_known_by_its_words_in_any_form(language: str, said: str, sku: str) -> None:
    chat = await a_chat(language)

    told = await chat.says(said, "ask_price")

    assert told.responses == ["utter_product_price"]
    assert chat.slots["product"] == sku


@pytest.mark.parametrize(
    ("language", "named", "back"),
    [
        ("en", "how much is the scarf", "and in blue?"),
        ("en", "how much is the scarf", "is it in stock"),
        ("ru", "сколько стоит плед", "а в синем цвете есть?"),
        ("ru", "сколько стоит плед", "а он большой?"),
        ("zh", "台灯多少钱", "有蓝色的吗"),
        ("zh", "台灯多少钱", "那还有货吗"),
        ("el", "πόσο κάνει το πουλόβερ", "και σε μπλε υπάρχει;"),
        ("el", "πόσο κάνει το πουλόβερ", "πότε θα έχετε;"),
    ],
)
@pytest.mark.parametrize("intent", ["stock", "ask_product", "ask_price"])
async def test_the_talk_goes_on_about_the_product_that_was_named(
    language: str, named: str, back: str, intent: str
) -> None:
    chat = await a_chat(language)
    await chat.says(named, "ask_price")
    before = chat.slots["product"]

    told = await chat.says(back, intent)

    assert chat.slots["product"] == before
    assert told.responses[0] not in {"utter_product_unknown", "utter_choose_product"}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "how much is the drone?"),
        ("ru", "сколько стоит дрон?"),
        ("zh", "无人机多少钱"),
        ("el", "πόσο κάνει το ντρόουν;"),
    ],
)
@pytest.mark.parametrize("intent", ["ask_price", "stock"])
async def test_what_the_shop_does_not_have_is_not_taken_for_what_we_spoke_of(
    language: str, said: str, intent: str
) -> None:
    chat = await a_chat(language)
    await chat.presses('/inform{"product": "W-103"}', product="W-103")

    told = await chat.says(said, intent)
    accepted = await chat.presses("/affirm")

    assert told.responses == ["utter_product_unknown"]
    assert accepted.reason == "offer"
    assert accepted.commands[0]["words"] == said


async def test_something_else_about_another_product_is_not_answered_for_the_one_we_spoke_of() -> None:
    chat = await a_chat()
    await chat.says("how much is the scarf", "ask_price")

    told = await chat.says("how far does the drone fly", "ask_product")

    assert told.responses == ["utter_product_attribute_unknown"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_question_that_names_nothing_is_answered_by_asking_for_the_name(language: str) -> None:
    words = {"en": "how much is it?", "ru": "сколько стоит?", "zh": "多少钱", "el": "πόσο κάνει;"}
    chat = await a_chat(language)

    told = await chat.says(words[language], "ask_price")

    assert told.responses == ["utter_product_unknown"]


async def test_of_several_that_fit_the_shopper_chooses() -> None:
    chat = await a_chat()

    asked = await chat.says("how much is the mug?", "ask_price")
    chosen = await chat.presses('/inform{"product": "W-107"}', product="W-107")

    assert asked.responses == ["utter_choose_product"]
    assert set(asked.replies[0].buttons) == {"Enamel mug", "Stoneware mug"}
    assert "£" not in asked.text
    assert chosen.responses == ["utter_product_price"]
    assert "£8.90" in chosen.text


async def test_what_was_named_in_full_needs_no_choice() -> None:
    chat = await a_chat()

    told = await chat.says("the enamel mug, is it there?", "stock")

    assert "120" in told.text


async def test_two_products_in_one_message_are_a_choice() -> None:
    chat = await a_chat()

    asked = await chat.says("price of the scarf and the teapot", "ask_price")

    assert set(asked.replies[0].buttons) == {"Oat wool scarf", "Enamel teapot"}


@pytest.mark.parametrize(
    ("said", "name"), [("price of the duvet", "Linen duvet cover"), ("price of the teapto", "Enamel teapot")]
)
async def test_half_a_name_or_a_slip_is_asked_about_and_a_yes_is_enough(said: str, name: str) -> None:
    chat = await a_chat()

    asked = await chat.says(said, "ask_price")
    told = await chat.says("yes", "affirm")

    assert asked.responses == ["utter_choose_product"]
    assert asked.replies[0].buttons == (name,)
    assert told.responses == ["utter_product_price"]
    assert name in told.text


async def test_never_more_than_five_are_offered() -> None:
    chat = await a_chat("en", *(a_product(f"Mug number {n}", f"M-{n}", words=("mug",)) for n in range(9)))

    asked = await chat.says("how much is a mug", "ask_price")

    assert len(asked.replies[0].buttons) == 5


async def test_the_same_product_in_two_languages_is_told_in_the_shoppers() -> None:
    both = (a_product("Casio F-91W"), a_product("Casio F-91W", language="el", about="Ψηφιακό ρολόι."))
    chat = await a_chat("el", *both)

    told = await chat.says("τι ξέρετε για το Casio F-91W;", "ask_product")

    assert "Ψηφιακό ρολόι." in told.text


async def test_a_name_after_the_question_for_it_is_taken() -> None:
    chat = await a_chat()
    await chat.says("how much is it?", "ask_price")

    told = await chat.says("the oat wool scarf", "inform")

    assert told.responses == ["utter_product_price"]


async def test_an_order_number_leads_away_from_products() -> None:
    chat = await a_chat()
    chat.proves("email", "maria.p@example.com")
    await chat.says("how much is the scarf", "ask_price")

    told = await chat.says("WL-1001", "inform", order_number="WL-1001")
    after = await chat.says("so?", "inform", order_number="WL-1001")

    assert told.responses == ["utter_order_shipped"]
    assert after.responses == ["utter_order_shipped"]


async def test_an_old_button_of_a_product_still_works_while_we_speak_of_an_order() -> None:
    chat = await a_chat()
    await chat.says("where is my order", "ask_order_status")

    told = await chat.presses('/inform{"product": "W-103"}', product="W-103")

    assert told.responses == ["utter_product_about"]


async def test_a_button_of_a_product_that_is_gone_is_said_so() -> None:
    chat = await a_chat()

    told = await chat.presses('/inform{"product": "W-999"}', product="W-999")

    assert told.responses == ["utter_product_unknown"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("intent", "response"),
    [("ask_price", "utter_price_question"), ("stock", "utter_stock"), ("ask_product", "utter_product_question")],
)
async def test_a_shop_that_told_no_products_offers_a_person(intent: str, response: str, language: str) -> None:
    chat = Chat(an_order(), language=language)

    told = await chat.says("my own words about it", intent)
    accepted = await chat.presses("/affirm")

    assert told.responses == [response]
    assert accepted.reason == "offer"
