"""What a provider says of a reply after it took it, in one transaction with what that asks of us."""

from __future__ import annotations

from bot.domain.messages import Delivery, Report
from bot.store.unit_of_work import Work
from bot.turns.jobs import DELIVER, SEND_TRIES, delivery_lock


async def hear(work: Work, report: Report) -> None:
    """Apply a report, or keep it until `now_known` tells which reply it is about: a provider may be quicker than its answer."""
    await _alone(work, report.channel, report.provider_id)
    if not await _apply(work, report) and not await work.messages.sent_under(report.channel, report.provider_id):
        await work.early_reports.add(report)


async def now_known(work: Work, message_id: int, channel: str, provider_id: str) -> None:
    """Note that a reply went out under the provider's id, and apply what was said of it before."""
    await _alone(work, channel, provider_id)
    await work.messages.set_delivery(message_id, Delivery.SENT, provider_id=provider_id)
    for report in await work.early_reports.take(channel, provider_id):
        await _apply(work, report)


async def _alone(work: Work, channel: str, provider_id: str) -> None:
    """Of a report and the noting of its id, the second waits for the first: each would else miss what the other writes."""
    await work.alone(f"report:{channel}:{provider_id}")


async def _apply(work: Work, report: Report) -> bool:
    again = None
    if report.again_in is not None:
        again = await work.messages.take_back(
            report.channel, report.provider_id, report.code, seconds=report.again_in, tries=SEND_TRIES
        )
    conversation_id = again or await work.messages.delivery_changed(
        report.channel, report.provider_id, report.state, report.code
    )
    if conversation_id is None:
        return False
    # It looks when to send again what was taken back; a shopper whose reply waits is asked to write.
    if again is not None or report.state is Delivery.WAITING:
        await work.defer(DELIVER, lock=delivery_lock(conversation_id), conversation_id=conversation_id)
    await work.changed(conversation_id)
    return True
