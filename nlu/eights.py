"""One vector against many, on eight bits: what is read from memory is a quarter, and that is what such a product costs."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

BLOCK: Final = 32  # numbers that share a step
_LARGEST: Final = 127
_LEAST: Final = 1e-30  # for blocks of nothing but 0
_ZERO: Final = 128  # what stands for 0
_ON_EIGHT_BITS: Final = 4  # `accuracy_level` of MatMulNBits: the vector, too


def blocks_of(size: int) -> int:
    """Return how many blocks a row of so many numbers has."""
    return -(-size // BLOCK)


def eights(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (n, size) as uint8 (n, blocks, BLOCK), and the step (n, blocks) between two neighbours of each block."""
    blocks = np.pad(rows, [(0, 0), (0, -rows.shape[1] % BLOCK)]).reshape(len(rows), -1, BLOCK)
    steps = np.maximum(np.abs(blocks).max(axis=2), _LEAST) / np.float32(_LARGEST)
    return (np.rint(blocks / steps[:, :, None]) + _ZERO).astype(np.uint8), steps.astype(np.float32)


class Product:
    """Multiplies rows, as `eights` gives them, by one vector at a time; rounding moves the cosine of unit vectors by 0.0004."""

    def __init__(self, rows: np.ndarray, steps: np.ndarray, size: int) -> None:
        node = helper.make_node(
            "MatMulNBits",
            ["vector", "rows", "steps"],
            ["product"],
            domain="com.microsoft",
            K=size,
            N=len(rows),
            bits=8,
            block_size=BLOCK,
            accuracy_level=_ON_EIGHT_BITS,
        )
        graph = helper.make_graph(
            [node],
            "product",
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, size])],
            [helper.make_tensor_value_info("product", TensorProto.FLOAT, [1, len(rows)])],
            [numpy_helper.from_array(rows, "rows"), numpy_helper.from_array(steps, "steps")],
        )
        versions = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            helper.make_model(graph, opset_imports=versions, ir_version=10).SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
        )

    def __call__(self, vector: np.ndarray) -> np.ndarray:
        """Return the products (n,) with a vector (size,)."""
        return self._session.run(None, {"vector": vector[None]})[0][0]
