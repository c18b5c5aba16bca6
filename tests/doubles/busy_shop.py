"""A shop with months of conversations, written straight into the tables; the same ones for the same seed."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from actions.deescalation import decide
from actions.policy import Policy
from actions.situation import Situation, as_kept
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from tests.doubles.shipped import the_policy

_CALM: Final = (Emotion.NEUTRAL, Emotion.NEUTRAL, Emotion.GRATITUDE, Emotion.CONFUSION, Emotion.JOY)
_UPSET: Final = (Emotion.FRUSTRATION, Emotion.ANGER, Emotion.DISAPPOINTMENT, Emotion.ANXIETY)
_INTENTS: Final = ("ask_order_status", "report_late", "ask_refund", "complain", "nlu_fallback", "ask_product", "thank")
_TABLES: Final = {
    "conversations": "id channel address shopper_name language holder last_inbound_at created_at",
    "messages": "id conversation_id channel author text reading external_id delivery created_at handled_at",
    "handoffs": "conversation_id reason severity words opened_at due_at claimed_at closed_at outcome",
    "decisions": "conversation_id message_key decided created_at",
    "complaints": "conversation_id message_key problem order_number created_at",
    "promises": "code conversation_id message_key shopper_key order_number kind problem amount currency state made_at due_at",
    "outreach": "conversation_id kind about created_at message_id answer answered_at",
}  # fmt: skip


@dataclass
class BusyShop:
    """Rows of every table, drawn by chance; `write` puts them into a database."""

    until: datetime
    days: int = 90
    seed: int = 1
    policy: Policy = field(default_factory=the_policy)
    rows: dict[str, list[Sequence[Any]]] = field(default_factory=lambda: {name: [] for name in _TABLES})

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def fill(self, messages: int) -> BusyShop:
        """Add conversations until there are this many messages."""
        while len(self.rows["messages"]) < messages:
            self._talk()
        return self

    def write(self, dsn: str) -> None:
        """Copy everything into an empty database, and let it count what is there."""
        with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
            for table, columns in _TABLES.items():
                with cursor.copy(f"COPY {table} ({columns.replace(' ', ', ')}) FROM STDIN") as copy:
                    for row in self.rows[table]:
                        copy.write_row(row)
            cursor.execute("SELECT setval(pg_get_serial_sequence('messages', 'id'), max(id)) FROM messages")
            cursor.execute("ANALYZE")

    def _talk(self) -> None:
        chance = self._chance
        conversation, channel = (
            str(uuid.UUID(int=chance.getrandbits(128))),
            chance.choice(("telegram", "whatsapp", "web")),
        )
        language = chance.choices(("en", "ru", "zh", "el", None), (40, 30, 12, 15, 3))[0]
        began = self.until - timedelta(minutes=chance.triangular(10, self.days * 24 * 60, 10))
        name = chance.choice(("Maria", "Иван", "李小雨", "Άντρη", None))
        said = list(self._situations())
        self.rows["conversations"].append(
            (conversation, channel, f"{conversation}@", name, language, "bot", began, began)
        )
        moment = began
        for number, situation in enumerate(said):
            moment = began + timedelta(minutes=3 * number)
            key = self._message(conversation, channel, "shopper", moment, situation, language)
            decision = decide(situation, self.policy)
            kept = json.dumps(as_kept(situation, decision))
            self.rows["decisions"].append((conversation, str(key), kept, moment))
            if situation.intent in {"report_late", "complain"}:
                problem = "late" if situation.intent == "report_late" else "general"
                self.rows["complaints"].append((conversation, str(key), problem, None, moment))
            self._message(conversation, channel, "bot", moment + timedelta(seconds=4))
            if decision.reason:
                self._handoff(conversation, channel, moment, decision.reason, decision.severity or 1)
                return
        if chance.random() < 0.04:
            self._handoff(conversation, channel, moment, Reason.TAKEN_OVER, 1)
        elif chance.random() < 0.1:
            self._promise(conversation, moment)

    def _situations(self) -> Iterator[Situation]:
        chance, upset = self._chance, self._chance.random() < 0.35
        tension = 0.0
        for _ in range(chance.randint(2, 7)):
            heated = upset and chance.random() < 0.7
            emotion = chance.choice(_UPSET if heated else _CALM)
            before, tension = tension, tension * 0.8 + (chance.random() * 0.35 if heated else 0.0)
            yield Situation(
                intent="ask_human" if heated and chance.random() < 0.12 else chance.choice(_INTENTS),
                emotion=emotion,
                confidence=chance.uniform(0.35, 0.98),
                intensity=chance.betavariate(4, 3) if heated else chance.betavariate(1, 6),
                abuse=chance.betavariate(1, 4) if emotion is Emotion.ANGER else chance.betavariate(1, 30),
                intent_confidence=chance.uniform(0.3, 1.0),
                tension=min(tension, 1.0),
                tension_before=min(before, 1.0),
                misunderstood_in_row=chance.choices((0, 1, 2, 3), (85, 10, 4, 1))[0],
                asked_times=chance.choices((1, 2, 3), (94, 5, 1))[0],
            )
            upset = upset and chance.random() < 0.75

    def _message(
        self, conversation: str, channel: str, author: str, moment: datetime,
        situation: Situation | None = None, language: str | None = None,
    ) -> int:  # fmt: skip
        number = len(self.rows["messages"]) + 1
        reading = situation and json.dumps(
            {
                "language": language or "und",
                "intent": situation.intent,
                "intent_confidence": situation.intent_confidence,
                "emotion": situation.emotion.value,
                "confidence": situation.confidence,
                "intensity": situation.intensity,
                "abuse": situation.abuse,
                "ranking": {each.value: 0.1 for each in Emotion},
            }
        )
        delivery, external = ("received", str(number)) if author == "shopper" else ("delivered", None)
        self.rows["messages"].append(
            (number, conversation, channel, author, "…", reading, external, delivery, moment, moment)
        )
        return number

    def _handoff(self, conversation: str, channel: str, opened: datetime, reason: Reason, severity: int) -> None:
        chance = self._chance
        due = opened + timedelta(minutes=self.policy.answer_within_minutes[severity])
        waited = timedelta(minutes=chance.lognormvariate(1.8, 0.9))
        ended = opened + waited + timedelta(minutes=chance.lognormvariate(2.5, 0.8))
        if ended > self.until or chance.random() < 0.02:
            self.rows["handoffs"].append((conversation, reason, severity, "", opened, due, None, None, None))
            return
        self._message(conversation, channel, "operator", opened + waited)
        calmer = Situation("thank", chance.choice((*_CALM, Emotion.ANGER)), 0.9, 0.3, 0.0)
        self._message(conversation, channel, "shopper", opened + waited + timedelta(seconds=30), calmer)
        outcome = chance.choices(("returned", "left_queue"), (95, 5))[0]
        claimed = opened + waited * 0.8
        self.rows["handoffs"].append((conversation, reason, severity, "", opened, due, claimed, ended, outcome))
        if chance.random() < 0.7:
            asked = self._message(conversation, channel, "bot", ended + timedelta(minutes=5))
            score = chance.choices(("1", "2", "3", "4", "5", None), (6, 5, 9, 20, 30, 30))[0]
            self.rows["outreach"].append(
                (conversation, "csat", f"h{asked}", ended, asked, score, ended if score else None)
            )

    def _promise(self, conversation: str, made: datetime) -> None:
        chance, number = self._chance, len(self.rows["promises"])
        kind, problem = chance.choice(
            (("voucher", "late"), ("reship", "damaged"), ("refund", "lost"), ("cancel", "request"))
        )
        amount, currency = (
            (chance.choice((5, 10, 24.9)), chance.choice(("EUR", "RUB"))) if kind != "cancel" else (None, None)
        )
        state = chance.choices(("open", "needs_approval", "kept", "withdrawn"), (20, 5, 65, 10))[0]
        self.rows["promises"].append(
            (f"C{number:06}", conversation, f"p{number}", "k", f"WL-{number}", kind, problem, amount, currency, state,
             made, made + timedelta(days=1))
        )  # fmt: skip
