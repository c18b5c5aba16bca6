"""All actions of domain.yml, built for one shop."""

from __future__ import annotations

from typing import Final

from rasa_sdk.executor import ActionExecutor

from actions.case import CaseAction
from actions.changes import CancelOrder, ChangeAddress, TakeAddress
from actions.complaints import HearComplaint
from actions.consent import AnswerOffer, ContinueTopic, HearAside, NotUnderstood, OfferPerson
from actions.erasure import ExplainDeletion
from actions.exchanges import AskExchange
from actions.handoff import HandOff
from actions.invoices import AskInvoice, TakeCompany
from actions.orders import TellOrderStatus
from actions.payments import ReportPayment
from actions.ports import Shop
from actions.problems import ReportProblem
from actions.products import TellPrice, TellProduct, TellStock
from actions.refunds import AskRefund
from actions.returns import AskReturn
from actions.understanding import Understand
from actions.warranty import AskWarranty

ANSWERING: Final[tuple[type[CaseAction], ...]] = (
    TellOrderStatus,
    ReportProblem,
    AskReturn,
    AskExchange,
    AskRefund,
    CancelOrder,
    ChangeAddress,
    TakeAddress,
    ReportPayment,
    AskInvoice,
    TakeCompany,
    AskWarranty,
    HearComplaint,
    ExplainDeletion,
    TellPrice,
    TellStock,
    TellProduct,
    ContinueTopic,
    AnswerOffer,
    NotUnderstood,
    HearAside,
    OfferPerson,
    HandOff,
)


def executor_for(shop: Shop) -> ActionExecutor:
    """Return rasa-sdk's executor with every action registered."""
    executor = ActionExecutor()
    for action in (Understand(shop), *(kind(shop) for kind in ANSWERING)):
        executor.register_action(action)
    return executor
