"""Which language a shopper writes in: by script, and for Latin letters by a model that also knows romanised Russian and Greek."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
from lingua import Language, LanguageDetectorBuilder
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.grams import Grams
from nlu.linear import Linear
from nlu.model_files import TrainedComponent
from nlu.romanised import in_latin
from nlu.text import plain, squeezed

UNKNOWN: Final = "und"
_DATA: Final = re.compile(r"https?://\S+|[\w.+-]+@[\w.-]+|[#№A-Za-z-]*\d[\w.:/-]*", re.ASCII)
_SCRIPTS: Final = {"ru": re.compile(r"[а-яё]"), "el": re.compile(r"[α-ω]"), "zh": re.compile(r"[㐀-䶿一-鿿]")}
_LATIN: Final = re.compile(r"[a-z]")
_FOREIGN: Final = re.compile(r"[ぁ-ヿ가-힣ء-ي֐-׿ऀ-ॿ฀-๿іїєґў]")
# A Chinese character stands for about three letters; product and courier names are Latin in every language.
_WEIGHT: Final = {"zh": 3.0}
_NATIVE_SHARE: Final = 0.25
# How sure the first model must be to take a short training example in Latin letters for Russian or Greek.
_ROMANISED: Final = 0.9
_SHORT: Final = 16
# Typed by shoppers of every language; they say nothing about the next message.
_INTERNATIONAL: Final = frozenset(
    [
        "ok",
        "okay",
        "hi",
        "bye",
        "thx",
        "thanks",
        "lol",
        "pls",
        "sorry",
        "no",
        "wow",
        "super",
        "stop",
        "omg",
        "bot",
        "info",
    ]
)
_OTHERS: Final = (
    "GERMAN",
    "FRENCH",
    "SPANISH",
    "ITALIAN",
    "PORTUGUESE",
    "TURKISH",
    "POLISH",
    "DUTCH",
    "ROMANIAN",
    "ALBANIAN",
)


def by_script(text: str) -> str | None:
    """Return the language that the letters alone decide, UNKNOWN where there are none to go by, None for Latin letters."""
    letters = _DATA.sub(" ", text.lower())
    if _FOREIGN.search(letters):
        return UNKNOWN
    plain_letters = plain(letters)
    counts = {name: len(script.findall(plain_letters)) * _WEIGHT.get(name, 1.0) for name, script in _SCRIPTS.items()}
    latin = len(_LATIN.findall(plain_letters))
    best = max(counts, key=lambda name: counts[name])
    if counts[best] and counts[best] >= _NATIVE_SHARE * (latin + sum(counts.values())):
        return best
    return None if latin else UNKNOWN


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageIdentifier(TrainedComponent):
    """Sets `language`: en, ru, zh, el, or `und` where there is too little to tell or it is none of these."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return `sure`: how sure the model must be of romanised text; `foreign`: that other Latin text is not English."""
        return {"sure": 0.55, "foreign": 0.999}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, storage, resource)
        self._grams = Grams("char_wb", (1, 4), max_features=6000)
        self._linear: Linear | None = None
        languages = [Language.ENGLISH, *(getattr(Language, name) for name in _OTHERS)]
        self._lingua = LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()

    def _restore(self, folder: Path) -> None:
        self._grams = Grams.restored(json.loads((folder / "grams.json").read_text(encoding="utf-8")))
        self._linear = Linear.load(folder)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn romanised Russian and Greek from the native examples, and English from the rest in Latin letters."""
        texts = [message.get(TEXT) for message in training_data.intent_examples]
        scripts = [by_script(text) for text in texts]
        native = [
            (latin, language)
            for text, language in zip(texts, scripts, strict=True)
            if language in ("ru", "el")
            for latin in in_latin(plain(text), language)
        ]
        latin = [text for text, language in zip(texts, scripts, strict=True) if language is None]
        # Some of the Latin examples are romanised; those that are surely English teach a first model to find them.
        english = [self._is_english(text) for text in latin]
        guesses = ["en" if sure else None for sure in english]
        for _ in range(2):
            known = [*native, *((text, guess) for text, guess in zip(latin, guesses, strict=True) if guess)] or [
                ("hello", "en")
            ]
            features = self._grams.vectorizer.fit_transform([_form(text) for text, _ in known])
            self._linear = Linear.fitted(features, [language for _, language in known], strength=10.0)
            guesses = [
                language
                if not sure_english and sure >= (self._config["sure"] if len(text) > _SHORT else _ROMANISED)
                else "en"
                for text, sure_english, (language, sure) in zip(latin, english, map(self._latin, latin), strict=True)
            ]
        with self._storage.write_to(self._resource) as folder:
            (folder / "grams.json").write_text(json.dumps(self._grams.state()), encoding="utf-8")
            self._linear.save(Path(folder))
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Set the language of every example."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `language` on messages."""
        for message in messages:
            if text := message.get(TEXT):
                hint = (message.get("metadata") or {}).get("language_hint")
                message.set("language", self.identify(text, hint), add_to_output=True)
        return messages

    def identify(self, text: str, hint: str | None = None) -> str:
        """Return the language of a text; `hint` (the shopper's own setting) decides only where the text does not."""
        if text.startswith("/"):
            return UNKNOWN
        found = by_script(text)
        if found is not None:
            return found
        language, sure = self._latin(text)
        if language == "en" and (self._is_foreign(text) or _is_international(text)):
            return UNKNOWN
        if sure >= self._config["sure"]:
            return language
        return hint if hint in ("en", "ru", "el") else UNKNOWN

    def _latin(self, text: str) -> tuple[str, float]:
        assert self._linear is not None, "not trained"
        confidences = self._linear.confidences(self._grams.vectorizer.transform([_form(text)]))[0]
        best = int(np.argmax(confidences))
        return self._linear.labels[best], float(confidences[best])

    def _is_english(self, text: str) -> bool:
        return self._lingua.compute_language_confidence(_DATA.sub(" ", text), Language.ENGLISH) >= self._config["sure"]

    def _is_foreign(self, text: str) -> bool:
        words = _DATA.sub(" ", text)
        if len(words.split()) < 3:
            return False
        return self._lingua.compute_language_confidence(words, Language.ENGLISH) < 1 - self._config["foreign"]


def _is_international(text: str) -> bool:
    return set(re.findall(r"\w+", plain(text))) <= _INTERNATIONAL


def _form(text: str) -> str:
    return squeezed(plain(_DATA.sub(" ", text)))
