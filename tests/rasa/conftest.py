"""Components trained once on a part of the real examples."""

# ruff: noqa: E402 - Rasa must be imported after the stand-in for TensorFlow

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from nlu.no_tensorflow import stand_in

stand_in()

from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.cues import CueFinder
from nlu.e5_featurizer import E5Featurizer
from nlu.entities import EntityFinder
from nlu.evaluation.examples import training_examples
from nlu.evaluation.pipeline import Pipeline
from nlu.language import LanguageIdentifier
from nlu.reader import ShopperReader

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = (LanguageIdentifier, E5Featurizer, CueFinder, ShopperReader, EntityFinder)
SOME_INTENTS = ("greet", "thank", "ask_order_status", "report_late", "complain", "ask_human")
CONTEXT = ExecutionContext(GraphSchema({}))


def examples(intents: tuple[str, ...] | None = None, most: int | None = None) -> list[Message]:
    """The real examples, as Rasa reads them from nlu_data."""
    found = []
    for file in sorted((ROOT / "nlu_data").glob("*/*.yml")):
        if intents is None or file.stem in intents:
            (block,) = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["nlu"]
            rows = (
                block["examples"]
                if most is None
                else block["examples"][:: max(1, len(block["examples"]) // most)][:most]
            )
            found += [
                Message.build(row["text"].strip(), block["intent"], example_metadata=row["metadata"]) for row in rows
            ]
    return found


def talk(**slots: str) -> DialogueStateTracker:
    """A talk with these slots set."""
    domain = Domain.load(str(ROOT / "domain.yml"))
    tracker = DialogueStateTracker("shopper", domain.slots)
    tracker.update_with_events([SlotSet(name, value) for name, value in slots.items()], domain)
    return tracker


@dataclass
class Trained:
    """A pipeline whose trained parts are in a storage."""

    storage: LocalModelStorage
    components: list[GraphComponent]

    def read(self, text: str, components: list[GraphComponent] | None = None, **data: Any) -> Message:
        message = Message({"text": text, **data})
        for component in components or self.components:
            (message,) = component.process([message])
        return message

    def loaded(self) -> list[GraphComponent]:
        return [load(kind, self.storage) for kind in PIPELINE]


def load(kind: type[GraphComponent], storage: LocalModelStorage) -> GraphComponent:
    """What Rasa does when it loads a model."""
    return kind.load(kind.get_default_config(), storage, Resource(kind.__name__), CONTEXT)


@pytest.fixture(scope="session")
def shipped() -> Pipeline:
    """The pipeline of config.yml, trained on every example."""
    return Pipeline.trained(training_examples(ROOT / "nlu_data"), ROOT / "config.yml")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("model"))
    cache = str(tmp_path_factory.mktemp("cache") / "vectors.sqlite")
    caches = {E5Featurizer: {"cache": cache}, CueFinder: {"cache": ""}, ShopperReader: {"cache": ""}}
    components = []
    data = TrainingData(examples(SOME_INTENTS, most=12))
    for kind in PIPELINE:
        config = kind.get_default_config() | caches.get(kind, {})
        component = kind.create(config, storage, Resource(kind.__name__), CONTEXT)
        if hasattr(component, "train"):
            component.train(data)
        if hasattr(component, "process_training_data"):
            data = component.process_training_data(data)
        components.append(component)
    return Trained(storage, components)
