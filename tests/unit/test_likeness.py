"""Words are known in their other forms, and other words are not taken for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.likeness import SURE, likeness, words_of
from bot.domain.product import Fit
from tests.doubles.products import a_product


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("mug", "mugs"),
        ("Teapot", "TEAPOTS"),
        ("чайник", "чайника"),
        ("чайник", "чайников"),
        ("кроссовки", "кроссовками"),
        ("тёмный", "темный"),
        ("κούπα", "κούπες"),
        ("παπούτσια", "ΠΑΠΟΥΤΣΙΩΝ"),
        ("καφές", "καφέ"),
        ("电饭煲", "你们的电饭煲多少钱"),
    ],
)
def test_a_word_is_known_in_another_form(word: str, said: str) -> None:
    assert likeness(words_of(word)[0], words_of(said)[0]) >= SURE


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("mug", "rug"),
        ("pillow", "pillowcase"),
        ("чайник", "чайный"),
        ("стол", "стоит"),
        ("καφές", "καφετιέρα"),
        ("电饭煲", "电热毯"),
        ("1.7", "17"),
        ("43", "430"),
    ],
)
def test_another_word_is_not_taken_for_it(word: str, said: str) -> None:
    assert likeness(words_of(word)[0], words_of(said)[0]) < SURE


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    for word in words_of(one):
        assert all(0 <= likeness(word, said) <= 1 for said in words_of(other))


@pytest.mark.parametrize(
    ("name", "words", "said", "sure", "possible"),
    [
        pytest.param("Oat wool scarf", (), "the oat wool scarf", True, True, id="the whole name"),
        pytest.param("Oat wool scarf", ("scarf",), "two scarfs", True, True, id="another name for it"),
        pytest.param("Oat wool scarf", (), "an oat scarf", False, True, id="most of the name"),
        pytest.param("Oat wool scarf", (), "a scarf", False, False, id="little of the name"),
        pytest.param("Kettle 1.7 l", (), "the kettle", True, True, id="the name without its figures"),
        pytest.param("X2", (), "the x2", True, True, id="a name of figures only"),
        pytest.param("X2", (), "the x3", False, False, id="another figure"),
        pytest.param("Kettle", (), "kettel", False, True, id="a slip of the finger"),
    ],
)
def test_how_surely_a_product_is_named(
    name: str, words: tuple[str, ...], said: str, sure: bool, possible: bool
) -> None:
    fit = Fit.of(a_product(name, words=words), words_of(said))

    assert (fit.sure, fit.possible) == (sure, possible)
