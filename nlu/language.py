"""Which language a shopper writes in: by script, and within a script by a model that also knows romanised Russian and Greek."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from lingua import Language, LanguageDetectorBuilder
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import HashingVectorizer

from nlu.foreign import few, foreign_texts
from nlu.grams import HashedGrams
from nlu.linear import Linear
from nlu.model_files import TrainedComponent
from nlu.romanised import in_latin
from nlu.scripts import DATA, UNKNOWN, by_script, words_of
from nlu.text import plain, readable, squeezed

_ENOUGH: Final = 1000  # examples to know a language's letters by
_SMOOTHING: Final = 0.05
_CYRILLIC: Final = re.compile(r"[Ѐ-ԯ]")
# What the model tells apart in Cyrillic.
_RUSSIAN: Final = "Russian"
_NOT_RUSSIAN: Final = "not Russian"
# How sure the first model must be to take a short training example in Latin letters for Russian or Greek.
_ROMANISED: Final = 0.9
_SHORT: Final = 16
_HARDLY: Final = 0.1
# Nobody romanises Russian or Greek with marks on the letters, and English has hardly any.
_MARKED: Final = re.compile(r"[ß-öø-ɏ]")
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
_BESIDE_RUSSIAN: Final = ["BULGARIAN", "UKRAINIAN", "SERBIAN", "BELARUSIAN", "KAZAKH", "MACEDONIAN"]
_BESIDE_ENGLISH: Final = [
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
]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageIdentifier(TrainedComponent):
    """Sets `language`: en, ru, zh, el, or `und` where there is too little to tell or it is none of these."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return how sure to be: `sure` of a language in Latin letters, `foreign` that it is not English, `other` than Russian.

        Whether a text is foreign is asked where the model is not `certain` that it is English. Of 33 messages in fifteen other
        languages none came above 0.64, of the held-out English ones a twentieth stays below 0.88.
        """
        return {"sure": 0.55, "certain": 0.9, "foreign": 0.999, "other": 0.4}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, storage, resource)
        self._grams = HashedGrams(
            HashingVectorizer(
                analyzer="char_wb",
                ngram_range=(1, 4),
                n_features=2**15,
                alternate_sign=False,
                lowercase=False,
                dtype=np.float32,
            )
        )
        self._linear: Linear | None = None
        self._english = _Doubt(Language.ENGLISH, _BESIDE_ENGLISH)
        self._russian = _Doubt(Language.RUSSIAN, _BESIDE_RUSSIAN)

    def _restore(self, folder: Path) -> None:
        self._linear = Linear.load(folder)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn native and romanised Russian and Greek from the native examples, and English from the rest in Latin letters."""
        texts = list(dict.fromkeys(message.get(TEXT) for message in training_data.intent_examples))
        scripts = [by_script(text) for text in texts]
        native = {
            language: few([text for text, found in zip(texts, scripts, strict=True) if found == language], _ENOUGH)
            for language in ("ru", "el")
        }
        known = [("hello", "en"), ("привет", _RUSSIAN), *((text, _RUSSIAN) for text in native["ru"])]
        for language, own in native.items():
            known += [(latin, language) for text in own for latin in in_latin(plain(text), language)]
        # Where there are few examples, other languages must not drown them.
        for text in few(foreign_texts(), len(texts)):
            known.append((text, _NOT_RUSSIAN if _CYRILLIC.search(text) else UNKNOWN))
        latin = [text for text, found in zip(texts, scripts, strict=True) if found is None]
        self._learn(known, latin)
        with self._storage.write_to(self._resource) as folder:
            assert self._linear is not None, "learnt just now"
            self._linear.save(Path(folder))
        return self._resource

    def _learn(self, known: Sequence[tuple[str, str]], latin: Sequence[str]) -> None:
        """Some of the Latin examples are romanised; those that are surely English teach a first model to find them."""
        rows, latin_rows = self._rows([text for text, _ in known]), self._rows(latin)
        english = self._english.confidences(latin) >= self._config["sure"]
        guesses = ["en" if sure else None for sure in english]
        for _ in range(2):
            taken = [(place, guess) for place, guess in enumerate(guesses) if guess]
            labels = [language for _, language in known] + [guess for _, guess in taken]
            taken_rows = latin_rows[[place for place, _ in taken]]
            self._linear = Linear.counted(sp.vstack([rows, taken_rows], format="csr"), labels, _SMOOTHING)
            needed = [self._config["sure"] if len(text) > _SHORT else _ROMANISED for text in latin]
            confidences = self._linear.confidences(latin_rows)
            readings = [(self._linear.labels[row.argmax()], float(row.max())) for row in confidences]
            guesses = [
                language if language in ("ru", "el") and not surely_english and sure >= least else "en"
                for (language, sure), surely_english, least in zip(readings, english, needed, strict=True)
            ]

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Set the language of every example."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `language` on messages."""
        written = [message for message in messages if message.get(TEXT)]
        hints = [(message.get("metadata") or {}).get("language_hint") for message in written]
        for message, language in zip(written, self._identified([m.get(TEXT) for m in written], hints), strict=True):
            message.set("language", language, add_to_output=True)
        return messages

    def identify(self, text: str, hint: str | None = None) -> str:
        """Return the language of a text; `hint` (the shopper's own setting) decides only where the text does not."""
        return self._identified([text], [hint])[0]

    def _identified(self, texts: Sequence[str], hints: Sequence[str | None]) -> list[str]:
        texts = [readable(text) for text in texts]
        found = [UNKNOWN if text.startswith("/") else by_script(text) for text in texts]
        for script, decide in ((None, self._in_latin), ("ru", self._in_cyrillic)):
            rankings = self._read([text for text, language in zip(texts, found, strict=True) if language == script])
            for place, language in enumerate(found):
                if language == script:
                    hint = hints[place] if hints[place] in ("en", "ru", "el") else UNKNOWN
                    found[place] = decide(texts[place], next(rankings)) or hint
        return [language or UNKNOWN for language in found]

    def _in_latin(self, text: str, ranking: dict[str, float]) -> str | None:
        language = max(ranking, key=lambda name: ranking[name])
        if _is_international(text) or (language != "en" and _MARKED.search(text.lower())):
            return UNKNOWN
        if language == "en" and ranking["en"] < self._config["certain"] and len(words_of(text)) > 2:
            [english] = self._english.confidences([text])
            if english < 1 - self._config["foreign"]:
                return UNKNOWN
        return language if ranking[language] >= self._config["sure"] else None

    def _in_cyrillic(self, text: str, ranking: dict[str, float]) -> str:
        other = ranking.get(_NOT_RUSSIAN, 0.0) >= self._config["other"]
        return UNKNOWN if other and len(words_of(text)) > 1 and self._russian.confidences([text])[0] < _HARDLY else "ru"

    def _rows(self, texts: Sequence[str]) -> sp.csr_matrix:
        forms = [_form(text) for text in texts]
        return self._grams.rows(forms) if forms else sp.csr_matrix((0, len(self._grams)), dtype=np.float32)

    def _read(self, texts: Sequence[str]) -> Iterator[dict[str, float]]:
        """Give the confidences of each text; a single one goes without the price of a matrix."""
        assert self._linear is not None, "not trained"
        if len(texts) == 1:
            rows = [self._linear.confidences_of(*self._grams.row(_form(texts[0])))]
        else:
            rows = self._linear.confidences(self._rows(texts)) if texts else []
        return (dict(zip(self._linear.labels, row.tolist(), strict=True)) for row in rows)


class _Doubt:
    """How likely a text is in one language rather than in any of those it may be mistaken for."""

    def __init__(self, language: Language, others: Sequence[str]) -> None:
        languages = [language, *(getattr(Language, name) for name in others)]
        self._language = language
        self._lingua = LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()

    def confidences(self, texts: Sequence[str]) -> np.ndarray:
        """Return a confidence for each text."""
        words = [DATA.sub(" ", text) for text in texts]
        if len(words) == 1:
            return np.asarray([self._lingua.compute_language_confidence(words[0], self._language)])
        return np.asarray(self._lingua.compute_language_confidence_in_parallel(words, self._language))


def _form(text: str) -> str:
    return squeezed(DATA.sub(" ", text).lower().replace("’", "'"))


def _is_international(text: str) -> bool:
    return set(re.findall(r"\w+", plain(text))) <= _INTERNATIONAL
