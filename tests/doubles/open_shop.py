"""A shop where two thousand shoppers wait at once, written straight into the tables; the same ones for the same seed."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from bot.domain.emotion import Emotion

_SAID: Final = {
    "en": (
        "Where is my order {n}? It should have been here on Monday.",
        "The cup arrived broken, and nobody answers my messages!",
        "I have written three times. Is anybody reading this?",
        "Thank you, that helps. When will the money be back on my card?",
        "You sent the blue one, I ordered the oat one.",
    ),
    "ru": (
        "Где мой заказ {n}? Обещали в понедельник.",
        "Чашка пришла разбитой, и никто не отвечает!",
        "Пишу уже третий раз. Здесь вообще кто-нибудь есть?",
        "Спасибо, помогли. Когда деньги вернутся на карту?",
        "Прислали синюю, а я заказывала овсяную.",
    ),
    "zh": (
        "我的订单{n}在哪里？说好星期一送到的。",
        "杯子收到就是碎的，没有人回复我！",
        "我已经写了三次了，有人在看吗？",
        "谢谢，明白了。退款什么时候到账？",
        "你们发了蓝色的，我订的是燕麦色。",
    ),
    "el": (
        "Πού είναι η παραγγελία μου {n}; Έπρεπε να έρθει τη Δευτέρα.",
        "Το φλιτζάνι ήρθε σπασμένο και κανείς δεν απαντά!",
        "Έχω γράψει τρεις φορές. Διαβάζει κανείς εδώ;",
        "Ευχαριστώ, βοηθήσατε. Πότε θα επιστραφούν τα χρήματα;",
        "Στείλατε το μπλε, εγώ παρήγγειλα το μπεζ.",
    ),
}
_NAMES: Final = ("Maria Papadaki", "Иван Соколов", "李小雨", "Άντρη Νικολάου", "Emma Brown", "Ольга", "Yusuf 🌿", None)
_REASONS: Final = ("asked", "anger", "repeat", "tension", "value", "misunderstood", "offer")
_PROBLEMS: Final = ("late", "damaged", "wrong_item", "missing", "refund", "general")
_ANSWER: Final = "I am sorry that this took so long. Here is what I can see about your order {n}."
_TABLES: Final = {
    "conversations": "id channel address shopper_name language holder operator_id severity waiting_since last_inbound_at created_at",
    "messages": "id conversation_id channel author text reading external_id delivery created_at handled_at",
    "handoffs": "conversation_id message_id reason severity words opened_at due_at operator_id claimed_at",
    "complaints": "conversation_id message_key problem order_number created_at",
}  # fmt: skip


@dataclass
class OpenShop:
    """`waiting` conversations in the queue, `held` by each operator, `bot` with the bot; `write` puts them into a database."""

    now: datetime
    operators: Sequence[int]
    waiting: int = 1500
    held: int = 500
    bot: int = 3000
    messages_each: int = 16
    seed: int = 1
    rows: dict[str, list[Sequence[Any]]] = field(default_factory=lambda: {name: [] for name in _TABLES})

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        for holder, count in (("queue", self.waiting), ("operator", self.held), ("bot", self.bot)):
            for number in range(count):
                self._talk(holder, self.operators[number % len(self.operators)] if holder == "operator" else None)

    def write(self, dsn: str) -> None:
        """Copy everything into an empty database, and let it count what is there."""
        with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
            for table, columns in _TABLES.items():
                with cursor.copy(f"COPY {table} ({columns.replace(' ', ', ')}) FROM STDIN") as copy:
                    for row in self.rows[table]:
                        copy.write_row(row)
            cursor.execute("SELECT setval(pg_get_serial_sequence('messages', 'id'), max(id)) FROM messages")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def _talk(self, holder: str, operator: int | None) -> None:
        chance = self._chance
        chat, language = str(uuid.UUID(int=chance.getrandbits(128))), chance.choice(tuple(_SAID))
        channel, waits = chance.choice(("telegram", "whatsapp", "web")), timedelta(seconds=chance.randint(10, 7200))
        open_since, severity = self.now - waits, chance.randint(1, 5)
        number = f"WL-{chance.randint(1000, 9999)}"
        self.rows["conversations"].append(
            (chat, channel, f"+3069{chance.randint(10_000_000, 99_999_999)}{chat[:6]}", chance.choice(_NAMES), language,
             holder, operator, severity if holder != "bot" else 0, open_since if holder != "bot" else None,
             self.now - waits / 2, open_since - timedelta(days=3))
        )  # fmt: skip
        first, words = 0, ""
        for place in range(self.messages_each):
            ours = place % 2 == 1
            said = (_ANSWER if ours else chance.choice(_SAID[language])).format(n=number)
            moment = open_since + waits * (place / self.messages_each)
            first, words = (first, words) if ours else (self._message(chat, channel, said, moment, language), said)
            if ours:
                self._message(chat, channel, said, moment, None)
        if holder != "bot":
            self.rows["complaints"].append((chat, "m1", chance.choice(_PROBLEMS), number, open_since))
            claimed = open_since + waits / 3 if operator else None
            self.rows["handoffs"].append(
                (chat, first, chance.choice(_REASONS), severity, words, open_since,
                 open_since + timedelta(minutes=30), operator, claimed)
            )  # fmt: skip

    def _message(self, chat: str, channel: str, text: str, moment: datetime, language: str | None) -> int:
        number = len(self.rows["messages"]) + 1
        feeling = self._chance.choice(tuple(Emotion)).value
        reading = language and json.dumps(
            {
                "language": language, "intent": "complain", "intent_confidence": 0.8, "emotion": feeling,
                "confidence": 0.8, "intensity": 0.5, "abuse": 0.0, "ranking": {each.value: 0.1 for each in Emotion},
            }
        )  # fmt: skip
        author, external, delivery = ("shopper", str(number), "received") if language else ("bot", None, "delivered")
        self.rows["messages"].append((number, chat, channel, author, text, reading, external, delivery, moment, moment))
        return number
