"""Cue words and the look of a message, for the heads, the policy and the operator who asks why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.kept import Kept
from nlu.lexicon import FOLDER, Cue, SpacedLexicon, UnspacedLexicon, Words, cue_at, lexicon, read_lexicons
from nlu.model_files import TrainedComponent, code_digest
from nlu.surface import MOODS_FILE, moods, surface
from nlu.text import readable

_BORROWED: Final = "en"  # people swear and thank in English in every language


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class CueFinder(TrainedComponent):
    """Sets `cues` (kind, text, start, end) and `surface`. The words are kept in the model: a model reads as it was trained."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return `lexicons`: the folder of `<language>.yml` files, and `cache`: the file of training texts' cues (empty: none)."""
        return {"lexicons": str(FOLDER), "cache": ".rasa/cues.sqlite"}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, storage, resource)
        self._words: Mapping[str, Words] = {}
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

    def _take(self, lexicons: Mapping[str, Words]) -> None:
        self._words = lexicons
        self._lexicons = {language: lexicon(language, words) for language, words in lexicons.items()}

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Set cues on every example, from the disk cache where it has them."""
        kept = self._disk()
        if kept is None:
            self.process(training_data.training_examples)
            return training_data
        written = [(message, text) for message in training_data.training_examples if (text := _text(message))]
        names = [f"{message.get('language', '')}\0{text}" for message, text in written]
        known = kept.of(names)
        fresh = {}
        for (message, text), name in zip(written, names, strict=True):
            if name in known:
                found = json.loads(known[name])
            else:
                cues = self.find(text, message.get("language", ""))
                places = [(cue["kind"], cue["start"], cue["end"]) for cue in cues]
                found = {"cues": places, "surface": surface(text)}
                fresh[name] = json.dumps(found).encode()
            self._set(message, [cue_at(kind, text, start, end) for kind, start, end in found["cues"]], found["surface"])
        kept.keep(fresh)
        return training_data

    def _disk(self) -> Kept | None:
        if not self._config["cache"]:
            return None
        words = json.dumps(self._words, sort_keys=True)
        maker = hashlib.sha256(f"{code_digest()}\0{words}\0{moods()}".encode()).hexdigest()
        return Kept(Path(self._config["cache"]), maker)

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `cues` and `surface` on messages."""
        for message in messages:
            if text := _text(message):
                self._set(message, self.find(text, message.get("language", "")), surface(text))
        return messages

    @staticmethod
    def _set(message: Message, cues: list[Cue], look: dict[str, float]) -> None:
        message.set("cues", cues, add_to_output=True)
        message.set("surface", look)

    def find(self, text: str, language: str) -> list[Cue]:
        """Return the cues of the language's own lexicon and the English one; of all where the language is not known."""
        if text.startswith("/"):
            return []
        languages = dict.fromkeys([language, _BORROWED] if language in self._lexicons else self._lexicons)
        found: dict[tuple[str, int], Cue] = {}
        for name in languages:
            if name in self._lexicons:
                for cue in self._lexicons[name].find(text):
                    kept = found.get((cue["kind"], cue["start"]))
                    if kept is None or kept["end"] < cue["end"]:
                        found[cue["kind"], cue["start"]] = cue
        return sorted(found.values(), key=lambda cue: (cue["start"], cue["kind"]))


def _text(message: Message) -> str:
    return readable(message.get(TEXT) or "")
