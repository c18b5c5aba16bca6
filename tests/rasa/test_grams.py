from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import HashingVectorizer

from nlu.grams import WORD, HashedGrams

TEXTS = ["", "where is it", "ааа ааа!!", "包裹 呢 ？", "x" * 300, "τι γινεται ρε παιδια; !? 12"]


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("analyzer", ["char_wb", "word"])
@pytest.mark.parametrize("text", TEXTS)
def test_one_row_is_as_scikit_learn_hashes_it(text: str, analyzer: str, signed: bool) -> None:
    pattern = WORD if analyzer == "word" else None
    # So few columns that n-grams share them.
    vectorizer = HashingVectorizer(
        analyzer=analyzer, ngram_range=(1, 3), n_features=64, alternate_sign=signed, token_pattern=pattern
    )
    grams = HashedGrams(vectorizer)

    row = np.zeros(64)
    columns, values = grams.row(text)
    row[columns] = values

    assert row == pytest.approx(grams.rows([text]).toarray()[0], abs=1e-6)
