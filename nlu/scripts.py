"""What the letters of a message alone say about its language."""

from __future__ import annotations

import re
from typing import Final

from nlu.text import plain

UNKNOWN: Final = "und"
DATA: Final = re.compile(r"https?://\S+|[\w.+-]+@[\w.-]+|[#№A-Za-z-]*\d[\w.:/-]*", re.ASCII)
_SCRIPTS: Final = {"ru": re.compile(r"[а-яё]"), "el": re.compile(r"[α-ω]"), "zh": re.compile(r"[㐀-䶿一-鿿]")}
_LATIN: Final = re.compile(r"[a-z]")
_FOREIGN: Final = re.compile(r"[ぁ-ヿ가-힣ء-ي֐-׿ऀ-ॿ฀-๿]")
_CYRILLIC_WORD: Final = re.compile(r"[Ѐ-ԯ]+")
# Letters of Kazakh, Ukrainian, Belarusian, Serbian, Macedonian and Bulgarian that Russian has not, or not there.
_NOT_RUSSIAN: Final = re.compile(r"[әғқңөұүһіїєґўђјљњћџѓќѕѝ]|ъ(?![ъеёюя])")
# A Chinese character stands for about three letters; product and courier names are Latin in every language.
_WEIGHT: Final = {"zh": 3.0}
_NATIVE_SHARE: Final = 0.25
_FOREIGN_SHARE: Final = 0.3


def by_script(text: str) -> str | None:
    """Return the language that the letters alone decide, UNKNOWN where there are none to go by, None for Latin letters."""
    letters = DATA.sub(" ", text.lower())
    plain_letters = plain(letters)
    counts = {name: len(script.findall(plain_letters)) * _WEIGHT.get(name, 1.0) for name, script in _SCRIPTS.items()}
    latin, foreign = len(_LATIN.findall(plain_letters)), len(_FOREIGN.findall(letters))
    known = latin + sum(counts.values())
    if foreign and foreign >= _FOREIGN_SHARE * (known + foreign):
        return UNKNOWN
    best = max(counts, key=lambda name: counts[name])
    if counts[best] and counts[best] >= _NATIVE_SHARE * known:
        return UNKNOWN if best == "ru" and _is_other_cyrillic(letters) else best
    return None if latin else UNKNOWN


def words_of(text: str) -> list[str]:
    """Return the words of a text without numbers and addresses."""
    return DATA.sub(" ", text).split()


def _is_other_cyrillic(letters: str) -> bool:
    """A name or a word of another language does not make a Russian message foreign."""
    words = _CYRILLIC_WORD.findall(letters)
    return sum(bool(_NOT_RUSSIAN.search(word)) for word in words) >= _FOREIGN_SHARE * len(words)
