"""Invoices. There is none in our data: a colleague sends it to the e-mail on the order."""

from __future__ import annotations

from actions.case import Case, CaseAction
from actions.facts import masked
from actions.offers import say_receipt
from actions.remedies import request_for
from actions.which_order import order_or_ask
from actions.words import first_words
from bot.domain.promise import PromiseKind


class AskInvoice(CaseAction):
    """Answers `invoice`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_ask_invoice"

    async def answer(self, case: Case) -> None:
        """Offer to have the invoice sent."""
        await explain_invoice(case)


class TakeCompany(CaseAction):
    """Answers the details of a company while an invoice is offered or promised (nlu/handoff_policy.py)."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_take_company"

    async def answer(self, case: Case) -> None:
        """Repeat the details; offer the invoice made out to them, or keep them with the one that was promised."""
        await explain_invoice(case, company=first_words(case.turn.said.text))


async def explain_invoice(case: Case, company: str | None = None) -> None:
    """Offer to have the invoice of the order this is about sent, or ask which and whose it is; else offer a person.

    The address is never shown in full. What was sent already and is asked for again is for a person.
    """
    order = await order_or_ask(case)
    if order is None:
        return
    promised = await case.work.promises.of_order(order.number)
    made = [promise for promise in promised if promise.kind is PromiseKind.INVOICE]
    if made and made[0].is_open:
        if company:
            await case.work.promises.add_details(made[0].code, company)
            case.say_about("utter_invoice_made_out", order, company=company)
        say_receipt(case, order, made[0])
    elif made or not order.email or request_for(PromiseKind.INVOICE, order, case.policy.remedies) is None:
        case.say("utter_invoice")
    else:
        if company:
            case.say_about("utter_invoice_made_out", order, company=company)
        else:
            case.say("utter_invoice_for_company")
        case.say_about("utter_offer_invoice", order, email=masked(order.email))
