"""Dates as people write them in chats, and the day each means to whoever writes it today.

Patterns find the stretch of text and put it into English; dateparser counts from today, into the past unless the text
looks ahead (`by Friday`, `к пятнице`). Dots and slashes are read day first: Britain, Russia, Greece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from nlu.text import plain

if TYPE_CHECKING:
    from dateparser.date import DateDataParser

Found = tuple[int, int, str]

_MONTHS: Final = (
    ("January", r"jan(?:uary)?|янв(?:ар[яье])?|yanvar[ya]*|ιαν(?:ουαρι\w{1,2})?|γεναρη"),
    ("February", r"feb(?:ruary)?|фев(?:рал[яье])?|fevral[ya]*|φεβ(?:ρουαρι\w{1,2})?|φλεβαρη"),
    ("March", r"mar(?:ch)?|март[ае]?|mart[ae]?|μαρ(?:τι\w{1,2}|τη)?"),
    ("April", r"apr(?:il)?|апр(?:ел[яье])?|aprel[ya]*|απρ(?:ιλι\w{1,2}|ιλη)?"),
    ("May", r"may|ма[йяе]|maya|μαι\w{1,2}|μαη"),
    ("June", r"june?|июн[яье]?|iyun[ya]*|ιουν(?:ι\w{1,2}|η)?"),
    ("July", r"july?|июл[яье]?|iyul[ya]*|ιουλ(?:ι\w{1,2}|η)?"),
    ("August", r"aug(?:ust)?|авг(?:уст[ае]?)?|avgust[a]?|αυγ(?:ουστ\w{1,2})?"),
    ("September", r"sept?(?:ember)?|сен(?:тябр[яье])?|sentyabr[ya]*|σεπ(?:τεμβρι\w{1,2}|τεμβρη)?"),
    ("October", r"oct(?:ober)?|окт(?:ябр[яье])?|oktyabr[ya]*|οκτ(?:ωβρι\w{1,2}|ωβρη)?"),
    ("November", r"nov(?:ember)?|ноя(?:бр[яье])?|noyabr[ya]*|νοε(?:μβρι\w{1,2}|μβρη)?"),
    ("December", r"dec(?:ember)?|дек(?:абр[яье])?|dekabr[ya]*|δεκ(?:εμβρι\w{1,2}|εμβρη)?"),
)
_DAYS: Final = (
    ("Monday", "monday|mon|понедельник\\w{0,2}|пн|δευτερα|deftera"),
    ("Tuesday", "tuesday|tues?|вторник\\w{0,2}|вт|τριτη|triti"),
    ("Wednesday", "wednesday|wed|сред[ауые]|ср|τεταρτη|tetarti"),
    ("Thursday", "thursday|thurs?|четверг\\w{0,2}|чт|πεμπτη|pempti"),
    ("Friday", "friday|fri|пятниц[ауые]|пт|παρασκευη|paraskevi"),
    ("Saturday", "saturday|sat|суббот[ауые]|сб|σαββατο|savvato"),
    ("Sunday", "sunday|sun|воскресень[еяю]|вс|κυριακη|kyriaki"),
)
_CHINESE_DAYS: Final = "一二三四五六日"
_NAMED: Final = (
    ("3 days ago", "大前天"),
    ("2 days ago", "the day before yesterday|позавчера|pozavchera|προχ[θτ]εσ|pro[xh][th]+es|前天"),
    ("1 day ago", "yesterday|last night|вчера|vchera|[εe]?χ[θτ]εσ|e?x[th]+es|昨[天晚日]"),
    ("today", "today|tonight|this (?:morning|afternoon|evening)|сегодня|s[ei]godnya|σημερα|simera|今[天晚早日]"),
    ("in 2 days", "the day after tomorrow|послезавтра|poslezavtra|μεθαυριο|methavrio|[后後]天"),
    ("in 1 day", "tomorrow|tmrw|завтра|zavtra|αυριο|avrio|明[天晚早日]"),
    (
        "1 week ago",
        "last week|(?:на )?прошлой неделе|την περασμενη ε?βδομαδα|上(?:个|個)?(?:周|週|星期|礼拜|禮拜)(?![一二三四五六日天])",
    ),
    ("1 month ago", "last month|(?:в )?прошлом месяце|τον περασμενο μηνα|上(?:个|個)?月"),
)
_COUNTS: Final = (
    ("1", "an?|one|один|одну|odnu|ενα|μια|mia|一"), ("2", "two|a couple of|couple of|дв[ае]|пару|dv[ae]|δυο|dyo|[二两兩]"),
    ("3", "three|три|tri|τρεισ|τρια|treis|三"), ("4", "four|четыре|τεσσερισ|τεσσερα|四"), ("5", "five|пять|πεντε|pente|五"),
    ("6", "six|шесть|εξι|六"), ("7", "seven|семь|επτα|εφτα|七"), ("8", "eight|восемь|οκτω|οχτω|八"), ("9", "nine|девять|εννια|九"),
    ("10", "ten|десять|δεκα|十"),
)  # fmt: skip
_UNITS: Final = (
    ("minute", r"min(?:ute)?s?|минут[уы]?|λεπτ[αο]|分[钟鐘]"), ("hour", r"hours?|hrs?|час(?:а|ов)?|ωρ(?:α|εσ)|(?:个|個)?小[时時]"),
    ("day", r"days?|день|дня|дней|dnya|dne[yi]|den|η?μερ(?:α|εσ)|i?meres?|[天日]"),
    ("week", r"weeks?|wks?|недел[юиья]|nedel[yuia]{1,2}|ε?βδομαδ(?:α|εσ)|(?:个|個)?(?:周|週|星期|礼拜|禮拜)"),
    ("month", r"months?|месяц(?:а|ев)?|mesyats[ae]?v?|μην(?:α|εσ)|(?:个|個)月"), ("year", r"years?|год(?:а|ов)?|лет|χρονι?[οα]|年"),
)  # fmt: skip


def _any(rows: tuple[tuple[str, str], ...], name: str) -> str:
    return rf"(?P<{name}>{'|'.join(words for _, words in rows)})"


_YEAR: Final = r"(?:19|20)\d\d"
_ASIDE: Final = r"(?<![^\W\d_㐀-鿿])"  # Chinese is written without spaces
_ENDS: Final = r"(?![^\W_㐀-鿿])"
_COUNT: Final = rf"(?P<digits>\d{{1,3}})|{_any(_COUNTS, 'count')}"
_AHEAD: Final = r"by|until|till|before|due|next|до|к|ко|μεχρι|ωσ|εωσ|mexri|下(?:个|個)?"
_TOWARDS: Final = (
    rf"(?:(?P<ahead>{_AHEAD})|on|since|from|last|past|this|в|во|со?|от|με|απο|την?|το|στισ?|στην?|στο|apo|tin?|to"
    r"|(?P<next>следующ\w{2,3}|επομεν\w{1,2})|(?:прошл|минувш)\w{2,3}|эт[уо]\w?|περασμεν\w{1,2})"
)
_DIGIT: Final = re.compile(r"\d")
_NUMERIC: Final = (
    re.compile(rf"(?<![\w-])(?P<year>{_YEAR})(?P<mark>[-./])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?![a-zа-яα-ω\d-])"),
    re.compile(
        rf"(?<![a-zа-яα-ω\d_.,/-])(?P<day>\d{{1,2}})(?P<mark>[./-])(?P<month>\d{{1,2}})(?P=mark)(?P<year>{_YEAR}|\d\d)(?![a-zа-яα-ω\d_-])"
    ),
    re.compile(
        rf"(?<![a-zа-яα-ω\d_.,/:-])(?P<towards>(?:{_TOWARDS} ){{0,2}})"
        r"(?P<day>\d{1,2})(?:/(?P<month>\d{1,2})|\.(?P<month_two>\d\d))(?![\w%/-]|[.,]\d)"
    ),
    re.compile(r"(?:(?P<year>20\d\d) ?年)? ?(?P<month>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?[日号號]?"),
)  # fmt: skip
_MONTH_NAMED: Final = (
    re.compile(
        rf"(?<![\w.])(?P<towards>(?:{_TOWARDS} ){{0,2}})(?P<day>\d{{1,2}})"
        rf"(?:st|nd|rd|th|-?го|-?е|η|ησ)?(?: of)? ?{_any(_MONTHS, 'name')}(?!\w)(?:[.,]{{0,2}} (?P<year>{_YEAR})(?!\d))?"
    ),
    re.compile(
        rf"(?<!\w)(?P<towards>(?:{_TOWARDS} ){{0,2}}){_any(_MONTHS, 'name')}\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\w:%-]|[.,]\d)"
        rf"(?:,? (?P<year>{_YEAR})(?!\d))?"
    ),
)
_AGO: Final = (
    re.compile(rf"{_ASIDE}(?:{_COUNT}) {_any(_UNITS, 'unit')}(?: тому)? (?:ago|back|назад|nazad|πριν|prin){_ENDS}"),
    re.compile(rf"{_ASIDE}(?P<one>)(?:{_any(_UNITS, 'unit')}) (?:тому )?(?:назад|nazad){_ENDS}"),
    re.compile(
        rf"{_ASIDE}(?:πριν(?: απο)?|prin(?: apo)?|εδω και|edw kai) (?:{_COUNT}|(?P<one>)) ?{_any(_UNITS, 'unit')}{_ENDS}"
    ),
    re.compile(rf"(?:{_COUNT}) ?{_any(_UNITS, 'unit')}(?:之|以)?前"),
    re.compile(r"(?P<half>)(?<!\w)(?P<unit>полгода) назад(?!\w)|(?P<half_zh>半年)前"),
)
_WORDS: Final = re.compile(rf"{_ASIDE}(?P<towards>(?:{_TOWARDS} ){{0,2}}){_any(_NAMED, 'named')}{_ENDS}")
_SHORT_DAYS: Final = frozenset(
    ["mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun", "пн", "вт", "ср", "чт", "пт", "сб", "вс"]
)
_WEEKDAY: Final = re.compile(
    rf"(?<!\w)(?<!black )(?<!every )(?<!καθε )(?<!kathe )(?<!кажд.. )(?P<towards>(?:{_TOWARDS} ){{0,3}})"
    # Third, fourth and fifth are the same words in Greek: για τρίτη φορά.
    rf"{_any(_DAYS, 'name')}(?:'s)?(?![^\W㐀-鿿])(?! (?:φορα|fora|μερα|mera|ε?βδομαδα))"
    rf"|(?P<week>[上下这這本])?(?:个|個)?(?:周|週|星期|礼拜|禮拜)(?P<chinese>[{_CHINESE_DAYS}天])"
)
_SHIFTS: Final = {"上": -7, "下": 7, "这": 0, "這": 0, "本": 0}


def today() -> date:
    """Return the day it is where the shop's computer stands."""
    return datetime.now(timezone.utc).astimezone().date()  # noqa: UP017 - Rasa runs on Python 3.10


def find_dates(text: str, on: date | None = None) -> Iterator[Found]:
    """Yield start, end and the ISO date that is meant by somebody who writes on the day `on` (today)."""
    on, matched = on or today(), plain(text)
    if _DIGIT.search(matched):
        for pattern in _NUMERIC:
            yield from _read(pattern, matched, on, _numeric)
        for pattern in _MONTH_NAMED:
            yield from _read(pattern, matched, on, _month_named)
    for pattern in _AGO:
        yield from _read(pattern, matched, on, _ago)
    yield from _read(_WORDS, matched, on, _named)
    yield from _read(_WEEKDAY, matched, on, _weekday)


def _read(pattern: re.Pattern[str], text: str, on: date, meaning: Any) -> Iterator[Found]:
    for found in pattern.finditer(text):
        if day := meaning(found.groupdict(), on):
            lead = len(found.group()) - len(found.group().lstrip())
            yield found.start() + lead, found.start() + len(found.group().rstrip()), day.isoformat()


def _numeric(parts: dict[str, str | None], on: date) -> date | None:
    month, day = int(parts["month"] or parts.get("month_two") or 0), int(parts["day"] or 0)
    if not (parts.get("year") or parts.get("towards")) and parts["month"] and _is_share(day, month):
        return None
    if month > 12 >= day:  # 11/26/2026: the month comes first
        day, month = month, day
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return _said(
        f"{day} {_MONTHS[month - 1][0]} {_full_year(parts.get('year'))}".rstrip(), on, ahead=_looks_ahead(parts)
    )


def _is_share(one: int, other: int) -> bool:
    """True for 24/7, 10/10, 1/2: no day, unless a word before it says so."""
    return (one, other) == (24, 7) or (one <= other and other in (5, 10)) or one < other <= 4


def _looks_ahead(parts: dict[str, str | None]) -> bool:
    return bool(parts.get("ahead") or parts.get("next"))


def _full_year(year: str | None) -> str:
    return "" if not year else year if len(year) == 4 else f"20{year}"


def _month_named(parts: dict[str, str | None], on: date) -> date | None:
    return _said(
        f"{parts['day']} {_meant(_MONTHS, parts['name'])} {parts['year'] or ''}".rstrip(), on, ahead=_looks_ahead(parts)
    )


def _ago(parts: dict[str, str | None], on: date) -> date | None:
    if "half" in parts:
        return _said("6 months ago", on)
    count = parts.get("digits") or (_meant(_COUNTS, parts["count"]) if parts.get("count") else "1")
    return _said(f"{count} {_meant(_UNITS, parts['unit'])} ago", on)


def _named(parts: dict[str, str | None], on: date) -> date | None:
    return _said(_meant(_NAMED, parts["named"]), on)


def _weekday(parts: dict[str, str | None], on: date) -> date | None:
    if parts["chinese"]:
        place = _CHINESE_DAYS.index(parts["chinese"].replace("天", "日"))
        if parts["week"]:  # 上周三 is Wednesday of the week before, not the last Wednesday there was
            return on + timedelta(place - on.weekday() + _SHIFTS[parts["week"]])
        return _said(_DAYS[place][0], on)
    if parts["name"] in _SHORT_DAYS and not parts["towards"]:
        return None  # `the cat sat`
    return _said(_meant(_DAYS, parts["name"]), on, ahead=_looks_ahead(parts))


def _meant(rows: tuple[tuple[str, str], ...], words: str | None) -> str:
    return next(name for name, pattern in rows if re.fullmatch(pattern, words or ""))


@lru_cache(maxsize=4096)
def _said(words: str, on: date, *, ahead: bool = False) -> date | None:
    """Return the day that English words mean, None where there is no such day."""
    found = _parser(on, ahead=ahead).get_date_data(words).date_obj
    return found.date() if found else None


@lru_cache(maxsize=4)
def _parser(on: date, *, ahead: bool) -> DateDataParser:
    # Loading dateparser takes the better part of a second, and few messages hold a date.
    from dateparser.date import DateDataParser  # noqa: PLC0415

    settings = {
        "RELATIVE_BASE": datetime.combine(on, time(12)),
        "PREFER_DATES_FROM": "future" if ahead else "past",
        "DATE_ORDER": "DMY",
    }
    return DateDataParser(languages=["en"], settings=settings)
