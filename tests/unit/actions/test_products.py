"""What is said about a product: the shop's facts, in the shopper's language, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from actions.policy import Stance
from actions.policy_file import read_checked
from actions.product_words import WORDS_FILE, Question, WordsFile, product_words
from actions.products import FEW, stock_response
from bot.domain.likeness import fold
from bot.errors import SettingsError
from tests.doubles.counter import LANGUAGES, NOW, Chat
from tests.doubles.products import a_product
from tests.doubles.shipped import the_book
from tests.unit.actions.test_which_product import a_chat

ABOUT_A_PRODUCT: Final = (
    "price",
    "stock",
    "few",
    "restock",
    "sold_out",
    "stock_unknown",
    "about",
    "attribute",
    "attribute_unknown",
    "reviews",
)
FACTS: Final = {
    "product": "Scarf",
    "price": "£19.50",
    "count": "2",
    "restock": "8 December",
    "return_days": "30 days",
    "known": "colour: oat",
}


@pytest.mark.parametrize(
    ("language", "price"), [("en", "£1,234.50"), ("ru", "1 234,50 £"), ("zh", "£1,234.50"), ("el", "1.234,50 £")]
)
async def test_a_price_is_written_as_the_language_writes_it(language: str, price: str) -> None:
    chat = await a_chat(language, a_product("Casio", price=Decimal("1234.50"), words=()))

    told = await chat.says("Casio", "ask_price")

    assert price in re.sub(r"[\xa0\u202f]", " ", told.text)


@pytest.mark.parametrize(
    ("stock", "restock_in", "response"),
    [
        pytest.param(40, None, "utter_product_stock", id="there"),
        pytest.param(FEW + 1, None, "utter_product_stock", id="just enough"),
        pytest.param(FEW, None, "utter_product_few", id="few"),
        pytest.param(1, 5, "utter_product_few", id="the last"),
        pytest.param(0, 5, "utter_product_restock", id="more comes"),
        pytest.param(0, 0, "utter_product_restock", id="more comes today"),
        pytest.param(0, -1, "utter_product_sold_out", id="more should have come"),
        pytest.param(0, None, "utter_product_sold_out", id="sold out"),
        pytest.param(None, None, "utter_product_stock_unknown", id="not told"),
    ],
)
def test_stock_is_told_as_it_is(stock: int | None, restock_in: int | None, response: str) -> None:
    restock = None if restock_in is None else NOW + timedelta(days=restock_in)

    assert stock_response(a_product(stock=stock, restock_at=restock), NOW) == response


async def test_the_day_more_comes_is_named() -> None:
    chat = await a_chat("en", a_product(stock=0, restock_at=NOW + timedelta(days=16)))

    told = await chat.says("is the scarf there", "stock")

    assert "8 December" in told.text
    assert told.commands == []


async def test_what_is_sold_out_without_a_day_brings_the_offer_of_a_person() -> None:
    chat = await a_chat("en", a_product(stock=0))

    told = await chat.says("is the scarf there", "stock")
    accepted = await chat.presses("/affirm")

    assert told.responses == ["utter_product_sold_out"]
    assert accepted.reason == "offer"
    assert accepted.commands[0]["words"] == "is the scarf there"


async def test_the_buttons_go_on_about_the_same_product() -> None:
    chat = await a_chat()

    price = await chat.says("price of the teapot?", "ask_price")
    stock = await chat.presses("/stock")
    again = await chat.presses("/ask_price")

    assert price.replies[0].buttons[0] == "Is it in stock?"
    assert "Enamel teapot" in stock.text
    assert again.responses == ["utter_product_price"]


@pytest.mark.parametrize(
    ("language", "said", "told"),
    [
        ("en", "what size is the scarf?", "size: 180 × 30 cm"),
        ("en", "is the stoneware mug dishwasher safe", "washing: dishwasher"),
        ("en", "does the duvet cover come in blue", "colour: sage"),
        ("ru", "какой объём у чайника?", "объём: 1,7 л"),
        ("ru", "плед из шерсти?", "состав: 50% шерсть, 50% акрил"),
        ("ru", "робот-пылесос сильно шумит?", "уровень шума: 65 дБ"),
        ("zh", "台灯多高", "高度：42厘米"),
        ("zh", "灰枣保质期多久", "保质期：12个月"),
        ("el", "τι βάρος έχουν τα παπούτσια", "βάρος: 240 g το ένα"),
        ("el", "πλένεται το μαξιλάρι;", "πλύσιμο: μόνο το κάλυμμα, 40 °C"),
    ],
)
async def test_an_attribute_is_told_by_whatever_word_it_is_asked(language: str, said: str, told: str) -> None:
    chat = await a_chat(language)

    answer = await chat.says(said, "ask_product")

    assert answer.responses == ["utter_product_attribute"]
    assert told in answer.text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "is the hand mixer noisy"),
        ("en", "does the teapot contain nickel, I'm allergic"),
        ("ru", "подойдёт ли чайник ребёнку"),
        ("zh", "马克杯可以机洗吗"),
        ("el", "το πουλόβερ είναι υποαλλεργικό;"),
    ],
)
async def test_an_attribute_that_the_shop_has_not_told_is_said_so_and_a_person_offered(
    language: str, said: str
) -> None:
    chat = await a_chat(language)

    told = await chat.says(said, "ask_product")
    accepted = await chat.presses("/affirm")

    assert told.responses == ["utter_product_attribute_unknown"]
    assert accepted.reason == "offer"


async def test_the_name_of_a_product_asks_for_no_attribute() -> None:
    chat = await a_chat()

    told = await chat.says("tell me about the oat wool scarf", "ask_product")

    assert told.responses == ["utter_product_about"]
    assert "A soft woven scarf in undyed wool." in told.text
    assert "material: lambswool" in told.text


async def test_of_a_product_without_any_word_on_it_nothing_is_made_up() -> None:
    chat = await a_chat("en", a_product(about=None, attributes={}))

    told = await chat.says("tell me about the scarf", "ask_product")

    assert told.responses == ["utter_product_attribute_unknown"]


@pytest.mark.parametrize(
    ("language", "first", "said", "days"),
    [
        ("en", "how much is the scarf", "the reviews say it falls apart, is that true?", "30 days"),
        ("ru", "сколько стоит плед", "в отзывах пишут, что быстро расползается, это правда?", "30 дней"),
        ("zh", "台灯多少钱", "评论说容易坏，是真的吗", "30天"),
        ("el", "πόσο κάνει το πουλόβερ", "διάβασα κακές κριτικές, ξεχειλώνει;", "30 ημέρες"),
    ],
)
async def test_doubts_over_reviews_are_answered_with_facts_and_the_way_back(
    language: str, first: str, said: str, days: str
) -> None:
    chat = await a_chat(language)
    await chat.says(first, "ask_price")

    told = await chat.says(said, "ask_product", "anxiety")
    accepted = await chat.presses("/affirm")

    assert told.responses == ["utter_product_reviews"]
    assert days in re.sub(r"[\xa0\u202f]", " ", told.text)
    assert accepted.reason == "offer"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stance", [stance.value for stance in Stance])
@pytest.mark.parametrize("response", ABOUT_A_PRODUCT)
def test_every_wording_reads_well_with_much_and_with_little_known(response: str, stance: str, language: str) -> None:
    more = {"about": "It is soft.", "attributes": "colour: oat; size: M", "url": "https://shop.example/a"}
    for facts in (FACTS, FACTS | more):
        for number in range(8):
            line = the_book().say(f"utter_product_{response}", language, stance=stance, rng=_Nth(number), **facts)
            assert not re.search(r"[{}\[\]]|  |None|\(\)|[：:](?=[。.]|$)", line.text), line.text
            assert "Scarf" in line.text


def test_every_language_knows_the_same_attributes() -> None:
    words = product_words()

    assert {frozenset(words.of(language).attributes) for language in LANGUAGES} == {
        frozenset(words.of("en").attributes)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_both_passing_and_an_attribute(language: str) -> None:
    words = product_words().of(language)

    assert not words.passing & frozenset().union(*words.attributes.values(), words.reviews)


def test_a_mistake_in_the_words_is_named_with_file_line_and_key(tmp_path: Path) -> None:
    file = tmp_path / "product_words.yml"
    file.write_text(WORDS_FILE.read_text().replace("  reviews: [отзыв,", "  reviewss: [отзыв,"))

    with pytest.raises(SettingsError, match=r"product_words.yml, line \d+: ru.reviews: Field required"):
        read_checked(file, WordsFile)


def test_a_very_long_message_is_read_in_time() -> None:
    question = Question.of("чайник " * 2000 + "многа букв " * 2000, "ru")

    assert len(question.said) <= 80
    assert question.telling[0] == fold("чайник")


class _Nth:
    """Takes the n-th of what it may choose from."""

    def __init__(self, number: int) -> None:
        self._number = number

    def choice[T](self, options: list[T]) -> T:
        return options[self._number % len(options)]


async def test_a_catalogue_that_cannot_be_read_brings_a_person() -> None:
    chat = Chat()
    chat.ledger.products = None  # type: ignore[assignment]

    told = await chat.says("how much is the scarf", "ask_price")

    assert told.reason == "error"
