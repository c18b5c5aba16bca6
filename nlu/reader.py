"""What a shopper wants, what they feel while writing, how strongly, and whether they abuse us."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, METADATA, METADATA_EXAMPLE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.buttons import register
from nlu.e5_featurizer import embed, embedded_form
from nlu.features import Sample, Weights, without_names
from nlu.feelings import EMOTIONS, NEUTRAL, certain
from nlu.heat import abuse, intensity
from nlu.kept import Kept
from nlu.kernel import Tuning
from nlu.language_reader import LanguageReader, fingerprint
from nlu.model_files import TrainedComponent, code_digest
from nlu.prior.head import Prior, Weighed, weights_digest
from nlu.text import readable

FALLBACK: Final = "nlu_fallback"
WEIGHTS: Final = Weights(characters=1.0, words=0.5, tone=0.3)
TUNING: Final = Tuning(meaning=4.0, narrow=1.0, ridge=0.6)
_ENOUGH: Final = 20  # examples of a language that make a reader of its own
_ANY: Final = "und"
_KEPT: Final = 12  # readers in the cache
_SENTENCE: Final = 3  # words
_A_WISH: Final = 2  # words, or a word and a day: "mail: jo@example.com" has none
# Courtesies: with one of these and a wish in the same message, the wish is what needs an answer.
_COURTESIES: Final = frozenset({"greet", "thank", "goodbye", "smalltalk"})
_DATA: Final = "inform"
# Said beside data we asked for, none of these is another wish: "77190, for the third time".
_NO_WISHES: Final = _COURTESIES | {_DATA, "affirm", "deny", "out_of_scope", "praise", "repeat_complaint"}

_UNPLEASANT: Final = ("confusion", "anxiety", "disappointment", "frustration", "anger")
_UPSET_AT_ALL: Final = 0.1
_QUOTES: Final = ("«", "“", "„", '"', "《", "「", "『")

register()


class WrongEmotion(RasaException):
    """A training example's `metadata: {emotion: ...}` is missing or none of the eight; the text quotes the example."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ShopperReader(TrainedComponent):
    """Sets `intent`, `intent_ranking`, `emotion` {name, confidence, intensity, ranking} and `abuse`.

    Each language has a reader of its own; a message in none of them, or with too little to tell, is read by all.
    The intent is `nlu_fallback` where none is sure enough, and the emotion neutral where there is too little to tell.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings.

        `threshold` of the fallback and `foreign`, the same for sentences in a language we have no reader for; `sure`: below
        it a feeling is not named; `wish`: how sure a wish beside a courtesy must be to go first; `beside`: the same beside data
        (an order number, an e-mail); `weights` of features,
        `tuning` of the fit, `cache` of fitted readers and of wordings (empty: none).
        """
        return {
            "threshold": 0.3,
            "foreign": 0.5,
            "sure": 0.3,
            "wish": 0.3,
            "beside": 0.4,
            "weights": WEIGHTS.__dict__,
            "tuning": TUNING.__dict__,
            "cache": ".rasa/readers",
        }

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, storage, resource)
        self._readers: dict[str, LanguageReader] = {}
        self._prior = Prior.shipped()

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return a digest of the code behind the component and of the prior's numbers."""
        return code_digest() + weights_digest()

    def _restore(self, folder: Path) -> None:
        names = json.loads((folder / "languages.json").read_text(encoding="utf-8"))
        self._readers = {name: LanguageReader.load(folder, name) for name in names}

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example; raises WrongEmotion for one whose emotion is missing or none of the eight."""
        examples = [message for message in training_data.intent_examples if message.get(TEXT)]
        emotions = [emotion_of(message) for message in examples]
        intents = [message.get(INTENT) for message in examples]
        cache = Path(self._config["cache"]) if self._config["cache"] else None
        samples = Sample.of_all(examples, Kept(cache / "wordings.sqlite", code_digest()) if cache else None)
        languages = [sample.language for sample in samples]
        own = [name for name in sorted(set(languages) - {_ANY}) if languages.count(name) >= _ENOUGH]
        with self._storage.write_to(self._resource) as folder:
            for name in own or [_ANY]:
                # "ok" and "12345" belong to every language.
                rows = [place for place, language in enumerate(languages) if language in (name, _ANY) or not own]
                targets = {"intent": [intents[row] for row in rows], "emotion": [emotions[row] for row in rows]}
                self._readers[name] = self._fitted([samples[row] for row in rows], targets, Path(folder), name)
            (Path(folder) / "languages.json").write_text(json.dumps(sorted(self._readers)), encoding="utf-8")
        return self._resource

    def _fitted(
        self, samples: Sequence[Sample], targets: dict[str, list[str]], folder: Path, name: str
    ) -> LanguageReader:
        """Return a reader, from the cache where nothing it is made from has changed, and write it into the folder."""
        weights, tuning = Weights(**self._config["weights"]), Tuning(**self._config["tuning"])
        if not self._config["cache"]:
            reader = LanguageReader.trained(samples, targets, weights, tuning)
            reader.save(folder, name)
            return reader
        kept = Path(self._config["cache"])
        kept.mkdir(parents=True, exist_ok=True)
        key = fingerprint(samples, targets, weights, tuning)
        try:
            reader = LanguageReader.load(kept, key)
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
            reader = LanguageReader.trained(samples, targets, weights, tuning)
            reader.save(kept, key)
        for suffix in (".npz", ".json"):
            (kept / f"{key}{suffix}").touch()
            shutil.copy(kept / f"{key}{suffix}", folder / f"{name}{suffix}")
        for file in sorted(kept.glob("*.json"), key=_touched, reverse=True)[_KEPT:]:
            # Another training may do the same.
            file.unlink(missing_ok=True)
            file.with_suffix(".npz").unlink(missing_ok=True)
        return reader

    def process(self, messages: list[Message]) -> list[Message]:
        """Set what was read on messages."""
        for message in messages:
            if message.get(TEXT):
                sample, read = self._heard(Sample.of(message), readable(message.get(TEXT)))
                foreign = sample.language not in self._readers and len(sample.wording.split()) >= _SENTENCE
                threshold = self._config["foreign" if foreign else "threshold"]
                # Who greets or thanks and names an order wants something with it.
                least = 0.0 if sample.tone.get("has_order_number") else self._config["wish"]
                self._set_intent(message, read["intent"], threshold, least)
                self._set_emotion(message, sample, read["emotion"])
        return messages

    def _heard(self, sample: Sample, text: str) -> tuple[Sample, dict[str, dict[str, float]]]:
        """Return the sample that counts, and its reading.

        Beside an order number and an e-mail a complaint reads as bare data: then what is said beside them is read by itself.
        """
        read = self._read(sample)
        if sample.has_names and _best(read) == _DATA:
            said = without_names(text, sample.language)
            apart = sample.apart(said)
            if len(apart.parts) >= _A_WISH:
                form = embedded_form(said, sample.language)
                apart = replace(apart, vector=embed([form])[form])
                wishes = self._read(apart)
                if _best(wishes) not in _NO_WISHES and exp(wishes[INTENT][_best(wishes)]) >= self._config["beside"]:
                    return apart, wishes
        return sample, read

    def _read(self, sample: Sample) -> dict[str, dict[str, float]]:
        """Return the log-probabilities of each target's labels."""
        assert self._readers, "not trained"
        if sample.language in self._readers:
            return self._readers[sample.language].read(sample)
        return _averaged([reader.read(sample) for reader in self._readers.values()])

    def _set_intent(self, message: Message, logs: Mapping[str, float], threshold: float, least: float) -> None:
        ranking = [
            {"name": name, "confidence": exp(log)} for name, log in sorted(logs.items(), key=lambda row: -row[1])
        ]
        best = ranking[0]
        if best["name"] in _COURTESIES:
            wishes = (row for row in ranking[1:] if row["name"] not in _COURTESIES)
            wish = next(wishes, None)
            if wish and wish["confidence"] >= least:
                ranking.remove(wish)
                ranking.insert(0, wish)
                best = wish
        if best["confidence"] < threshold:
            best = {"name": FALLBACK, "confidence": 1 - best["confidence"]}
            ranking.insert(0, best)
        message.set(INTENT, dict(best), add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking[:10], add_to_output=True)

    def _set_emotion(self, message: Message, sample: Sample, logs: Mapping[str, float]) -> None:
        surface, cues = message.get("surface", {}), message.get("cues", [])
        weighed = self._prior.weighed(sample, {**dict.fromkeys(EMOTIONS, -20.0), **logs})
        if _says_nothing(sample, cues):
            weighed = Weighed(certain(NEUTRAL), 0.0)
        read = _believed(weighed.emotions, message.get(TEXT), cues)
        name = max(read, key=lambda label: read[label])
        if read[name] < self._config["sure"]:
            name = NEUTRAL
        ranking = [{"name": label, "confidence": sure} for label, sure in read.items()]
        emotion = {
            "name": name,
            "confidence": read[name],
            "intensity": intensity(read, surface, cues),
            "ranking": sorted(ranking, key=lambda row: -row["confidence"]),
        }
        message.set("emotion", emotion, add_to_output=True)
        message.set("abuse", abuse(read, surface, cues, weighed.abuse), add_to_output=True)


def _believed(read: Mapping[str, float], text: str, cues: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the reading, with whatever else is unpleasant or plain in it taken as anger where anger is said outright.

    "I am furious" names the feeling; how the rest is worded does not decide it. Where hardly anything unpleasant is read
    the word is somebody else's, and where pleasure is read the anger is over: that stays. So does what begins a quotation or title.
    """
    heard = dict(read)
    if any(cue["kind"] == "anger" and not text[: cue["start"]].endswith(_QUOTES) for cue in cues):
        moved = [name for name in _UNPLEASANT if name != "anger"]
        if sum(read[name] for name in _UNPLEASANT) >= _UPSET_AT_ALL:
            moved.append(NEUTRAL)
        heard |= dict.fromkeys(moved, 0.0)
        heard["anger"] += sum(read[name] for name in moved)
    return heard


def _best(read: Mapping[str, Mapping[str, float]]) -> str:
    return max(read[INTENT], key=lambda name: read[INTENT][name])


def _says_nothing(sample: Sample, cues: Sequence[Mapping[str, Any]]) -> bool:
    moods = any(value for name, value in sample.tone.items() if name.startswith("mood_"))
    return not sample.has_words and not moods and not cues


def _averaged(readings: Sequence[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for target in readings[0]:
        labels = sorted({label for reading in readings for label in reading[target]})
        for label in labels:
            mean = np.mean([exp(reading[target].get(label, -np.inf)) for reading in readings])
            found.setdefault(target, {})[label] = float(np.log(max(mean, 1e-9)))
    return found


def emotion_of(message: Message) -> str:
    """Return the emotion in an example's metadata; raises WrongEmotion where there is none or it is unknown."""
    metadata = (message.get(METADATA) or {}).get(METADATA_EXAMPLE)
    emotion = metadata.get("emotion") if isinstance(metadata, dict) else None
    if emotion not in EMOTIONS:
        raise WrongEmotion(f"{emotion!r} is not an emotion: {message.get(TEXT)!r}")
    return str(emotion)


def _touched(file: Path) -> float:
    """Return when a file was used last; 0 for one that is gone."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0
