"""Dates as people write them in chats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nlu.text import plain

# Beginnings of the months' names, January first; a Greek or Russian name ends in many ways.
_MONTHS: Final = (
    ("jan", "янв", "ιαν", "γεναρ"), ("feb", "февр", "фев", "φεβ", "φλεβαρ"), ("mar", "март", "мар", "μαρτ", "μαρ"),
    ("apr", "апр", "απρ"), ("may", "май", "мая", "μαι", "μαη"), ("jun", "июн", "ιουν"), ("jul", "июл", "ιουλ"),
    ("aug", "авг", "αυγ"), ("sep", "сен", "σεπ"), ("oct", "окт", "οκτ"), ("nov", "ноя", "νοε"), ("dec", "дек", "δεκ"),
)  # fmt: skip
_MONTH: Final = "|".join(plain(start) for names in _MONTHS for start in names)
_YEAR: Final = r"(?:19|20)\d\d"
_PATTERNS: Final = (
    re.compile(rf"(?<![\w-])(?P<year>{_YEAR})[-./](?P<month>\d{{1,2}})[-./](?P<day>\d{{1,2}})(?![\w-])"),
    re.compile(rf"(?<![\w.,/-])(?P<day>\d{{1,2}})(?P<mark>[./-])(?P<month>\d{{1,2}})(?P=mark)(?P<year>{_YEAR}|\d\d)(?![\w-])"),
    re.compile(r"(?<![\w.,/:-])(?P<day>\d{1,2})(?:/(?P<month>\d{1,2})|\.(?P<month_two>\d\d))(?![\w%/-]|[.,]\d)"),
    re.compile(rf"(?<!\w)(?P<day>\d{{1,2}})(?:st|nd|rd|th|го|η)?(?: of)? (?P<name>{_MONTH})[^\W\d_]{{0,8}}\.?(?: (?P<year>{_YEAR}))?(?!\w)"),  # noqa: E501
    re.compile(rf"(?<!\w)(?P<name>{_MONTH})[^\W\d_]{{0,8}}\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>{_YEAR}))?(?!\w)"),
    re.compile(r"(?:(?P<year>20\d\d)\s?年)?\s?(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?[日号號]?"),
)  # fmt: skip
_WORDS: Final = re.compile(
    r"(?<!\w)(?:the day before yesterday|yesterday|today|tonight|tomorrow"
    r"|(?:(?:last|next|this|on) )?(?:mon|tues|wednes|thurs|fri|satur|sun)day(?!s)|last week"
    r"|позавчера|вчера|сегодня|послезавтра|завтра"
    r"|(?:(?:в|во|до|с|к) )?(?:(?:прошл|следующ|эт)\w+ )?(?:понедельник|вторник|сред[уые]|четверг|пятниц[уые]|суббот[уые]|воскресень[еюя])\w?"  # noqa: E501
    r"|προχθεσ|προχτεσ|χθεσ|χτεσ|σημερα|αυριο|μεθαυριο"
    r"|(?:(?:τη|την|το|απο|μεχρι|ωσ) )*(?:περασμεν\w+ )?(?:δευτερα|τριτη|τεταρτη|πεμπτη|παρασκευη|σαββατο|κυριακη))(?!\w)"
    r"|大前天|前天|昨天|昨晚|今天|今晚|明天|后天|後天|[上下这這本]?(?:个|個)?(?:周|週|星期|礼拜|禮拜)[一二三四五六日天]"
)


def find_dates(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and value: `2026-11-12`, `--11-12` where no year is said, else the words themselves."""
    matched = plain(text)
    for pattern in _PATTERNS:
        for found in pattern.finditer(matched):
            value = _iso(found.groupdict())
            if value:
                end = found.start() + len(found.group().rstrip())
                yield found.start(), end, value
    for found in _WORDS.finditer(matched):
        yield found.start(), found.end(), text[found.start() : found.end()].lower()


def _iso(parts: dict[str, str | None]) -> str | None:
    name = parts.get("name")
    if name:
        month = next(place for place, starts in enumerate(_MONTHS, 1) if name in map(plain, starts))
    else:
        month = int(parts.get("month") or parts.get("month_two") or 0)
    day, year = int(parts["day"] or 0), parts.get("year")
    if month > 12 >= day:  # 11/26/2026: the month comes first
        day, month = month, day
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if not year:
        return f"--{month:02}-{day:02}"
    return f"{year if len(year) == 4 else '20' + year}-{month:02}-{day:02}"
