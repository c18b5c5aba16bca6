"""Order numbers in all shapes people type: WL-20417, wl20417, #20417, № 20417, A-1042, order no 55-1033, 20417."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nlu.money import CURRENCY
from nlu.text import plain

# All patterns look at plain text: lower case, no accents, ς written σ. A Chinese character does not end a number.
_LETTER: Final = r"[a-zа-яα-ω]"
_START: Final = rf"(?<!{_LETTER})(?<![\d_@/.-])"
_END: Final = rf"(?!{_LETTER})(?![\d_@]|[.,:/-]\d)"
_NUMBER: Final = rf"(?:wl ?|{_LETTER}{{1,4}}[-_]?)?\d{{1,20}}(?:-\d{{1,10}}){{0,3}}(?:-{_LETTER}{{1,2}})?{_END}"
_GROUPED: Final = rf"\d{{1,3}}(?: \d{{2,3}}){{1,3}}{_END}"  # 55 20
_ORDER: Final = (
    rf"(?:(?<!{_LETTER})(?:orders?|purchase|заказ[а-я]{{0,3}}|zakaz[a-z]{{0,3}}|παραγγελ[α-ω]{{0,4}}|parag+el[a-z]{{0,5}}"
    rf"|αρ\.? ?παρ(?:αγγ)?\.?)(?!{_LETTER})|订单|訂單|(?<![递遞运運流工])[单單][号號])"
)
_NAMED: Final = (
    r"number|num|no|nr|n°|id|code|ref|номер[а-я]{0,2}|ном|nomer|αριθμ[α-ω]{0,3}|arithm[a-z]{0,3}|αρ|νο|κωδ[α-ω]{0,4}"
    r"|号码|號碼|号|號|编号|編號|№|#"
)
_SPOKEN: Final = re.compile(
    rf"{_ORDER}(?P<named>(?:[ .:=(-]{{0,3}}(?:{_NAMED})(?!{_LETTER})){{0,2}})"
    rf"(?:[ .:=(-]{{0,2}}(?:is|was|это|ειναι|einai|是|为|為)(?!{_LETTER}))?"
    rf"[ .:=(-]{{0,3}}(?P<number>{_GROUPED}|{_NUMBER})"
)
_SIGN: Final = re.compile(
    rf"(?:#|№|(?<!{_LETTER})(?:no\.|n°|αρ\.)) ?(?P<number>(?:{_LETTER}{{1,4}}[ -]?)?\d[\d-]{{1,22}}\d(?:-{_LETTER}{{1,2}})?){_END}"
)
_PREFIX: Final = re.compile(rf"{_START}wl[-_ ]?\d{{3,8}}{_END}")
# Amazon's numbers; day, a hyphen and a count, as many Chinese shops write them.
_LONG: Final = re.compile(rf"{_START}(?:\d{{3}}-\d{{7}}-\d{{7}}|20[0-4]\d[01]\d[0-3]\d-\d{{2,6}}){_END}")
_LETTERED: Final = re.compile(
    rf"{_START}(?:{_LETTER}{{2,4}}(?:[-_]\d{{3,8}}|\d{{4,14}})|{_LETTER}(?:[-_]\d{{3,8}}|\d{{9,14}})|\d{{4,8}}-{_LETTER}){_END}"
)
_HYPHENED: Final = re.compile(rf"{_START}(?<![+])\d{{2,4}}-\d{{3,6}}{_END}")
_BARE: Final = re.compile(
    rf"{_START}(?<!\d[,:])(?<![+*$€£¥₽])(?<![$€£¥₽] )(?:\d{{4,8}}|\d{{18,19}})(?![:*%/-]|\s?[$€£¥₽°%]){_END}"
)
_MEASURE: Final = re.compile(
    r"\s?(?:eur|usd|gbp|kg|gr?(?![a-z])|кг|гр?(?![а-я])|ml|мл|mm|мм|cm|см|km|км|m(?![a-z])|м(?![а-я])"
    r"|mah|мач|watt|w(?![a-z])|вт|v(?![a-z])|gb|гб|hz|rpm|days?|weeks?|дн|нед|天|日|月|年|个|個|件|%|x\d"
    r"|pcs|шт|τεμ|τμχ|pieces?|pages?|people|followers|steps|points|ποντουσ?|pontou?s|балл|участник|members|flats)"
)
_SUM_BEHIND: Final = re.compile(rf"\s?\(?(?:(?:in|of) (?:your |my |our )?|бел\.? ?)?(?:{CURRENCY})(?!\s?\d)")
_SUM_BEFORE: Final = re.compile(rf"(?:(?<![a-zа-яα-ω])(?:{CURRENCY}))[ .:]{{0,2}}\Z")
# WL-1001 and 1002
_NEXT: Final = re.compile(
    rf"(?<=\d)(?:, ?| ?& ?| (?:and|or|и|или|και|η|kai)(?: (?:the|η|την))? | ?(?:和|跟|与|與|或|、) ?)(?P<number>\d{{4,8}}){_END}"
)
_ABOUT: Final = re.compile(
    r"order|ord(?![a-z])|ref|purchase|заказ|номер|zakaz|nomer|订单|訂單|[单單][号號]|编号|編號|παραγγελ|parag+el|αριθμ|arithm"
    r"|number|(?<![a-z])n[or](?![a-z])|νουμερο|κωδικ|号|號"
)
# What a number is of when it is none of an order: a home, a size, a telephone, a card, an amount.
_OF_ELSE: Final = re.compile(
    r"(?:(?<![^\W\d_])(?:flat|apt|apartment|suite|unit|house|room|zip|transaction|post ?code|pin ?code|postal code|size"
    r"|model|phone|mobile|tel|card|vat|tax|cost|costs|price|paid|pay|charged|worth|amount|total|year"
    r"|кв|квартир[аые]|дом|офис|индекс|операци[яию]|размер[а]?|модел[ьи]|тел|телефон[а]?|карт[аеы]|инн|кпп|сумм[аеу]|цен[аы]|стоит|стоил[аи]?"
    r"|заплатил[аи]?|оплатил[аи]?|списал[аи]|τκ|τ\.κ|tk|νουμερο παπουτσι|μεγεθοσ|μοντελο|τηλ|τηλεφωνο|κινητο|καρτα|αφμ|τιμη"
    r"|πληρωσα|κοστιζει|κοστισε|οροφοσ|διαμερισμα)"
    r"|邮编|郵編|门牌|門牌|房间|室|尺码|尺碼|型号|型號|电话|電話|手机|手機|尾号|尾號|卡号|卡號|税号|取件码|验证码|价格|标价|付了|花了|扣了|余额)"
    r"(?: ?(?:number|no|nr|code|is|номер|αριθμοσ|ειναι|号码|号|是)){0,2}[ .:=#№]{0,3}\Z"
)
_TWO_PARTS: Final = re.compile(r"\d{2}-\d{4}")  # 55-1033 is no range, as 10-12 is
_YEAR: Final = re.compile(r"(?:19[5-9]|20[0-4])\d\Z")
_HOTLINES: Final = frozenset({"12315", "10086", "10010", "12300"})  # known to every Chinese shopper
_BEFORE: Final = 28
_FEW_WORDS: Final = 5
_FEWEST: Final = 3


def find_spoken_orders(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and number of what can be nothing else: beside the word or sign for an order, or with the shop's prefix."""
    matched = plain(text)
    for found in _SPOKEN.finditer(matched):
        if _stands_for_itself(matched, found):
            yield found.start("number"), found.end("number"), normalised(text[slice(*found.span("number"))])
    for found in _SIGN.finditer(matched):
        if not _is_of_else(matched, found.start()):
            yield found.start(), found.end(), normalised(text[slice(*found.span("number"))])
    for pattern in (_PREFIX, _LONG):
        for found in pattern.finditer(matched):
            yield found.start(), found.end(), normalised(text[found.start() : found.end()])
            following = _NEXT.match(matched, found.end()) if pattern is _PREFIX else None
            if following and not _measures(matched, following.end()):
                yield following.start("number"), following.end("number"), following["number"]


def find_order_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and number of what looks like one, where the text around it does not say otherwise."""
    matched = plain(text)
    few_words = len(text.split(maxsplit=_FEW_WORDS)) <= _FEW_WORDS
    wordless = not any(map(str.isalpha, text))
    for found in _LETTERED.finditer(matched):
        if not _is_of_else(matched, found.start()):
            yield found.start(), found.end(), normalised(text[found.start() : found.end()])
    for found in _HYPHENED.finditer(matched):
        likely = few_words or _TWO_PARTS.match(found.group()) or _is_about_order(matched, found.start())
        if likely and _may_be_order(matched, found):
            yield found.start(), found.end(), found.group()
    for found in _BARE.finditer(matched):
        about = wordless or (_is_about_order(matched, found.start()) and not _YEAR.match(found.group()))
        # Four digits alone are more often a year, a price or a time.
        if (about or len(found.group()) > 4) and _may_be_order(matched, found):
            yield found.start(), found.end(), found.group()


def normalised(number: str) -> str:
    """Return an order number as it is kept: `wl20417` and `wl 20417` become `WL-20417`, `55 20` becomes `5520`."""
    upper = re.sub(r"(?<=\d) (?=\d)", "", number.strip().upper())
    return re.sub(r"^([^\W\d_]+)-?(\d)", r"\1-\2", re.sub(r"[\s_]+", "-", upper))


def _stands_for_itself(text: str, found: re.Match[str]) -> bool:
    """True unless it is a quantity: `order 200 mugs`; so few digits need the word `number`, or nothing behind them."""
    digits = sum(map(str.isdigit, found.group("number")))
    alone = digits > _FEWEST or found.group("named") or not re.match(r"\s*\w", text[found.end() : found.end() + 2])
    return digits >= _FEWEST and bool(alone) and not _measures(text, found.end())


def _may_be_order(text: str, found: re.Match[str]) -> bool:
    return not (found.group() in _HOTLINES or _measures(text, found.end()) or _is_of_else(text, found.start()))


def _measures(text: str, end: int) -> bool:
    """True when what follows makes the number before it a quantity or a sum."""
    return _MEASURE.match(text, end) is not None or _SUM_BEHIND.match(text, end) is not None


def _is_of_else(text: str, start: int) -> bool:
    before = text[max(0, start - _BEFORE) : start]
    return _OF_ELSE.search(before) is not None or _SUM_BEFORE.search(before) is not None


def _is_about_order(text: str, start: int) -> bool:
    return _ABOUT.search(text, max(0, start - _BEFORE), start) is not None
