"""Vectors of the shipped training examples, so that a first training need not compute them: `python -m nlu.embeddings pack`.

A vector is kept as 384 whole numbers from -127 to 127 and one scale, under the hash of text and model: an example that was
changed since is not found, and simply computed.
"""

from __future__ import annotations

import argparse
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from nlu.e5_keys import SIZE, key_of

FILE: Final = Path(__file__).with_name("embeddings.npz")
_KEY: Final = 16  # bytes of the hash: enough for a few thousand texts

log = structlog.get_logger()


def shipped(texts: Iterable[str], file: Path = FILE) -> dict[str, np.ndarray]:
    """Return the vectors of those texts that the file has; a file that is missing or broken has none."""
    rows, vectors = _read(file)
    found = {text: rows.get(key_of(text)[:_KEY]) for text in texts}
    return {text: _unit(vectors[row]) for text, row in found.items() if row is not None}


def pack(vectors: Mapping[str, np.ndarray], file: Path = FILE) -> None:
    """Write the vectors of texts."""
    matrix = np.stack(list(vectors.values())).astype(np.float32)
    # A unit vector is known by its direction, so the scale itself need not be kept.
    scale = np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-9) / 127
    keys = np.frombuffer(b"".join(key_of(text)[:_KEY] for text in vectors), np.uint8).reshape(-1, _KEY)
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        fresh = Path(folder) / "embeddings.npz"
        np.savez_compressed(fresh, keys=keys, vectors=np.rint(matrix / scale).astype(np.int8))
        fresh.replace(file)


@cache
def _read(file: Path) -> tuple[dict[bytes, int], np.ndarray]:
    nothing: tuple[dict[bytes, int], np.ndarray] = ({}, np.zeros((0, SIZE), np.int8))
    if not file.exists():
        return nothing
    try:
        with np.load(file, allow_pickle=False) as kept:
            keys, vectors = kept["keys"], kept["vectors"]
        if keys.shape != (len(vectors), _KEY) or vectors.shape[1:] != (SIZE,) or vectors.dtype != np.int8:
            raise ValueError("its arrays do not fit each other")  # noqa: TRY301 - one way to say that it is broken
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as exc:
        log.warning("e5.shipped_vectors_broken", file=str(file), reason=str(exc))
        return nothing
    return {key.tobytes(): row for row, key in enumerate(keys)}, vectors


def _unit(row: np.ndarray) -> np.ndarray:
    vector = row.astype(np.float32)
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _forms(data: Sequence[str]) -> list[str]:
    """All examples as they are embedded in a training."""
    from rasa.engine.graph import ExecutionContext, GraphSchema  # noqa: PLC0415 - must come after the stand-in
    from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: PLC0415
    from rasa.engine.storage.resource import Resource  # noqa: PLC0415

    from nlu.e5_featurizer import embedded_form  # noqa: PLC0415
    from nlu.importer import ExampleImporter  # noqa: PLC0415
    from nlu.language import LanguageIdentifier  # noqa: PLC0415

    examples = ExampleImporter(training_data_paths=list(data)).get_nlu_data()
    with tempfile.TemporaryDirectory() as folder:
        storage = LocalModelStorage.create(Path(folder))
        settings = LanguageIdentifier.get_default_config()
        identifier = LanguageIdentifier.create(
            settings, storage, Resource("language"), ExecutionContext(GraphSchema({}))
        )
        identifier.train(examples)
        identifier.process_training_data(examples)
    return [embedded_form(message.get("text"), message.get("language")) for message in examples.training_examples]


def main() -> None:
    """Pack the vectors of all examples, from the cache where it has them."""
    parser = argparse.ArgumentParser(prog="python -m nlu.embeddings", description=main.__doc__)
    parser.add_argument("command", choices=["pack"])
    parser.add_argument("--data", nargs="+", default=["nlu_data"])
    parser.add_argument("--cache", type=Path, default=Path(".rasa/e5.sqlite"))
    parser.add_argument("--out", type=Path, default=FILE)
    asked = parser.parse_args()

    from nlu.no_tensorflow import stand_in  # noqa: PLC0415

    stand_in()
    from nlu.e5_featurizer import EmbeddingCache, embed  # noqa: PLC0415

    vectors = embed(_forms(asked.data), EmbeddingCache(asked.cache), ship=False)
    pack(vectors, asked.out)
    print(f"{len(vectors)} vectors in {asked.out} ({asked.out.stat().st_size / 1e6:.1f} MB)")  # noqa: T201 - said to a person


if __name__ == "__main__":
    main()
