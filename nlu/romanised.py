"""Russian and Greek written in Latin letters, both ways: people type it, and the embedding only knows the native script."""

from __future__ import annotations

import re
from typing import Final

_TO_LATIN: Final = {
    "ru": (
        dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True))
        | {
            "ж": "zh",
            "х": "h",
            "ц": "ts",
            "ч": "ch",
            "ш": "sh",
            "щ": "sch",
            "ъ": "",
            "ь": "",
            "ю": "yu",
            "я": "ya",
            "ё": "e",
        },
        {"ж": "j", "х": "kh", "ц": "c", "щ": "shch", "ь": "'", "ю": "u", "я": "ja", "й": "j", "ы": "i"},
    ),
    "el": (
        dict(zip("αβγδεζηικλμνοπρσςτυφω", "avgdeziiklmnoprsstyfo", strict=True))
        | {"θ": "th", "ξ": "x", "χ": "x", "ψ": "ps", "ου": "ou", "αυ": "au", "ευ": "eu", "μπ": "mp", "ντ": "nt"},
        {"η": "h", "θ": "8", "ξ": "ks", "χ": "h", "ω": "w", "υ": "u", "β": "b", "φ": "ph", "ει": "i", "οι": "i"},
    ),
}

_FROM_LATIN: Final = {
    "ru": {
        "shch": "щ", "sch": "щ", "yo": "ё", "jo": "ё", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "yu": "ю",
        "ju": "ю", "ya": "я", "ja": "я", "ye": "е", "iy": "ий", "yy": "ый", "ay": "ай", "ey": "ей", "oy": "ой", "uy": "уй",
        "a": "а", "b": "б", "c": "ц", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и", "j": "й", "k": "к", "l": "л",
        "m": "м", "n": "н", "o": "о", "p": "п", "q": "к", "r": "р", "s": "с", "t": "т", "u": "у", "v": "в", "w": "в", "x": "х",
        "y": "ы", "z": "з", "'": "ь", "4": "ч", "6": "ш",
    },
    "el": {
        "th": "θ", "ps": "ψ", "ks": "ξ", "ch": "χ", "ph": "φ", "ou": "ου", "mp": "μπ", "nt": "ντ", "gk": "γκ",
        "a": "α", "b": "β", "c": "κ", "d": "δ", "e": "ε", "f": "φ", "g": "γ", "h": "η", "i": "ι", "j": "ξ", "k": "κ", "l": "λ",
        "m": "μ", "n": "ν", "o": "ο", "p": "π", "q": "κ", "r": "ρ", "s": "σ", "t": "τ", "u": "υ", "v": "β", "w": "ω", "x": "χ",
        "y": "υ", "z": "ζ", "8": "θ", "9": "θ", "3": "ξ", "4": "ψ",
    },
}  # fmt: skip

_WORD: Final = re.compile(r"[a-z][a-z'0-9]*[a-z']|[0-9]+[a-z]+[a-z0-9']*|[a-z]", re.IGNORECASE)
_PIECES: Final = {
    language: re.compile("|".join(sorted(map(re.escape, letters), key=len, reverse=True)))
    for language, letters in _FROM_LATIN.items()
}


def in_latin(text: str, language: str) -> tuple[str, ...]:
    """Return the ways people romanise a plain Russian or Greek text."""
    usual, other = _TO_LATIN[language]
    return _spelt(text, usual), _spelt(text, usual | other)


def in_native(text: str, language: str) -> str:
    """Return a romanised text in its own script, as well as can be told; digits and marks outside words stay."""
    letters, pieces = _FROM_LATIN[language], _PIECES[language]

    def word(found: re.Match[str]) -> str:
        spelt = pieces.sub(lambda piece: letters[piece.group()], found.group().lower())
        return re.sub(r"σ\b", "ς", spelt) if language == "el" else spelt

    return _WORD.sub(word, text)


def _spelt(text: str, letters: dict[str, str]) -> str:
    pieces = sorted(letters, key=len, reverse=True)
    return re.sub("|".join(pieces), lambda piece: letters[piece.group()], text)
