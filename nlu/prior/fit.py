"""Fit the prior anew on public labelled text: `nlu/.venv/bin/python -m nlu.prior.fit FOLDER`.

FOLDER holds `emotion.train.jsonl`, `emotion.dev.jsonl`, `abuse.train.jsonl` and `abuse.dev.jsonl`, rows of `text`, `labels`,
`lang` and `source` (README.md beside this names the sources). Numbers leave this program, text does not.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from tqdm import tqdm

from nlu.evaluation.set_up import set_up

_ROOT: Final = Path(__file__).resolve().parents[2]
_PUBLIC: Final = {
    "neutral": ["neutral"],
    "joy": ["joy", "amusement", "excitement", "love", "admiration", "optimism", "pride", "relief", "approval", "desire", "caring"],
    "gratitude": ["gratitude"],
    "surprise": ["surprise", "confusion", "curiosity", "realization"],
    "fear": ["fear", "nervousness"],
    "sadness": ["sadness", "disappointment", "grief", "remorse", "embarrassment"],
    "anger": ["anger", "annoyance", "disgust", "disapproval"],
    "abuse": ["offensive"],
}  # fmt: skip
"""Public labels under each of our outputs; trust and anticipation (XED) belong to none."""
_STRENGTH: Final = 0.25
_ELSEWHERE_STRENGTH: Final = 0.1
# Rare labels weigh more, though not as much as would make all equal.
_BALANCE: Final = 0.7
_NETWORKS: Final = 2  # their mean varies less than one
# Sources call neutral what a shop would call a mild feeling: on public text, less of it reads most other feelings better.
_LESS_NEUTRAL: Final = 0.75


@dataclass(frozen=True)
class Row:
    """One labelled text."""

    text: str
    labels: frozenset[str]
    language: str
    source: str
    held_out: bool


def rows(folder: Path) -> list[Row]:
    """Return all rows, each text once."""
    found = {}
    for kind in ("emotion", "abuse"):
        for part in ("train", "dev"):
            for line in (folder / f"{kind}.{part}.jsonl").read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                found[row["text"]] = Row(
                    row["text"], frozenset(row["labels"]), row["lang"], row["source"], part == "dev"
                )
    return list(found.values())


def main(folder: Path) -> None:
    """Fit, write `weights.npz`, and print the figures of the model card."""
    set_up()
    from nlu.prior.head import CLASSES, OUTPUTS, WEIGHTS_FILE, features  # noqa: PLC0415  Rasa must be importable first

    public = rows(folder)
    shop, theirs = _samples(public)
    held_out = np.asarray([row.held_out for row in public])
    sources = sorted({row.source for row in public})
    of_source = np.asarray([[row.source == source for source in sources] for row in public])
    languages = sorted({row.language for row in public})
    vectors = np.stack([sample.vector for sample in theirs])
    by_language = {name: np.asarray([row.language == name for row in public]) & ~held_out for name in languages}
    centres = {name: vectors[part].mean(axis=0).astype(np.float32) for name, part in by_language.items()}
    tones = sorted({name for sample in [*shop, *theirs] for name in sample.tone})
    seen, meant = features(theirs, centres, tones)
    with_source = sp.hstack([seen, sp.csr_matrix(of_source.astype(np.float32))], format="csr")
    weights, bias = [], []
    truths = {name: np.asarray([bool(row.labels & set(_PUBLIC[name])) for row in public]) for name in _PUBLIC}
    # A source that never gives a label says nothing about it.
    gives = {
        name: [bool((truth & of_source[:, i]).any()) for i in range(len(sources))] for name, truth in truths.items()
    }
    for name in tqdm(_PUBLIC, "Fitting"):
        usable = ~held_out & of_source[:, gives[name]].any(axis=1)
        coefficients, intercept = _fitted(with_source[usable], truths[name][usable], _STRENGTH)
        weights.append(coefficients[: -len(sources)])
        bias.append(intercept + coefficients[-len(sources) :][gives[name]].mean())
    coefficients, intercept = _fitted(
        sp.vstack([seen[~held_out], features(shop, centres, tones)[0]]),
        np.repeat([True, False], [(~held_out).sum(), len(shop)]),
        _ELSEWHERE_STRENGTH,
        balance=0.0,
    )
    weights.append(coefficients)
    bias.append(intercept)
    assert [*_PUBLIC, "elsewhere"] == list(OUTPUTS), "one order everywhere"
    felt = ~held_out & of_source[:, [any(gives[name][i] for name in CLASSES) for i in range(len(sources))]].any(axis=1)
    network = _network(meant[felt], of_source[felt], np.stack([truths[name][felt] for name in CLASSES], axis=1))
    bias[CLASSES.index("neutral")] -= _LESS_NEUTRAL
    network.outer_bias[CLASSES.index("neutral")] -= _LESS_NEUTRAL
    np.savez_compressed(
        WEIGHTS_FILE,
        weights=np.asarray(weights, np.float16),
        bias=np.asarray(bias, np.float32),
        tones=np.asarray(tones),
        **{name: numbers.astype(np.float16) for name, numbers in vars(network).items()},
        **{f"centre_{name}": centre for name, centre in centres.items()},
    )
    outputs = network.joined(np.asarray(seen @ np.asarray(weights, np.float32).T) + np.asarray(bias), meant)
    for line in _card(outputs, truths, gives, of_source, sources, held_out):
        print(line)  # noqa: T201 - a report for the terminal


def _network(rows: np.ndarray, of_source: np.ndarray, truth: np.ndarray) -> Any:
    """Return networks fitted on rows of meaning and tone, side by side as one; a text's source is a column that is the mean one later."""
    from sklearn.neural_network import MLPClassifier  # noqa: PLC0415

    from nlu.prior.head import Network  # noqa: PLC0415

    seen = np.hstack([rows, of_source.astype(np.float32)])
    inner, outer = [], []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ConvergenceWarning)  # it stops early on purpose
        for seed in tqdm(range(_NETWORKS), "Fitting networks"):
            model = MLPClassifier((64,), alpha=3e-3, batch_size=256, max_iter=8, random_state=seed).fit(seen, truth)
            weights = model.coefs_[0]
            of_any = of_source.mean(axis=0) @ weights[rows.shape[1] :] + model.intercepts_[0]
            inner.append(np.vstack([weights[: rows.shape[1]], of_any]))
            outer.append(np.vstack([model.coefs_[1], model.intercepts_[1]]) / _NETWORKS)
    inwards = np.hstack(inner)
    balance = _BALANCE * np.log((~truth).sum(axis=0) / truth.sum(axis=0))
    bias = sum(weights[-1] for weights in outer) + balance
    return Network(inwards[:-1], inwards[-1], np.vstack([weights[:-1] for weights in outer]), bias)


def _fitted(rows: Any, truth: np.ndarray, strength: float, balance: float = _BALANCE) -> tuple[np.ndarray, float]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    shares = {True: (len(truth) / (2 * truth.sum())) ** balance, False: (len(truth) / (2 * (~truth).sum())) ** balance}
    model = LogisticRegression(C=strength, tol=1e-3, solver="liblinear", class_weight=shares, random_state=0)
    model.fit(rows, truth)
    return model.coef_[0], float(model.intercept_[0])


def _samples(public: Sequence[Row]) -> tuple[list[Any], list[Any]]:
    """Return the shop's examples and the public texts as the reader looks at them."""
    from rasa.engine.graph import ExecutionContext, GraphSchema  # noqa: PLC0415
    from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: PLC0415
    from rasa.engine.storage.resource import Resource  # noqa: PLC0415
    from rasa.shared.nlu.training_data.message import Message  # noqa: PLC0415
    from rasa.shared.nlu.training_data.training_data import TrainingData  # noqa: PLC0415

    from nlu.cues import CueFinder  # noqa: PLC0415
    from nlu.e5_featurizer import E5Featurizer  # noqa: PLC0415
    from nlu.evaluation.examples import training_examples  # noqa: PLC0415
    from nlu.features import Sample  # noqa: PLC0415
    from nlu.language import LanguageIdentifier  # noqa: PLC0415

    examples = {example.text: example for example in training_examples(_ROOT / "nlu_data")}
    shop = [Message.build(example.text, example.intent) for example in examples.values()]
    theirs = [Message({"text": row.text, "language": row.language}) for row in public]
    with tempfile.TemporaryDirectory() as folder:
        storage, context = LocalModelStorage.create(Path(folder)), ExecutionContext(GraphSchema({}))
        for kind in tqdm((LanguageIdentifier, E5Featurizer, CueFinder), "Preparing"):
            component = kind.create(kind.get_default_config(), storage, Resource(kind.__name__), context)
            if hasattr(component, "train"):
                component.train(TrainingData(shop))
            component.process_training_data(TrainingData(shop))
            if kind is not LanguageIdentifier:
                component.process_training_data(TrainingData(theirs))
    return list(map(Sample.of, shop)), list(map(Sample.of, theirs))


def _card(
    outputs: np.ndarray, truths: dict[str, np.ndarray], gives: dict[str, list[bool]], of_source: np.ndarray,
    sources: list[str], held_out: np.ndarray,
) -> Iterator[str]:  # fmt: skip
    """The figures on held-out rows as a Markdown table: macro-F1 over rows of one label, AUC of each label."""
    from sklearn.metrics import f1_score, roc_auc_score  # noqa: PLC0415

    names = list(_PUBLIC)
    feelings = [name for name in names if name != "abuse"]
    yield f"| source | rows | macro-F1 | {' | '.join(names)} |"
    yield "| --- | --- | --- |" + " --- |" * len(names)
    for place, source in enumerate(sources):
        part = held_out & of_source[:, place]
        given = [name for name in names if gives[name][place]]
        truth = np.stack([truths[name][part] for name in given], axis=1)
        read = outputs[part][:, [names.index(name) for name in given]]
        areas = {name: roc_auc_score(truth[:, i], read[:, i]) for i, name in enumerate(given)}
        single = truth.sum(axis=1) == 1
        whole = "–"
        if set(given) & set(feelings):
            whole = f"{f1_score(truth[single].argmax(axis=1), read[single].argmax(axis=1), average='macro'):.2f}"
        cells = [f"{areas[name]:.2f}" if name in areas else "–" for name in names]
        yield f"| {source} | {part.sum()} | {whole} | {' | '.join(cells)} |"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
