"""Cue words and the look of a message, for the heads, the policy and the operator who asks why."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.lexicon import FOLDER, Cue, SpacedLexicon, UnspacedLexicon, Words, lexicon, read_lexicons
from nlu.model_files import TrainedComponent, code_digest
from nlu.surface import MOODS_FILE, surface
from nlu.text import readable

_BORROWED: Final = "en"  # people swear and thank in English in every language


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class CueFinder(TrainedComponent):
    """Sets `cues` (kind, text, start, end) and `surface`. The words are kept in the model: a model reads as it was trained."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return `lexicons`: the folder of `<language>.yml` files."""
        return {"lexicons": str(FOLDER)}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, storage, resource)
        self._lexicons: dict[str, SpacedLexicon | UnspacedLexicon] = {}

    def _restore(self, folder: Path) -> None:
        self._take(json.loads((folder / "lexicons.json").read_text(encoding="utf-8")))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return a digest of the lexicon files: Rasa does not look at files that hold no training examples."""
        folder = Path({**cls.get_default_config(), **config}["lexicons"])
        digest = hashlib.sha256(code_digest().encode())
        for file in [*sorted(folder.glob("*.yml")), MOODS_FILE]:
            digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
        return digest.hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Read the lexicons and keep them."""
        lexicons = read_lexicons(Path(self._config["lexicons"]))
        self._take(lexicons)
        with self._storage.write_to(self._resource) as folder:
            (folder / "lexicons.json").write_text(json.dumps(lexicons, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def _take(self, lexicons: dict[str, Words]) -> None:
        self._lexicons = {language: lexicon(language, words) for language, words in lexicons.items()}

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Set cues on every example."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `cues` and `surface` on messages."""
        for message in messages:
            if text := readable(message.get(TEXT) or ""):
                message.set("cues", self.find(text, message.get("language", "")), add_to_output=True)
                message.set("surface", surface(text))
        return messages

    def find(self, text: str, language: str) -> list[Cue]:
        """Return the cues of the language's own lexicon and the English one; of all where the language is not known."""
        if text.startswith("/"):
            return []
        languages = [language, _BORROWED] if language in self._lexicons else list(self._lexicons)
        found: dict[tuple[str, int], Cue] = {}
        for name in languages:
            if name in self._lexicons:
                for cue in self._lexicons[name].find(text):
                    kept = found.get((cue["kind"], cue["start"]))
                    if kept is None or kept["end"] < cue["end"]:
                        found[cue["kind"], cue["start"]] = cue
        return sorted(found.values(), key=lambda cue: (cue["start"], cue["kind"]))
