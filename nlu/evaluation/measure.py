"""Reads labelled messages with a pipeline and holds the readings to their labels."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Final, Protocol

from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from nlu.evaluation.errors import WrongInput
from nlu.evaluation.examples import Example
from nlu.evaluation.external import Row, judged
from nlu.evaluation.figures import Judgement, figures_of
from nlu.evaluation.pipeline import Pipeline, Reading
from nlu.evaluation.report import Part
from nlu.evaluation.scores import abuse_figures, upset_figures
from nlu.evaluation.set_up import set_up

FOLDS: Final = 5
_AT_ONCE: Final = 2  # a training takes some gigabytes of memory
OFFENSIVE: Final = ("not_offensive", "offensive")


_folds: list[tuple[list[Example], list[str], Path]] = []  # of a process of cross-validation


class Reader(Protocol):
    """Whatever reads messages: a trained pipeline, or a model archive."""

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read messages as a shopper's."""
        ...


def part_of(
    name: str, about: str, examples: Sequence[Example], readings: Sequence[Reading], limits: Mapping[str, float]
) -> Part:
    """Return the figures of our own examples: intents, emotions, and the policy's decision on who is upset."""
    intents = [
        Judgement(example.text, example.language, (example.intent,), read.intent, read.intent_sure, read.intents)
        for example, read in zip(examples, readings, strict=True)
    ]
    emotions = [
        Judgement(example.text, example.language, (example.emotion,), read.emotion, read.emotion_sure, read.emotions)
        for example, read in zip(examples, readings, strict=True)
    ]
    targets = (figures_of("intent", intents), figures_of("emotion", emotions))
    return Part(name, about, len(examples), targets, (upset_figures(emotions, limits),))


def cross_validated(examples: Sequence[Example], config: Path, step: Callable[[str], None]) -> list[Reading]:
    """Return each example's reading by a pipeline that was trained on the other four fifths.

    Raises WrongInput for fewer examples than folds, or where a training was killed.
    """
    if len(examples) < FOLDS:
        raise WrongInput(f"cross-validation needs {FOLDS} examples or more")
    strata = [f"{example.language} {example.intent} {example.emotion}" for example in examples]
    with warnings.catch_warnings():
        # Some feelings hardly occur with some intents; such a stratum is in some folds only.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=1).split(examples, strata))
    readings: dict[int, Reading] = {}
    given = (examples, [train.tolist() for train, _ in folds], [test.tolist() for _, test in folds], config)
    # A new process each, not a copy of this one: the threads of the embedding do not survive being copied. What is read goes
    # to each process once and not with every job, because Python 3.10 waits for ever where a process dies with much in its queue.
    try:
        with ProcessPoolExecutor(_AT_ONCE, get_context("spawn"), initializer=_begin, initargs=given) as pool:
            waiting = {pool.submit(_fold, number): test.tolist() for number, (_, test) in enumerate(folds)}
            step(f"Cross-validation: training on four fifths, {FOLDS} times")
            for number, done in enumerate(as_completed(waiting), 1):
                readings |= zip(waiting[done], done.result(), strict=True)
                step(f"Cross-validation: {number} of {FOLDS} done")
    except BrokenProcessPool as exc:
        raise WrongInput("cross-validation: a training was killed; is there memory enough for two at once?") from exc
    return [readings[place] for place in range(len(examples))]


def _begin(examples: Sequence[Example], trains: Sequence[list[int]], tests: Sequence[list[int]], config: Path) -> None:
    set_up()
    for train, test in zip(trains, tests, strict=True):
        _folds.append(([examples[place] for place in train], [examples[place].text for place in test], config))


def _fold(number: int) -> list[Reading]:
    examples, texts, config = _folds[number]
    with threadpool_limits(max(1, (os.cpu_count() or 1) // _AT_ONCE)):
        return Pipeline.trained(examples, config).read(texts)


def external_part(
    name: str, target: str, rows: Sequence[Row], reader: Reader, ours: Mapping[str, str], limits: Mapping[str, float]
) -> Part:
    """Return the figures of rows from elsewhere, which have mapped names; `ours` maps our labels."""
    readings = reader.read([row.text for row in rows])
    about = f"{len(rows)} messages labelled by others."
    if target == "abuse":
        rated = [
            Judgement(row.text, row.language, row.labels, "", read.abuse, {})
            for row, read in zip(rows, readings, strict=True)
        ]
        return Part(name, about, len(rows), (), (abuse_figures(rated, limits, OFFENSIVE[1]),))
    found = []
    for row, read in zip(rows, readings, strict=True):
        if target == "intent":
            found.append(judged(row, read.intent, read.intent_sure, read.intents, ours))
        else:
            found.append(judged(row, read.emotion, read.emotion_sure, read.emotions, ours))
    return Part(name, about, len(rows), (figures_of(target, found),), ())
