"""Chinese in the characters its reader writes: responses are written in simplified ones, Taiwan and Hong Kong write traditional ones."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Final

from opencc import OpenCC

from responses.page import Button, Page, Response
from responses.template import Template

CHINESE: Final = "zh"
TRADITIONAL: Final = "zh_Hant"
_LINK: Final = r"(https?://\S+)"
# Where OpenCC takes another word, or another form, than Taiwan reads here.
_BETTER: Final = {
    "回復": "回覆", "登出": "註銷", "佇列": "隊伍", "賬": "帳", "支付平臺": "支付平台", "“": "「", "”": "」",
}  # fmt: skip
_WORSE: Final = re.compile("|".join(_BETTER))


@cache
def _table(name: str) -> OpenCC:
    return OpenCC(name)


def writes_traditional(text: str) -> bool | None:
    """Tell whether a text is in traditional characters; None where all its characters are those of both."""
    whole = _whole(text)
    traditional, simplified = (
        _changed(whole, _table(name).convert(whole)) for name in ("t2s", "s2hk")
    )  # Taiwan, too, writes 台, not 臺
    return traditional > simplified if traditional != simplified else None


def page_for(language: str, *, traditional: bool | None) -> str:
    """Return the page of the book that somebody reads who speaks a language and writes Chinese in these characters."""
    return TRADITIONAL if language == CHINESE and traditional else language


def in_traditional(text: str) -> str:
    """Return a text in the characters and words of Taiwan; links stay as they are."""
    parts = re.split(_LINK, text)
    return "".join(part if place % 2 else _as_in_taiwan(part) for place, part in enumerate(parts))


def traditional_page(page: Page) -> Page:
    """Return a page in traditional characters. Wordings keep their ids; what they are filled with stays as it is given."""
    return Page(
        responses={
            key: Response(
                variations={stance: _templates(texts) for stance, texts in response.variations.items()},
                buttons=tuple(Button(in_traditional(button.title), button.payload) for button in response.buttons),
            )
            for key, response in page.responses.items()
        },
        acknowledgements={
            stance: {cause: _templates(texts) for cause, texts in causes.items()}
            for stance, causes in page.acknowledgements.items()
        },
        words={name: in_traditional(word) for name, word in page.words.items()},
    )


def _templates(templates: tuple[Template, ...]) -> tuple[Template, ...]:
    return tuple(replace(Template.parse(in_traditional(each.raw)), id=each.id) for each in templates)


def _as_in_taiwan(text: str) -> str:
    return _WORSE.sub(lambda found: _BETTER[found.group()], _table("s2twp").convert(_whole(text)))


def _whole(text: str) -> str:
    """OpenCC is written in C++ and takes no half of a character."""
    return text.encode("utf-8", "ignore").decode()


def _changed(one: str, other: str) -> int:
    return sum(sign != changed for sign, changed in zip(one, other, strict=False))
