"""Replies go out in the job of the turn that made them, so that nobody is asked for another job (docs/adr/0017)."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from procrastinate import App
from procrastinate.jobs import Status

from bot.domain.people import Conversation
from bot.errors import DeliveryError
from bot.store.unit_of_work import Work
from bot.turns.delivery import Begun, Outbox
from bot.turns.jobs import DELIVER, again_at, delivery_lock

log = structlog.get_logger()


@dataclass(frozen=True)
class Sending:
    """A delivery job that this process does itself."""

    job_id: int
    conversation_id: str
    begun: Begun


class PromptDelivery:
    """Does the delivery job of a turn, where no other job of that conversation waits or runs.

    The job stands in the queue, as being done by the turn's worker: it holds back those that come after it, and goes to
    another worker should this one die. Its id is `at_hand` while it is done.
    """

    def __init__(self, outbox: Outbox, jobs: App, at_hand: set[int]) -> None:
        self._outbox = outbox
        self._jobs = jobs
        self._at_hand = at_hand

    async def begin(self, work: Work, conversation: Conversation, worker: int) -> Sending | None:
        """Begin a job in the transaction that has the replies and the lock on the conversation; None where others come first."""
        conversation_id = conversation.id
        lock = delivery_lock(conversation_id)
        job_id = await work.begin_job(DELIVER, lock=lock, worker=worker, conversation_id=conversation_id)
        if job_id is None:
            return None
        return Sending(job_id, conversation_id, await self._outbox.begin(work, conversation_id, conversation))

    async def finish(self, sending: Sending) -> None:
        """Send the replies and end the job, or leave it for later."""
        manager = self._jobs.job_manager
        self._at_hand.add(sending.job_id)
        try:
            await self._outbox.go_on(sending.conversation_id, sending.begun)
        except Exception as exc:
            if not isinstance(exc, DeliveryError):  # that one is told of already
                log.exception("delivery.broken", conversation=sending.conversation_id)
            await manager.retry_job_by_id_async(sending.job_id, again_at(exc, 0))
        else:
            await manager.finish_job_by_id_async(sending.job_id, Status.SUCCEEDED, delete_job=True)
        finally:
            self._at_hand.discard(sending.job_id)
