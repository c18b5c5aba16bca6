"""Teach eight layers what e5's first eleven give: `python -m nlu.e5.teach FOLDER [MINUTES]`.

FOLDER holds `emotion.train.jsonl` and `abuse.train.jsonl` (nlu/prior/README.md names the sources); their texts and ours are read,
no label. Runs in an environment with nlu/requirements.lock and torch 2.13, which nothing else here needs. Numbers leave this
program, text does not. Afterwards the prior is fitted again (`python -m nlu.prior.fit`).
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from nlu.e5.engine import FILE, TAUGHT_FILE, Engine
from nlu.e5.graph import INPUT, LAYERS, in_eights, session
from nlu.e5.weights import Taught, Weights
from nlu.evaluation.set_up import set_up

_ROOT: Final = Path(__file__).resolve().parents[2]
_BEGIN_AS: Final = (1, 2, 4, 5, 7, 8, 10, 11)  # e5's layers, counted from 1
_TAUGHT_BY: Final = (5, 8, 11)  # whose tokens LAYERS are taught
_MINUTES: Final = 34
_PACE: Final = 5e-4
_WARM_UP: Final = 150  # steps
_MEAN: Final = 2.0  # what a text's mean counts beside its tokens
_TOKENS: Final = 4096  # of a step
_AT_ONCE: Final = 40_000  # texts that are sorted by length
_LONGEST: Final = 100  # tokens
_MEASURED: Final = 400  # texts that say how large numbers are


class Layer(nn.Module):
    """One of e5's layers."""

    def __init__(self, weights: Weights, number: int) -> None:
        super().__init__()
        shape, layer = weights.shape, f"l{number}."
        self.heads = shape.heads
        for name, parts, width in (("qkv", "qkv", shape.hidden), ("ao", ["ao"], shape.hidden), ("fi", ["fi"], shape.hidden),
                                   ("fo", ["fo"], shape.feed_forward)):  # fmt: skip
            rows = np.concatenate([weights.rows(f"{layer}{part}.w", width) for part in parts])
            biases = np.concatenate([weights.numbers(f"{layer}{part}.b") for part in parts])
            dense = nn.Linear(width, len(rows))
            dense.weight.data, dense.bias.data = torch.from_numpy(rows), torch.from_numpy(biases)
            setattr(self, name, dense)
        for name in ("aln", "oln"):
            normal = nn.LayerNorm(shape.hidden, shape.epsilon)
            normal.weight.data = torch.from_numpy(weights.numbers(f"{layer}{name}.w").copy())
            normal.bias.data = torch.from_numpy(weights.numbers(f"{layer}{name}.b").copy())
            setattr(self, name, normal)

    def forward(self, x: Tensor) -> Tensor:
        """Return texts of one length (texts, tokens, hidden) after this layer."""
        texts, tokens, hidden = x.shape
        q, k, v = self.qkv(x).view(texts, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        # Written out: for texts this short torch's own attention takes ten times as long backwards.
        heard = torch.softmax(q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2), -1).to(v.dtype) @ v
        x = self.aln(x + self.ao(heard.transpose(1, 2).reshape(texts, tokens, hidden)))
        return self.oln(x + self.fo(functional.gelu(self.fi(x), approximate="tanh")))

    def tensors(self, number: int) -> Iterator[tuple[str, np.ndarray]]:
        """Give what `Taught` reads of this layer, by name."""
        layer = f"l{number}."
        for name, dense in (("qkv", self.qkv), ("ao", self.ao), ("fi", self.fi), ("fo", self.fo)):
            parts = list(name) if name == "qkv" else [name]
            rows = np.split(dense.weight.detach().numpy(), len(parts))
            for part, own, bias in zip(parts, rows, np.split(dense.bias.detach().numpy(), len(parts)), strict=True):
                yield from zip((f"{layer}{part}.w", f"{layer}{part}.w.step"), in_eights(own), strict=True)
                yield f"{layer}{part}.b", bias
        for name in ("aln", "oln"):
            yield f"{layer}{name}.w", getattr(self, name).weight.detach().numpy()
            yield f"{layer}{name}.b", getattr(self, name).bias.detach().numpy()


class Texts:
    """Texts by language, and ever new variations of them: mistyped, cut, joined, shouted."""

    def __init__(self, ours: Sequence[tuple[str, str]], public: Sequence[tuple[str, str]]) -> None:
        self._every = [*ours, *public, *ours]
        self._of: dict[str, list[str]] = defaultdict(list)
        for language, text in [*ours, *public]:
            self._of[language].append(text)

    def varied(self, chance: random.Random) -> list[str]:
        """Return each text, ours twice, most of them changed, in any order."""
        found = [self._changed(language, text, chance) for language, text in self._every]
        chance.shuffle(found)
        return found

    def _changed(self, language: str, text: str, chance: random.Random) -> str:
        words, other = text.split(), chance.choice(self._of[language])
        between = chance.choice([" ", ". ", ", ", "\n", "! ", "... "])
        end = chance.choice(["!", "!!", "???", "...", "?", "", " :)", " 😡", " 😭", " 🙏"])
        ways = {
            "as it is": lambda: text,
            "mistyped": lambda: _mistyped(text, chance),
            "a part": lambda: _part(words, " ", 2, chance) if len(words) > 3 else _part(list(text), "", 3, chance),
            "two texts": lambda: between.join(chance.sample([text, other], 2)),
            "two halves": lambda: " ".join(words[: len(words) // 2] + other.split()[len(other.split()) // 2 :]),
            "shouted": text.upper,
            "another end": lambda: text.rstrip(".!?…。！？") + end,
            "two languages": lambda: f"{text} {chance.choice(self._of[chance.choice(list(self._of))])}",
        }
        [way] = chance.choices(list(ways.values()), [40, 12, 10, 18, 8, 4, 4, 4])
        return way()


def _mistyped(text: str, chance: random.Random) -> str:
    letters = list(text)
    for _ in range(1 + len(letters) // 25):
        if len(letters) < 4:
            break
        at, kind = chance.randrange(len(letters) - 1), chance.random()
        if kind < 0.35:
            del letters[at]
        elif kind < 0.7:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        else:
            letters.insert(at, letters[at])
    return "".join(letters)


def _part(pieces: Sequence[str], between: str, least: int, chance: random.Random) -> str:
    begin = chance.randrange(max(len(pieces) - least + 1, 1))
    return between.join(pieces[begin : begin + chance.randint(least, max(len(pieces), least))])


class Batches:
    """Texts of one length together, so that nothing is padded, as embedded tokens."""

    def __init__(self, weights: Weights, texts: Texts) -> None:
        self._texts, self._engine = texts, Engine(weights, _TAUGHT_BY)
        self._normal = [torch.from_numpy(weights.numbers(f"emb.ln.{part}").copy()) for part in "wb"]
        self._epsilon = weights.shape.epsilon

    def embedded(self, text: str) -> np.ndarray:
        """Return what the encoder is given for a text (tokens, hidden)."""
        return self._engine.embedded(self._engine.tokens(text, _LONGEST))

    def once(self, seed: int) -> Iterator[Tensor]:
        """Give all texts once, varied by the seed, as the first layer is given them."""
        chance = random.Random(seed)  # noqa: S311 - no secret
        every = self._texts.varied(chance)
        for start in range(0, len(every), _AT_ONCE):
            by_length = defaultdict(list)
            for text in every[start : start + _AT_ONCE]:
                tokens = self._engine.tokens(text, _LONGEST)
                by_length[len(tokens)].append(tokens)
            batches = []
            for length, rows in by_length.items():
                size = max(1, _TOKENS // length)
                batches += [rows[at : at + size] for at in range(0, len(rows), size)]
            chance.shuffle(batches)
            for batch in batches:
                embedded = torch.from_numpy(np.stack([self._engine.embedded(tokens) for tokens in batch]))
                yield functional.layer_norm(embedded, embedded.shape[-1:], *self._normal, self._epsilon)


def _after(layers: Sequence[Any], x: Tensor, wanted: Sequence[int]) -> list[Tensor]:
    """Return the tokens after each layer wanted, counted from 1."""
    found = []
    for number, layer in enumerate(layers, 1):
        x = layer(x)
        if number in wanted:
            found.append(x)
    return found


def _spreads(teacher: Sequence[Any], batches: Batches) -> tuple[list[float], list[float]]:
    """Return for each layer that teaches how tokens vary, and how means of texts do."""
    tokens, means = [], []
    with torch.no_grad():
        for _, batch in zip(range(40), batches.once(seed=99), strict=False):
            after = [layer.float() for layer in _after(teacher, batch.bfloat16(), _TAUGHT_BY)]
            tokens.append([float(layer.flatten(0, 1).var(0).mean()) for layer in after])
            if len(batch) > 8:
                means.append([float(layer.mean(1).var(0).mean()) for layer in after])
    return np.mean(tokens, 0).tolist(), np.mean(means, 0).tolist()


def _taught(weights: Weights, batches: Batches, minutes: float) -> nn.ModuleList:
    teacher = nn.ModuleList([Layer(weights, number) for number in range(max(_TAUGHT_BY))]).bfloat16().eval()
    student = nn.ModuleList([Layer(weights, number - 1) for number in _BEGIN_AS])
    teaching, learning = ([torch.compile(layer, dynamic=True) for layer in layers] for layers in (teacher, student))
    of_tokens, of_means = _spreads(teacher, batches)
    steps = torch.optim.AdamW(student.parameters(), lr=_PACE, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    begun, number, seed = time.monotonic(), 0, 1000
    with tqdm(total=minutes * 60, desc="Teaching", unit="s") as progress:
        while True:
            for batch in batches.once(seed):
                spent = time.monotonic() - begun
                progress.update(min(spent, progress.total) - progress.n)
                if spent >= minutes * 60:
                    return student
                share = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * spent / (minutes * 60)))
                for group in steps.param_groups:
                    group["lr"] = _PACE * min(1, (number + 1) / _WARM_UP) * share
                with torch.no_grad():
                    right = _after(teaching, batch.bfloat16(), _TAUGHT_BY)
                with torch.autocast("cpu", torch.bfloat16):
                    given = _after(learning, batch, LAYERS)
                loss = torch.zeros(())
                for ours, theirs, token, mean in zip(given, right, of_tokens, of_means, strict=True):
                    apart = ours.float() - theirs.float()
                    loss = loss + apart.pow(2).mean() / token + _MEAN * apart.mean(1).pow(2).mean() / mean
                steps.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(student.parameters(), 1.0)
                steps.step()
                number += 1
            seed += 1


def save(student: Sequence[Any], batches: Batches, texts: Sequence[str]) -> None:
    """Write the layers, with the largest number each attends to in some texts."""
    tensors = {name: values for number, layer in enumerate(student) for name, values in layer.tensors(number)}
    np.savez_compressed(TAUGHT_FILE, attended=np.full(len(student), 100, np.float32), **tensors)
    watched = session(Taught(FILE, TAUGHT_FILE), watched=True)
    largest = np.zeros(len(student), np.float32)
    for text in texts:
        _, *seen = watched.run(None, {INPUT: batches.embedded(text)[None]})
        largest = np.maximum(largest, [np.abs(layer).max() for layer in seen[::2]])
    np.savez_compressed(TAUGHT_FILE, attended=np.ceil(largest * 10 + 0.5) / np.float32(10), **tensors)


def main(folder: Path, minutes: float) -> None:
    """Teach, and write `taught.npz`."""
    set_up()
    from nlu.e5_featurizer import embedded_form  # noqa: PLC0415  Rasa must be importable first
    from nlu.evaluation.examples import training_examples  # noqa: PLC0415
    from nlu.prior.fit import rows  # noqa: PLC0415

    torch.manual_seed(0)
    examples = training_examples(_ROOT / "nlu_data")
    ours = [(example.language, embedded_form(example.text, example.language)) for example in examples]
    public = [(row.language, embedded_form(row.text, row.language)) for row in rows(folder) if not row.held_out]
    weights = Weights(FILE)
    batches = Batches(weights, Texts(ours, public))
    student = _taught(weights, batches, minutes)
    save(list(student), batches, [text for _, text in ours[:: len(ours) // _MEASURED]])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) == 3 else _MINUTES)
