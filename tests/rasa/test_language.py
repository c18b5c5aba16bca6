from __future__ import annotations

import pytest
from conftest import CONTEXT, examples
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.language import LanguageIdentifier
from nlu.romanised import in_native

TOLD = [
    ("where on earth is my parcel", "en"),
    ("can I send the blue one back please", "en"),
    ("thx a lot guys, you rock", "en"),
    ("this is the best shop ever omg 😍", "en"),
    ("how do I fix a python import error", "en"),
    ("Где моя посылка, третий день жду", "ru"),
    ("привет, заказ iPhone 15 Pro Max WL-20417 ещё не пришёл", "ru"),
    ("skazhite pozhaluysta kogda pridet moy zakaz", "ru"),
    ("zdravstvuyte, ya hochu vernut dengi za krossovki", "ru"),
    ("我的快递到哪里了", "zh"),
    ("請問我的訂單WL-20417什麼時候出貨", "zh"),
    ("订单号20417", "zh"),
    ("Πού βρίσκεται η παραγγελία μου;", "el"),
    ("ΤΟ ΔΕΜΑ ΜΟΥ DHL EXPRESS ΔΕΝ ΗΡΘΕ", "el"),
    ("kalimera sas, pou vrisketai i paraggelia mou", "el"),
    ("den exei erthei akoma to dema mou, ti na kanw", "el"),
]
NOT_TOLD = [
    "WL-20417",
    "20417",
    "maria@example.com",
    "👍",
    "...",
    "ok",
    "/affirm",
    '/inform{"order_number": "WL-1001"}',
]
FOREIGN = [
    "wo ist mein Paket bitte, ich warte seit Tagen",
    "¿dónde está mi pedido? llevo dos semanas esperando",
    "注文はどこですか",
    "내 주문은 어디에 있나요",
    "merhaba siparişim nerede",
    "siparisim nerede kaldi",
    "dov'è il mio ordine",
    "gdzie jest moja paczka",
    "je voudrais retourner un article",
    "le colis est arrive casse, je veux un remboursement",
    "il mio pacco non e arrivato",
    "waar is mijn bestelling gebleven",
    "ku eshte porosia ime",
    "unde este comanda mea",
    "koliko košta dostava",
    "къде е поръчката ми",
    "де моє замовлення",
    "сәлеметсіз бе, тапсырысым қайда",
    "где је моја поруџбина",
]
STILL_RUSSIAN = [
    "курьер Серікбай не приехал",
    "привіт, где мой заказ-то",
    "объём не тот",
    "спасибо, merci",
    "ну да ага",
]
SHORT_ENGLISH = ["where order", "my refund?", "wrong size", "no answer", "so angry", "need invoice", "ur bot sucks"]


@pytest.fixture(scope="module")
def identifier(tmp_path_factory: pytest.TempPathFactory) -> LanguageIdentifier:
    storage = LocalModelStorage(tmp_path_factory.mktemp("model"))
    component = LanguageIdentifier.create({}, storage, Resource("language"), CONTEXT)
    component.train(TrainingData(examples()))
    return component


@pytest.mark.parametrize(("text", "language"), TOLD)
def test_the_language_of_a_message_is_told_also_in_latin_letters(
    identifier: LanguageIdentifier, text: str, language: str
) -> None:
    assert identifier.identify(text) == language


@pytest.mark.parametrize("text", NOT_TOLD)
def test_what_has_no_language_is_unknown(identifier: LanguageIdentifier, text: str) -> None:
    assert identifier.identify(text) == "und"


@pytest.mark.parametrize("text", FOREIGN)
def test_another_language_is_unknown(identifier: LanguageIdentifier, text: str) -> None:
    assert identifier.identify(text) == "und"


@pytest.mark.parametrize("text", STILL_RUSSIAN)
def test_a_foreign_word_does_not_make_a_russian_message_foreign(identifier: LanguageIdentifier, text: str) -> None:
    assert identifier.identify(text) == "ru"


@pytest.mark.parametrize("text", SHORT_ENGLISH)
def test_two_english_words_are_english(identifier: LanguageIdentifier, text: str) -> None:
    assert identifier.identify(text) == "en"


def test_a_text_is_told_among_others_as_alone(identifier: LanguageIdentifier) -> None:
    texts = [text for text, _ in TOLD] + [message.get("text") for message in examples()][::40] + ["", "/greet", "12345"]
    together = [Message({"text": text}) for text in texts]

    identifier.process(together)

    assert [message.get("language") for message in together if message.get("text")] == [
        identifier.identify(text) for text in texts if text
    ]


def test_a_hint_decides_where_the_text_does_not(identifier: LanguageIdentifier) -> None:
    assert identifier.identify("ttyl", hint="en") == "en"
    assert identifier.identify("ttyl", hint="tr") == "und"


def test_a_hint_does_not_overrule_what_is_written(identifier: LanguageIdentifier) -> None:
    assert identifier.identify("Где моя посылка?", hint="el") == "ru"


@pytest.mark.parametrize(
    ("latin", "language", "native"),
    [
        ("gde zakaz", "ru", "где заказ"),
        ("pou einai", "el", "που ειναι"),
        ("8elw", "el", "θελω"),
        ("zhdu posylku", "ru", "жду посылку"),
    ],
)
def test_romanised_words_return_to_their_script(latin: str, language: str, native: str) -> None:
    assert in_native(latin, language) == native
