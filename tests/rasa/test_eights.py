from __future__ import annotations

import numpy as np
import pytest

from nlu.eights import Product, eights


@pytest.mark.parametrize("size", [5, 32, 384, 1152])
def test_products_are_those_of_exact_numbers_but_for_rounding(size: int) -> None:
    random = np.random.RandomState(size)
    rows = random.randn(300, size).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    product = Product(*eights(rows), size)

    for vector in rows[:20]:
        assert product(vector) == pytest.approx(rows @ vector, abs=0.008)


def test_rows_and_vectors_of_nothing_but_0_give_0() -> None:
    rows = np.zeros((3, 40), np.float32)
    rows[1, 2] = 1e30
    product = Product(*eights(rows), 40)

    assert product(np.zeros(40, np.float32)).tolist() == [0, 0, 0]
    assert product(np.ones(40, np.float32))[[0, 2]] == pytest.approx(0, abs=1e-6)
    assert product(np.ones(40, np.float32))[1] == pytest.approx(1e30, rel=0.01)
