"""Button payloads (`/affirm`, `/inform{"order_number": "WL-1001"}`) are read as what they say, with a reading like any message."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import pluggy
from rasa.engine.graph import SchemaNode
from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
from rasa.plugin import plugin_manager
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.nlu.constants import INTENT_NAME_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.feelings import NEUTRAL, certain

_NODE: Final = f"run_{RegexMessageHandler.__name__}"
_implements: Final = pluggy.HookimplMarker("rasa")
_NOTHING_READ: Final = {"language": "und", "abuse": 0.0, "cues": []}


class ButtonReader(RegexMessageHandler):
    """Rasa's last step in reading: a payload gets its intent, and here also language `und` and emotion neutral.

    A text that only looks like a payload stays a text, and is not quoted in the log as Rasa's own step does.
    """

    def process(self, messages: list[Message], domain: Domain | None = None) -> list[Message]:
        """Replace payloads by what they say."""
        return [self._read(message, domain) for message in messages]

    def _read(self, message: Message, domain: Domain | None) -> Message:
        found = YAMLStoryReader._regex_message_pattern().match((message.get(TEXT) or "").strip())  # noqa: SLF001 - it is built nowhere else
        if not found or (domain and found.group(INTENT_NAME_KEY).strip() not in domain.intents):
            return message
        (read,) = super().process([message], domain)
        for name, value in {**_NOTHING_READ, "emotion": calm()}.items():
            read.set(name, value, add_to_output=True)
        return read


def calm() -> dict[str, Any]:
    """Return the emotion of a message that carries none."""
    ranking = [{"name": name, "confidence": sure} for name, sure in certain(NEUTRAL).items()]
    return {"name": NEUTRAL, "confidence": 1.0, "intensity": 0.0, "ranking": ranking}


class _Plugin:
    @_implements
    def modify_default_recipe_graph_predict_nodes(self, predict_nodes: dict[str, SchemaNode]) -> None:
        """Put ButtonReader where the recipe has Rasa's own step; the recipe offers no setting for it."""
        if _NODE in predict_nodes:
            predict_nodes[_NODE] = dataclasses.replace(predict_nodes[_NODE], uses=ButtonReader)


def register() -> None:
    """Tell Rasa about ButtonReader, once."""
    if not plugin_manager().has_plugin(__name__):
        plugin_manager().register(_Plugin(), __name__)
