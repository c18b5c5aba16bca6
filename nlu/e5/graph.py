"""The encoder as an ONNX graph: eight-bit matrix products, everything else in fp32.

What goes into a product on eight bits needs a step. Around attention the largest number is the same in every text and the step
is fixed; around the feed-forward part a few tokens are twenty times as large as the others, and each token has a step of its own.
Either way a token's result does not depend on how large the others are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from nlu.e5.weights import Weights

INPUT: Final = "embedded"
OUTPUT: Final = "means"
_MICROSOFT: Final = "com.microsoft"
# Processors without VNNI add two products in 16 bits: 2 x 255 x 64 still fits, so that every machine computes the same.
_LARGEST_WEIGHT: Final = 64
_LARGEST_INPUT: Final = 127
# What attention gives: 1 in the middle of the layers, 2.5 in one text of a hundred. tests/rasa/test_e5.py measures it.
SEEN: Final = 2.5
_LEAST_GELU: Final = 0.17  # GELU gives nothing below -0.17

# Whose means make a vector. They were taught the means after e5's layers 5, 8 and 11 (docs/adr/0020-eight-layers.md): its twelfth
# was taught to compare contents; feelings, and wishes too, show more clearly before it (docs/adr/0016-eleven-layers.md).
LAYERS: Final = (4, 6, 8)


def session(weights: Weights, layers: Sequence[int] = LAYERS, *, watched: bool = False) -> onnxruntime.InferenceSession:
    """Return a session that turns embedded tokens (1, n, hidden) into their means after some layers (1, layers, hidden).

    `watched` adds what is given fixed steps: for each layer what is attended, and what attention gives.
    """
    graph = _Graph(weights, layers)
    graph.encoder()
    options = onnxruntime.SessionOptions()
    # One thread a text: splitting one text's small products among threads costs more than it saves.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # a long text would keep its memory for good
    options.add_external_initializers(list(graph.tensors), list(graph.tensors.values()))
    return onnxruntime.InferenceSession(graph.serialized(watched=watched), options, providers=["CPUExecutionProvider"])


def in_eights(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weights in rows on eight bits, and the scale of each row; what has been through this comes out of it unchanged."""
    scales = np.maximum(np.abs(rows).max(axis=1), np.finfo(np.float32).tiny) / np.float32(_LARGEST_WEIGHT)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales.astype(np.float32)


class _Graph:
    """Nodes in the order they were added; tensors stay outside, because a graph with them would copy them twice."""

    def __init__(self, weights: Weights, layers: Sequence[int]) -> None:
        self._weights = weights
        self._layers = layers
        self._shape = weights.shape
        self._nodes: list[object] = []
        self._declared: list[TensorProto] = []
        self.tensors: dict[str, onnxruntime.OrtValue] = {}
        self._in_fixed_steps: list[str] = []
        self._one = self._tensor("one", np.float32(1 / _LARGEST_INPUT))
        self._middle = self._tensor("middle", np.uint8(128))
        self._none = self._tensor("none", np.int8(0))
        above = (1 + _LEAST_GELU) / 255
        self._step_of_gelu = self._tensor("step_of_gelu", np.float32(above))
        self._zero_of_gelu = self._tensor("zero_of_gelu", np.uint8(round(_LEAST_GELU / above)))
        self._least_largest = self._tensor("least_largest", np.float32(1))
        self._last_axis = self._tensor("last_axis", np.array([-1], np.int64))

    def encoder(self) -> None:
        """Add the layers up to the last one wanted, and the mean over the tokens after each one wanted."""
        x = self._add("LayerNormalization", INPUT, *self._normal("emb.ln"), axis=-1, epsilon=self._shape.epsilon)
        tokens_axis = self._tensor("tokens_axis", np.array([1], np.int64))
        means = []
        for layer in range(max(self._layers)):
            x = self._layer(x, layer)
            if layer + 1 in self._layers:
                means.append(self._add("ReduceMean", x, tokens_axis, keepdims=1))
        self._add("Concat", *means, axis=1, name=OUTPUT)

    def _layer(self, x: str, number: int) -> str:
        layer = f"l{number}."
        biases = [self._weights.numbers(layer + part + ".b") for part in "qkv"]
        eights, scale = self._eights([layer + part + ".w" for part in "qkv"], self._shape.hidden)
        bias = self._tensor(layer + "qkv.b", np.concatenate(biases))
        x8, step = self._in_steps_to(x, self._weights.attended[number])
        zeros = ("", self._middle, self._none)
        seen = self._microsoft("QAttention", x8, eights, bias, step, scale, *zeros, num_heads=self._shape.heads)
        seen8, step = self._in_steps_to(seen, SEEN)
        eights, scale = self._eights([layer + "ao.w"], self._shape.hidden)
        x = self._added(x, self._multiplied(seen8, eights, step, scale, self._middle), layer + "ao", layer + "aln")
        wide = self._microsoft("FastGelu", self._by_token(x, layer + "fi.w"), self._fp32(layer + "fi.b"))
        return self._added(x, self._gelu_by_token(wide, layer + "fo.w"), layer + "fo", layer + "oln")

    def _added(self, x: str, change: str, dense: str, normal: str) -> str:
        scale, shift = self._normal(normal)
        bias = self._fp32(dense + ".b")
        return self._microsoft("SkipLayerNormalization", change, x, scale, shift, bias, epsilon=self._shape.epsilon)

    def _in_steps_to(self, x: str, largest: float) -> tuple[str, str]:
        """Return x on eight bits, and its step; what is above `largest` becomes `largest`."""
        self._in_fixed_steps.append(x)
        step = self._tensor(x + "step", np.float32(largest / _LARGEST_INPUT))
        return self._add("QuantizeLinear", x, step, self._middle), step

    def _by_token(self, x: str, name: str) -> str:
        """Return x times the weights, each token with a step of its own."""
        largest = self._add("ReduceMax", self._add("Abs", x), self._last_axis, keepdims=1)
        x8 = self._add("QuantizeLinear", self._add("Div", x, largest), self._one, self._middle)
        eights, scale = self._eights([name], self._shape.hidden)
        product = self._multiplied(x8, eights, self._one, scale, self._middle)
        return self._add("Mul", product, largest)

    def _gelu_by_token(self, x: str, name: str) -> str:
        """Return what comes out of GELU times the weights, each token with a step of its own."""
        largest = self._add("ReduceMax", x, self._last_axis, keepdims=1)
        largest = self._add("Max", largest, self._least_largest)
        small = self._add("Mul", x, self._add("Reciprocal", largest))
        x8 = self._add("QuantizeLinear", small, self._step_of_gelu, self._zero_of_gelu)
        eights, scale = self._eights([name], self._shape.feed_forward)
        return self._add("Mul", self._multiplied(x8, eights, self._step_of_gelu, scale, self._zero_of_gelu), largest)

    def _eights(self, names: list[str], width: int) -> tuple[str, str]:
        """Return weights on eight bits, and the scale of each of their columns."""
        rows = np.concatenate([self._weights.rows(name, width) for name in names])
        eights, scales = in_eights(rows)
        return self._tensor(names[0] + "8", eights.T), self._tensor(names[0] + "scale", scales)

    def _multiplied(self, x8: str, eights: str, step: str, scale: str, zero: str) -> str:
        return self._microsoft("MatMulIntegerToFloat", x8, eights, step, scale, zero)

    def _normal(self, name: str) -> tuple[str, str]:
        return self._fp32(name + ".w"), self._fp32(name + ".b")

    def _fp32(self, name: str) -> str:
        return self._tensor(name, self._weights.numbers(name))

    def _tensor(self, name: str, values: np.ndarray | np.generic) -> str:
        whole = np.array(values, order="C")
        if whole.size == 1:  # axes among them, which must be known while the graph is read
            self._declared.append(numpy_helper.from_array(whole, name))
            return name
        self.tensors[name] = onnxruntime.OrtValue.ortvalue_from_numpy(whole)
        declared = TensorProto(name=name, dims=whole.shape, data_location=TensorProto.EXTERNAL)
        declared.data_type = helper.np_dtype_to_tensor_dtype(whole.dtype)
        declared.external_data.add(key="location", value="memory")
        self._declared.append(declared)
        return name

    def _microsoft(self, operator: str, *inputs: str, **settings: Any) -> str:
        return self._add(operator, *inputs, domain=_MICROSOFT, **settings)

    def _add(self, operator: str, *inputs: str, domain: str = "", name: str = "", **settings: Any) -> str:
        name = name or f"{operator}{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], domain=domain, **settings))
        return name

    def serialized(self, *, watched: bool) -> bytes:
        """Return the graph as ONNX Runtime reads it."""
        hidden = self._shape.hidden
        graph = helper.make_graph(
            self._nodes,
            "e5",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, "tokens", hidden])],
            [
                helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, len(self._layers), hidden]),
                *(helper.make_tensor_value_info(x, TensorProto.FLOAT, None) for x in self._in_fixed_steps if watched),
            ],
            self._declared,
        )
        versions = [helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)]
        return bytes(helper.make_model(graph, opset_imports=versions, ir_version=10).SerializeToString())
