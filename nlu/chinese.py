"""Chinese text as words: it is written without spaces."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import Final

import jieba

_CACHE: Final = Path(".rasa")  # jieba's own default is a file of a known name in the folder that everybody may write to


@lru_cache(maxsize=1)
def _tokenizer() -> jieba.Tokenizer:
    jieba.setLogLevel(logging.ERROR)
    _CACHE.mkdir(exist_ok=True)
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(_CACHE.resolve())
    tokenizer.cache_file = "jieba.cache"
    return tokenizer


def in_words(text: str) -> str:
    """Return the text with a space between words."""
    return " ".join(word for word in _tokenizer().cut(text) if not word.isspace())
