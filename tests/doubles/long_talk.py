"""One shopper's long conversation over two days, with everything an operator may see in a transcript."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Identifier, Placeholder

from actions.policy import Stance
from actions.situation import Decision, Situation, as_kept
from bot.domain.emotion import Emotion, Reading
from bot.domain.handoff import Reason

SHOPPER: Final = "Ελένη-Αλεξάνδρα Παπαδημητρίου-Κωνσταντινοπούλου 🌿"
EARLIEST: Final = "The very first thing that was said"
FAILED: Final = "It leaves our warehouse this afternoon."
FURIOUS: Final = "This is outrageous!!! Nobody does anything, you are liars!"
LATER: Final = "ok, waiting then"


@dataclass
class LongTalk:
    """Rows of one conversation, held by the operator with this id; `write` puts them into a database with the demo shop."""

    operator_id: int
    fillers: int = 130
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    ids: dict[str, int] = field(default_factory=dict)

    def write(self, dsn: str) -> LongTalk:
        """Write everything; return this, knowing the messages' ids by their words."""
        with psycopg.connect(dsn) as connection:
            self._connection = connection
            self._now = datetime.now(UTC)
            self._write()
        return self

    def _write(self) -> None:
        self._row(
            "conversations", id=self.id, channel="whatsapp", address=f"+3069{self.id[:8]}", shopper_name=SHOPPER, language="en",
            holder="operator", operator_id=self.operator_id, severity=5, waiting_since=self._ago(hours=1),
            last_inbound_at=self._ago(minutes=2), created_at=self._ago(days=3),
        )  # fmt: skip
        self._shopper(EARLIEST, Emotion.NEUTRAL, days=2)
        for number in range(self.fillers):
            author = "shopper" if number % 2 == 0 else "bot"
            when = {"hours": 24, "minutes": -number}  # on the day between, whatever the clock says
            if author == "shopper":
                self._shopper(f"message number {number} about WL-1001", Emotion.CONFUSION, **when)
            else:
                self._ours(f"answer number {number}", "bot", "read", **when)
        self._shopper("It was to come on Monday, and I still have nothing 😟", Emotion.ANXIETY, hours=3)
        first = self._shopper(FURIOUS, Emotion.ANGER, hours=1)
        self._ours("A colleague joins you within 5 minutes.", "system", "read", minutes=59)
        self._ours("Hello, this is Ana. I am looking at it right now.", "operator", "read", minutes=40)
        self._shopper(
            LATER, Emotion.NEUTRAL, minutes=20, quotes_id=self.ids[EARLIEST], quoted_text=EARLIEST,
            earlier=json.dumps([{"text": "ok, waiting than", "until": self._ago(minutes=19).isoformat()}]),
        )  # fmt: skip
        self._ours(FAILED, "operator", "failed", minutes=5, delivery_code="63018")
        self._shopper("thank you", Emotion.GRATITUDE, minutes=2)
        situation = Situation("complain", Emotion.ANGER, 0.82, 0.9, 0.1)
        self._row(
            "decisions", conversation_id=self.id, message_key=str(first),
            decided=json.dumps(as_kept(situation, Decision(Stance.HANDOFF, Reason.ANGER, 5))),
        )  # fmt: skip
        self._row(
            "handoffs", conversation_id=self.id, message_id=first, reason="anger", severity=5, words=FURIOUS,
            opened_at=self._ago(hours=1), due_at=self._ago(minutes=55), operator_id=self.operator_id,
            claimed_at=self._ago(minutes=50),
        )  # fmt: skip
        self._row("proofs", conversation_id=self.id, kind="phone", value="+447700900123", source="typed")
        for number, (days, key) in enumerate(((1, "a"), (0, "b"))):
            self._row(
                "complaints", conversation_id=self.id, message_key=key, problem="late", order_number="WL-1001",
                created_at=self._ago(days=days, minutes=number + 60),
            )  # fmt: skip

    def _shopper(self, text: str, emotion: Emotion, *, quotes_id: int | None = None, quoted_text: str | None = None,
                 earlier: str = "[]", **ago: float) -> int:  # fmt: skip
        second = Emotion.FRUSTRATION if emotion is Emotion.ANGER else Emotion.NEUTRAL
        reading = Reading(
            "en", "complain" if emotion is Emotion.ANGER else "ask_order_status", 0.74, emotion, 0.82, 0.7, 0.1,
            {emotion.value: 0.82, second.value: 0.11} if second is not emotion else {emotion.value: 0.82},
        )  # fmt: skip
        return self._message(
            text, "shopper", "received", reading=json.dumps(reading.as_json()), external_id=uuid.uuid4().hex,
            handled_at=self._ago(**ago), quotes_id=quotes_id, quoted_text=quoted_text, earlier=earlier, **ago,
        )  # fmt: skip

    def _ours(self, text: str, author: str, delivery: str, *, delivery_code: str | None = None, **ago: float) -> int:
        operator = self.operator_id if author == "operator" else None
        return self._message(text, author, delivery, delivery_code=delivery_code, operator_id=operator, **ago)

    def _message(self, text: str, author: str, delivery: str, **values: Any) -> int:
        ago = {name: values.pop(name) for name in ("days", "hours", "minutes") if name in values}
        self.ids[text] = self._row(
            "messages", conversation_id=self.id, channel="whatsapp", author=author, text=text, delivery=delivery,
            created_at=self._ago(**ago), **values,
        )  # fmt: skip
        return self.ids[text]

    def _row(self, table: str, **values: Any) -> Any:
        insert = SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
            Identifier(table), SQL(", ").join(map(Identifier, values)), SQL(", ").join([Placeholder()] * len(values))
        )
        made = self._connection.execute(insert, list(values.values())).fetchone()
        assert made is not None, "an insert returns its row"
        return made[0]

    def _ago(self, **ago: float) -> datetime:
        return self._now - timedelta(**ago)
