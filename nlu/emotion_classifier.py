"""What a shopper feels while writing, how strongly, and whether they abuse us."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import METADATA, METADATA_EXAMPLE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.buttons import register
from nlu.feelings import EMOTIONS, NEUTRAL, certain
from nlu.heads import Head, Sample, Weights
from nlu.heat import abuse, intensity
from nlu.kernel import Tuning
from nlu.model_files import TrainedComponent

WEIGHTS: Final = Weights(characters=1.0, words=0.5, tone=0.3)
TUNING: Final = Tuning(meaning=4.0, narrow=1.0, ridge=0.6)

register()


class WrongEmotion(RasaException):
    """A training example's `metadata: {emotion: ...}` is none of the eight; the text quotes the example."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class EmotionClassifier(TrainedComponent):
    """Sets `emotion` {name, confidence, intensity, ranking} and `abuse`; neutral where there is too little to tell."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return `sure`: below it a feeling is not named; the `weights` of features and the `tuning` of the fit."""
        return {"sure": 0.3, "weights": WEIGHTS.__dict__, "tuning": TUNING.__dict__}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, storage, resource)
        self._head: Head | None = None

    def _restore(self, folder: Path) -> None:
        self._head = Head.load(folder)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example whose metadata names an emotion; raises WrongEmotion for a name that is none."""
        examples = [(message, emotion_of(message)) for message in training_data.training_examples if message.get(TEXT)]
        labelled = [(message, emotion) for message, emotion in examples if emotion is not None]
        if not labelled:
            raise WrongEmotion("no training example has `metadata: {emotion: ...}`")
        samples = [Sample.of(message) for message, _ in labelled]
        labels = [emotion for _, emotion in labelled]
        self._head = Head.trained(samples, labels, Weights(**self._config["weights"]), Tuning(**self._config["tuning"]))
        with self._storage.write_to(self._resource) as folder:
            self._head.save(Path(folder))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `emotion` and `abuse` on messages."""
        for message in messages:
            if message.get(TEXT):
                read = self._read(message)
                surface, cues = message.get("surface", {}), message.get("cues", [])
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
                message.set("abuse", abuse(read, surface, cues), add_to_output=True)
        return messages

    def _read(self, message: Message) -> dict[str, float]:
        assert self._head is not None, "not trained"
        sample = Sample.of(message)
        moods = any(value for name, value in sample.tone.items() if name.startswith("mood_"))
        if not sample.has_words and not moods and not message.get("cues"):
            return certain(NEUTRAL)
        return {**dict.fromkeys(EMOTIONS, 0.0), **dict(self._head.read(sample))}


def emotion_of(message: Message) -> str | None:
    """Return the emotion in an example's metadata, None where there is none; raises WrongEmotion."""
    metadata = (message.get(METADATA) or {}).get(METADATA_EXAMPLE)
    emotion = metadata.get("emotion") if isinstance(metadata, dict) else None
    if emotion is not None and emotion not in EMOTIONS:
        raise WrongEmotion(f"{emotion!r} is not an emotion: {message.get(TEXT)!r}")
    return emotion
