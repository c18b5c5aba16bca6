"""What a shopper wants."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.heads import Head, Sample, Weights
from nlu.kernel import Tuning
from nlu.model_files import TrainedComponent

FALLBACK: Final = "nlu_fallback"
DATA: Final = "inform"
WEIGHTS: Final = Weights(characters=1.0, words=0.5, tone=0.3)
TUNING: Final = Tuning(meaning=4.0, narrow=1.0, ridge=0.6)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(TrainedComponent):
    """Sets `intent` and `intent_ranking`; `nlu_fallback` where no intent is sure enough."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return `threshold` of the fallback, the `weights` of features and the `tuning` of the fit."""
        return {"threshold": 0.3, "weights": WEIGHTS.__dict__, "tuning": TUNING.__dict__}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, storage, resource)
        self._head: Head | None = None

    def _restore(self, folder: Path) -> None:
        self._head = Head.load(folder)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example that has an intent."""
        examples = [message for message in training_data.intent_examples if message.get(TEXT)]
        samples = [Sample.of(message) for message in examples]
        labels = [message.get(INTENT) for message in examples]
        self._head = Head.trained(samples, labels, Weights(**self._config["weights"]), Tuning(**self._config["tuning"]))
        with self._storage.write_to(self._resource) as folder:
            self._head.save(Path(folder))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `intent` and `intent_ranking` on messages."""
        for message in messages:
            if message.get(TEXT):
                ranking = [{"name": name, "confidence": sure} for name, sure in self._read(Sample.of(message))]
                best = ranking[0]
                if best["confidence"] < self._config["threshold"]:
                    best = {"name": FALLBACK, "confidence": 1 - best["confidence"]}
                    ranking.insert(0, best)
                message.set(INTENT, dict(best), add_to_output=True)
                message.set(INTENT_RANKING_KEY, ranking[:10], add_to_output=True)
        return messages

    def _read(self, sample: Sample) -> list[tuple[str, float]]:
        assert self._head is not None, "not trained"
        return self._head.read(sample)
