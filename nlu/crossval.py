"""Five-fold cross-validation of both heads on nlu_data, by language: `nlu/.venv/bin/python -m nlu.crossval`."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from nlu.no_tensorflow import stand_in

_ROOT: Final = Path(__file__).resolve().parent.parent
_FOLDS: Final = 5
_LANGUAGES: Final = ("en", "ru", "zh", "el")


def main() -> None:
    """Print macro-F1 by language, accuracy, and how far confidences are from the truth."""
    stand_in()
    from rasa.shared.nlu.training_data.loading import load_data  # noqa: PLC0415 - must come after the stand-in

    from nlu import emotion_classifier, intent_classifier  # noqa: PLC0415

    samples, intents, emotions, files = [], [], [], []
    prepared = _prepared(load_data(str(_ROOT / "nlu_data")))
    where = _where()
    for message in prepared:
        samples.append(intent_classifier.Sample.of(message))
        intents.append(message.get("intent"))
        emotions.append(emotion_classifier.emotion_of(message))
        files.append(where.get(message.get("text"), "en"))
    for title, labels, module in (("intent", intents, intent_classifier), ("emotion", emotions, emotion_classifier)):
        read, sure = _cross_validated(samples, labels, files, module)
        _print(title, np.asarray(labels), read, sure, np.asarray(files))


def _where() -> dict[str, str]:
    import yaml  # noqa: PLC0415

    found = {}
    for file in sorted((_ROOT / "nlu_data").glob("*/*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            found |= {row["text"].strip(): file.parent.name for row in block["examples"]}
    return found


def _prepared(data: object) -> list:
    from rasa.engine.storage.resource import Resource  # noqa: PLC0415

    from nlu.cues import CueFinder  # noqa: PLC0415
    from nlu.e5_featurizer import E5Featurizer  # noqa: PLC0415
    from nlu.language import LanguageIdentifier  # noqa: PLC0415

    class Discarding:
        @contextlib.contextmanager
        def write_to(self, _: object) -> Iterator[Path]:
            with tempfile.TemporaryDirectory() as folder:
                yield Path(folder)

    for kind in (LanguageIdentifier, E5Featurizer, CueFinder):
        component = kind.create({}, Discarding(), Resource(kind.__name__), None)
        if hasattr(component, "train"):
            component.train(data)
        data = component.process_training_data(data)
    return data.intent_examples


def _cross_validated(
    samples: Sequence, labels: Sequence[str], languages: Sequence[str], module: object
) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415

    from nlu.heads import Head  # noqa: PLC0415

    read, sure = np.empty(len(samples), dtype=object), np.zeros(len(samples))
    strata = [f"{language}/{label}" for language, label in zip(languages, labels, strict=True)]
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=1).split(samples, strata):
        head = Head.trained([samples[i] for i in train], [labels[i] for i in train], module.WEIGHTS, module.TUNING)
        for place in test:
            read[place], sure[place] = head.read(samples[place])[0]
    return read, sure


def _print(title: str, wanted: np.ndarray, read: np.ndarray, sure: np.ndarray, languages: np.ndarray) -> None:
    from sklearn.metrics import classification_report, f1_score  # noqa: PLC0415

    right = (wanted == read).astype(float)
    parts = [(sure >= low) & (sure < low + 0.1) for low in np.arange(0, 1, 0.1)]
    error = sum(part.mean() * abs(right[part].mean() - sure[part].mean()) for part in parts if part.any())
    by_language = {
        name: f1_score(wanted[languages == name], read[languages == name], average="macro") for name in _LANGUAGES
    }
    scores = " ".join(f"{name} {score:.3f}" for name, score in by_language.items())
    print(f"{title}: macro-F1 {f1_score(wanted, read, average='macro'):.3f} {scores}")  # noqa: T201 - a report for the terminal
    print(f"{title}: accuracy {right.mean():.3f}, calibration error {error:.3f}, examples {len(wanted)}")  # noqa: T201 - a report for the terminal
    print(classification_report(wanted, read, digits=2))  # noqa: T201 - a report for the terminal


if __name__ == "__main__":
    main()
