"""The history of a shopper over all channels, in one statement."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.emotion import Emotion
from bot.domain.history import Contact, History
from bot.domain.people import Complaint

# Who proved the same phone or e-mail in two conversations is one shopper. What was cancelled or paid back is worth nothing.
# On the demo page (`web`) everybody plays the same invented shoppers: a talk there counts only for itself.
_HISTORY: Final = text("""
WITH mine AS (SELECT kind, value FROM proofs WHERE conversation_id = :id),
talks AS (
    SELECT CAST(:id AS uuid) AS id
    UNION SELECT conversations.id FROM proofs JOIN mine USING (kind, value)
          JOIN conversations ON conversations.id = proofs.conversation_id AND conversations.channel <> 'web'
)
SELECT
    (SELECT json_agg(json_build_array(message_key, problem, order_number, created_at) ORDER BY id)
     FROM complaints WHERE conversation_id IN (SELECT id FROM talks) AND created_at >= :since) AS complaints,
    (SELECT json_agg(json_build_array(closed_at, outcome, score, emotion) ORDER BY closed_at DESC)
     FROM (SELECT closed_at, outcome,
                  (SELECT answer FROM outreach WHERE kind = 'csat' AND about = CAST(handoffs.id AS text)) AS score,
                  (SELECT reading->>'emotion' FROM messages
                   WHERE conversation_id = handoffs.conversation_id AND author = 'shopper' AND reading IS NOT NULL
                         AND created_at BETWEEN handoffs.opened_at AND handoffs.closed_at
                   ORDER BY id DESC LIMIT 1) AS emotion
           FROM handoffs
           WHERE conversation_id IN (SELECT id FROM talks) AND closed_at >= :since
           ORDER BY closed_at DESC LIMIT :contacts) AS last) AS contacts,
    (SELECT json_object_agg(currency, total)
     FROM (SELECT currency, sum(total) AS total FROM orders
           WHERE (phone IN (SELECT value FROM mine WHERE kind = 'phone') OR email IN (SELECT value FROM mine WHERE kind = 'email'))
                 AND status NOT IN ('cancelled', 'refunded')
           GROUP BY currency) AS bought) AS totals
""")
LAST_CONTACTS: Final = 3


class Histories:
    """What is known of shoppers from before."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, conversation_id: str, since: datetime) -> History:
        """Return what happened since a moment in all conversations of this one's shopper, and what their orders came to."""
        found = await self._session.execute(
            _HISTORY, {"id": conversation_id, "since": since, "contacts": LAST_CONTACTS}
        )
        row = found.one()
        return History(
            contacts=tuple(map(_contact, row.contacts or ())),
            complaints=tuple(map(_complaint, row.complaints or ())),
            totals={currency: float(total) for currency, total in (row.totals or {}).items()},
        )


def _contact(found: list[Any]) -> Contact:
    ended, outcome, score, emotion = found
    given = int(score) if score and str(score).isdigit() else None
    felt = Emotion(emotion) if emotion in set(Emotion) else None
    return Contact(datetime.fromisoformat(ended), str(outcome or ""), given, felt)


def _complaint(found: list[Any]) -> Complaint:
    key, problem, number, created = found
    return Complaint(str(key), str(problem), number, datetime.fromisoformat(created))
