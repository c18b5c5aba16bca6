"""A shop without a database or Rasa: its ledger in memory, and a chat that runs our actions by our own rules."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final

import yaml
from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import ActionExecutor

from actions.policy import Policy
from actions.ports import Shop
from actions.registry import executor_for
from actions.slots import Slot
from bot.domain.emotion import Emotion
from bot.domain.history import Contact, History
from bot.domain.order import Order, OrderStatus, number_key
from bot.domain.people import Complaint, Proof
from bot.domain.promise import (
    Limits,
    NewPromise,
    Promise,
    PromiseKind,
    PromiseState,
    Spent,
    month_of,
    new_code,
    stands_in_the_way,
)
from bot.settings import ROOT
from tests.doubles.products import MemoryProducts
from tests.doubles.shipped import the_book, the_policy

NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LANGUAGES: Final = ("en", "ru", "zh", "el")


@cache
def rules() -> dict[str, list[str]]:
    """The actions of each intent, as stories/rules says."""
    found = {}
    for file in (ROOT / "stories" / "rules").glob("*.yml"):
        for rule in yaml.safe_load(file.read_text())["rules"]:
            first, *rest = rule["steps"]
            found[first["intent"]] = [step["action"] for step in rest]
    return found


def an_order(number: str = "WL-1001", **changes: Any) -> Order:
    """An order of Maria's, shipped on time unless said otherwise."""
    known: dict[str, Any] = {
        "number": number,
        "customer_name": "Maria Prentice",
        "phone": "+447700900123",
        "email": "maria.p@example.com",
        "status": OrderStatus.SHIPPED,
        "status_since": NOW - timedelta(days=2),
        "placed_at": NOW - timedelta(days=5),
        "promised_at": NOW + timedelta(days=2),
        "carrier": "Royal Mail",
        "tracking": "QK417203985GB",
        "total": Decimal("24.90"),
        "currency": "GBP",
        "items": ("hand mixer", "2 whisks"),
    }
    return Order(**known | changes)


def a_bare_order(status: OrderStatus, number: str = "WL-1001") -> Order:
    """An order of which as little is known as can be."""
    nothing = dict.fromkeys(("status_since", "promised_at", "carrier", "tracking"))
    return an_order(number, status=status, items=(), **nothing)


class MemoryOrders:
    def __init__(self, orders: Iterable[Order]) -> None:
        self.rows = {number_key(order.number): order for order in orders}

    async def find(self, number: str) -> Order | None:
        key = number_key(number)
        similar = [o for o in self.rows.values() if "".join(filter(str.isdigit, o.number)) == key and len(key) >= 4]
        return self.rows.get(key) or (similar[0] if len(similar) == 1 else None)

    async def of_contacts(self, *, phones: Collection[str], emails: Collection[str]) -> Sequence[Order]:
        mine = [o for o in self.rows.values() if o.belongs_to(phones=set(phones), emails=set(emails))]
        return sorted(mine, key=lambda o: o.placed_at, reverse=True)


class MemoryProofs:
    def __init__(self) -> None:
        self.rows: dict[str, list[Proof]] = {}
        self.failures: list[tuple[str, datetime]] = []

    async def of(self, conversation_id: str) -> Sequence[Proof]:
        return self.rows.get(conversation_id, [])

    async def add(self, conversation_id: str, kind: str, value: str, source: str) -> None:
        known = self.rows.setdefault(conversation_id, [])
        if not [proof for proof in known if (proof.kind, proof.value) == (kind, value)]:
            known.append(Proof(kind, value, source))

    async def failed(self, conversation_id: str, order_number: str) -> None:
        self.failures.append((conversation_id, NOW))

    async def failures_since(self, conversation_id: str, moment: datetime) -> int:
        return sum(who == conversation_id and at >= moment for who, at in self.failures)


class MemoryComplaints:
    def __init__(self, now: Clock) -> None:
        self.rows: dict[tuple[str, str], Complaint] = {}
        self._now = now

    async def add(self, conversation_id: str, message_key: str, problem: str, order_number: str | None) -> None:
        self.rows.setdefault((conversation_id, message_key), Complaint(message_key, problem, order_number, self._now()))

    async def since(self, conversation_id: str, moment: datetime) -> Sequence[Complaint]:
        return [row for (who, _), row in self.rows.items() if who == conversation_id and row.created_at >= moment]


class MemoryDecisions:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Mapping[str, Any]] = {}

    async def add(self, conversation_id: str, message_key: str, decided: Mapping[str, Any]) -> None:
        self.rows.setdefault((conversation_id, message_key), decided)


class MemoryHistories:
    """`contacts` and `totals` are what is told of every shopper; complaints are the ledger's."""

    def __init__(self, complaints: MemoryComplaints) -> None:
        self.contacts: list[Contact] = []
        self.elsewhere: list[Complaint] = []
        self.totals: dict[str, float] = {}
        self._complaints = complaints

    async def of(self, conversation_id: str, since: datetime) -> History:
        here = await self._complaints.since(conversation_id, since)
        return History(tuple(self.contacts), (*self.elsewhere, *here), self.totals)


class MemoryMedia:
    """`rows`: of each photo the conversation, the key of its turn, and when it came."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, datetime]] = []

    async def pictures_since(self, conversation_id: str, moment: datetime) -> frozenset[str]:
        return frozenset(key for who, key, at in self.rows if who == conversation_id and at >= moment)


class MemoryPromises:
    def __init__(self) -> None:
        self.rows: list[tuple[NewPromise, Promise]] = []

    async def made_for(self, conversation_id: str, message_key: str) -> Promise | None:
        keys = (conversation_id, message_key)
        return next((made for new, made in self.rows if (new.conversation_id, new.message_key) == keys), None)

    async def of_order(self, order_number: str) -> list[Promise]:
        made = (made for _, made in reversed(self.rows) if made.order_number == order_number)
        return [promise for promise in made if promise.state is not PromiseState.WITHDRAWN]

    async def open_of(self, conversation_id: str, order_numbers: Collection[str]) -> list[Promise]:
        made = (made for _, made in reversed(self.rows) if made.is_open)
        return [p for p in made if p.conversation_id == conversation_id or p.order_number in order_numbers]

    async def has_room(self, new: NewPromise, limits: Limits, now: datetime) -> bool:
        shop = self._spent(new, now, [new.shopper_key for new, _ in self.rows])
        return limits.allow(new.amount, shopper=self._spent(new, now, [new.shopper_key]), shop=shop)

    async def make(self, new: NewPromise, limits: Limits, now: datetime) -> Promise | None:
        if made := await self.made_for(new.conversation_id, new.message_key):
            return made
        before = await self.of_order(new.order_number)
        same = [made for made in before if (made.kind, made.problem) == (new.kind, new.problem)]
        if same and new.kind is not PromiseKind.CHANGE_ADDRESS:
            return same[0]
        if stands_in_the_way(before, new.kind, new.problem) or not await self.has_room(new, limits, now):
            return None
        self.rows = [
            (n, replace(m, state=PromiseState.WITHDRAWN) if m in same and m.is_open else m) for n, m in self.rows
        ]
        known = {name: value for name, value in vars(new).items() if name in Promise.__dataclass_fields__}
        promise = Promise(id=len(self.rows) + 1, code=new_code(), state=limits.state_of(new), made_at=now, **known)
        self.rows.append((new, promise))
        return promise

    async def add_details(self, code: str, details: str) -> None:
        self.rows = [
            (new, replace(made, details=details) if made.code == code and made.is_open else made)
            for new, made in self.rows
        ]

    def _spent(self, wanted: NewPromise, now: datetime, shoppers: Collection[str]) -> Spent:
        ours = [
            made
            for new, made in self.rows
            if new.shopper_key in shoppers
            and made.kind is wanted.kind
            and made.state is not PromiseState.WITHDRAWN
            and made.made_at >= month_of(now)
        ]
        sums = [made.amount or Decimal(0) for made in ours if made.currency == wanted.currency]
        return Spent(count=len(ours), amount=sum(sums, Decimal(0)))


class MemoryDuty:
    """How many are there; None is not known."""

    def __init__(self) -> None:
        self.there: int | None = None

    async def count(self, now: datetime, offline_after: timedelta) -> int | None:
        return self.there


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


class MemoryLedger:
    """What `actions.ports.Ledger` promises, in memory; `broken` makes every transaction fail."""

    def __init__(self, *orders: Order, now: Clock | None = None) -> None:
        self.orders = MemoryOrders(orders)
        self.proofs = MemoryProofs()
        self.complaints = MemoryComplaints(now or Clock())
        self.products = MemoryProducts()
        self.promises = MemoryPromises()
        self.decisions = MemoryDecisions()
        self.media = MemoryMedia()
        self.histories = MemoryHistories(self.complaints)
        self.duty = MemoryDuty()
        self.broken = False

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[MemoryLedger]:
        if self.broken:
            raise ConnectionError("the database is away")
        yield self


@dataclass(frozen=True)
class Heard:
    """One reply as the shopper reads it."""

    response: str
    text: str
    buttons: tuple[str, ...]
    share_contact: bool


@dataclass
class Outcome:
    """What one message led to."""

    replies: list[Heard] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)

    @property
    def responses(self) -> list[str]:
        return [reply.response for reply in self.replies]

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.replies)

    @property
    def reason(self) -> str | None:
        return self.commands[0].get("reason") if self.commands else None


class Chat:
    """One conversation: Understand, then the handoff or the rule of the intent, as Rasa would run them."""

    def __init__(
        self,
        *orders: Order,
        language: str = "en",
        channel: str = "web",
        default_language: str = "en",
        policy: Policy | None = None,
    ) -> None:
        self.now = Clock()
        self.ledger = MemoryLedger(*orders, now=self.now)
        self.language, self.channel = language, channel
        self.id = "8c0f6f0e-0000-4000-8000-000000000001"
        self.events: list[dict[str, Any]] = []
        self.slots: dict[str, Any] = dict.fromkeys(Slot) | {Slot.STANCE: "steady"}
        self._keys = itertools.count(1)
        shop = Shop(
            ledger=self.ledger,
            book=the_book(),
            policy=lambda: policy or the_policy(),
            now=self.now,
            default_language=default_language,
        )
        self._executor: ActionExecutor = executor_for(shop)

    async def says(
        self,
        text: str,
        intent: str,
        emotion: str = "neutral",
        *,
        sure: float = 0.9,
        confidence: float = 0.9,
        intensity: float = 0.7,
        abuse: float = 0.0,
        key: str | None = None,
        read: str | None = None,
        cues: Sequence[Mapping[str, Any]] = (),
        **entities: str | tuple[str, ...],
    ) -> Outcome:
        """Put a message with its reading to the actions and return what comes of it; of an entity there may be several."""
        parse = a_parse(intent, emotion, confidence, intensity, abuse, read or self.language)
        parse["text"] = text
        parse["intent"]["confidence"] = sure
        parse["entities"] = [
            {"entity": name, "value": value, "start": max(0, text.find(value)), "end": text.find(value) + len(value)}
            for name, values in entities.items()
            for value in ((values,) if isinstance(values, str) else values)
        ]
        parse["cues"] = list(cues)
        key = key or f"m{next(self._keys)}"
        self.events.append(
            {
                "event": "user",
                "text": text,
                "parse_data": parse,
                "message_id": key,
                "input_channel": self.channel,
                "timestamp": self.now().timestamp(),
            }
        )
        if "order_number" in entities:
            numbers = [e["value"] for e in parse["entities"] if e["entity"] == "order_number"]
            self._apply([SlotSet(Slot.ORDER_NUMBER.value, numbers[-1])])
        outcome = Outcome()
        await self._run("action_validate_slot_mappings", parse, outcome)
        actions = rules()[intent]
        if self.slots[Slot.AWAITING] in {"address", "company"}:
            actions = [f"action_take_{self.slots[Slot.AWAITING]}"]
        if self.slots[Slot.STANCE] == "handoff":
            actions = ["action_handoff"]
        for action in actions:
            await self._run(action, parse, outcome)
        return outcome

    async def presses(self, payload: str, **entities: str) -> Outcome:
        """Press a button."""
        intent = payload.removeprefix("/").partition("{")[0]
        return await self.says(payload, intent, read="und", **entities)

    def proves(self, kind: str, value: str) -> Chat:
        """Let the channel vouch for a phone or e-mail."""
        self.ledger.proofs.rows.setdefault(self.id, []).append(Proof(kind, value, "whatsapp"))
        return self

    async def _run(self, action: str, parse: dict[str, Any], outcome: Outcome) -> None:
        if action.startswith("utter_"):
            self._hear({"response": action}, outcome)
            return
        tracker = {"sender_id": self.id, "slots": dict(self.slots), "latest_message": parse, "events": self.events}
        call = {"next_action": action, "tracker": _plain(tracker), "domain": {}, "version": "3.6.21"}
        result = await self._executor.run(call)
        assert result is not None
        for message in result.responses:
            self._hear(message, outcome)
        self._apply(result.events)

    def _apply(self, events: Iterable[Mapping[str, Any]]) -> None:
        for event in events:
            assert event["name"] in self.slots, event
            self.slots[event["name"]] = event["value"]
            self.events.append(dict(event))

    def _hear(self, message: Mapping[str, Any], outcome: Outcome) -> None:
        custom, response = message.get("custom") or {}, message.get("response") or message.get("utter_action")
        if custom:
            outcome.commands.append(custom)
        elif message.get("text"):
            titles = [b["title"] for b in message["buttons"]]
            outcome.replies.append(Heard(str(response), message["text"], tuple(titles), share_contact=False))
        elif response:
            facts = {k: v for k, v in message.items() if isinstance(v, str) and k not in {"response", "template"}}
            language = self.slots[Slot.LANGUAGE] or "en"
            line = the_book().say(response, language, stance=self.slots[Slot.STANCE], **facts)
            titles = [b.title for b in line.buttons] + [b["title"] for b in message.get("buttons") or []]
            outcome.replies.append(Heard(response, line.text, tuple(titles), bool(message.get("share_contact"))))
        said = {"event": "bot", "data": {"custom": custom}, "metadata": {"utter_action": response}}
        self.events.append(said | {"timestamp": self.now().timestamp()})


def a_parse(
    intent: str, emotion: str, confidence: float, intensity: float, abuse: float, language: str
) -> dict[str, Any]:
    """What /model/parse promises."""
    others = [name.value for name in Emotion if name != emotion]
    ranking = [{"name": emotion, "confidence": confidence}]
    ranking += [{"name": name, "confidence": (1 - confidence) / len(others)} for name in others]
    return {
        "intent": {"name": intent, "confidence": 0.9},
        "language": language,
        "emotion": {"name": emotion, "confidence": confidence, "intensity": intensity, "ranking": ranking},
        "abuse": abuse,
        "entities": [],
        "cues": [],
    }


def a_tracker(parse: dict[str, Any], text: str = "hello", **slots: Any) -> Tracker:
    """A tracker that holds one message."""
    event = {"event": "user", "text": text, "parse_data": parse, "message_id": "m1", "input_channel": "web"}
    message = parse | {"text": text}
    return Tracker.from_dict(
        {"sender_id": "c1", "slots": dict.fromkeys(Slot) | slots, "latest_message": message, "events": [event]}
    )


def _plain(value: Any) -> Any:
    """What is left of a value after a journey through JSON."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value
