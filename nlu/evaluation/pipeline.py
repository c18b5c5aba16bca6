"""The pipeline of config.yml, trained and asked through Rasa's own interface of components."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import class_from_module_path

from nlu.evaluation.errors import WrongInput
from nlu.evaluation.examples import Example
from nlu.evaluation.figures import FALLBACK

_CONTEXT: Final = ExecutionContext(GraphSchema({}))
_BATCH: Final = 64


@dataclass(frozen=True)
class Reading:
    """What the pipeline says about one message; `intents` and `emotions` are confidences by name."""

    intent: str
    intent_sure: float
    intents: Mapping[str, float]
    emotion: str
    emotion_sure: float
    emotions: Mapping[str, float]
    abuse: float

    @classmethod
    def of(cls, message: Message) -> Reading:
        """Return what was set on a message."""
        intent, emotion = message.get(INTENT), message.get("emotion")
        return cls(
            intent["name"],
            intent["confidence"],
            {row["name"]: row["confidence"] for row in message.get(INTENT_RANKING_KEY) if row["name"] != FALLBACK},
            emotion["name"],
            emotion["confidence"],
            {row["name"]: row["confidence"] for row in emotion["ranking"]},
            message.get("abuse"),
        )


class Pipeline:
    """Components trained on examples; they read as they do when Rasa has loaded them from a model."""

    def __init__(self, components: Sequence[GraphComponent]) -> None:
        self._components = components

    @classmethod
    def trained(cls, examples: Sequence[Example], config: Path) -> Pipeline:
        """Train each component of the pipeline in its order; what they save is read back and thrown away."""
        data = TrainingData(
            [
                Message.build(example.text, example.intent, example_metadata={"emotion": example.emotion})
                for example in examples
            ]
        )
        loaded = []
        with tempfile.TemporaryDirectory(prefix="warmline-evaluation-") as folder:
            storage = LocalModelStorage.create(Path(folder))
            for kind, settings in _kinds(config):
                resource = Resource(kind.__name__)
                component = kind.create(settings, storage, resource, _CONTEXT)
                if hasattr(component, "train"):
                    component.train(data)
                if hasattr(component, "process_training_data"):
                    data = component.process_training_data(data)
                loaded.append(kind.load(settings, storage, resource, _CONTEXT))
        return cls(loaded)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read messages as a shopper's; only that featurizers may take their work from the cache of training."""
        different = list(dict.fromkeys(texts))  # TrainingData drops what is there twice
        messages = [Message({TEXT: text}) for text in different]
        data = TrainingData(messages)
        for component in self._components:
            if hasattr(component, "process_training_data"):
                data = component.process_training_data(data)
                messages = data.training_examples
            else:
                messages = component.process(messages)
        readings = dict(zip(different, map(Reading.of, messages), strict=True))
        return [readings[text] for text in texts]


class TrainedModel:
    """A model archive, loaded and asked as Rasa does it."""

    def __init__(self, archive: Path) -> None:
        if not archive.is_file():
            raise WrongInput(f"{archive}: no such file")
        self._folder = tempfile.TemporaryDirectory(prefix="warmline-evaluation-")
        try:
            self._about, self._runner = load_predict_graph_runner(
                Path(self._folder.name), archive, LocalModelStorage, DaskGraphRunner
            )
        except Exception as exc:
            raise WrongInput(f"{archive}: Rasa cannot load it: {exc}") from exc

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read messages as a shopper's."""
        readings = []
        for start in range(0, len(texts), _BATCH):
            messages = [UserMessage(text) for text in texts[start : start + _BATCH]]
            answer = self._runner.run(
                inputs={PLACEHOLDER_MESSAGE: messages, PLACEHOLDER_TRACKER: None}, targets=[self._about.nlu_target]
            )
            readings += [Reading.of(message) for message in answer[self._about.nlu_target]]
        return readings


def _kinds(config: Path) -> list[tuple[type[GraphComponent], dict[str, Any]]]:
    """The classes named by the pipeline, each with its defaults and what the file sets."""
    kinds = []
    for entry in yaml.safe_load(config.read_text(encoding="utf-8"))["pipeline"]:
        kind = class_from_module_path(entry["name"])
        settings = {key: value for key, value in entry.items() if key != "name"}
        kinds.append((kind, {**kind.get_default_config(), **settings}))
    return kinds
