"""Why a line was matched or left open, in a sentence that an accountant reads."""

from odoo.tools.translate import LazyTranslate

from odoo.addons.payment import utils as payment_utils

from ..text import shorten_list

# A module's terms have no `env` yet: they are translated when they are shown.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

# Most documents that a sentence names.
MOST_NAMED = 5

_EVIDENCE = {
    "bridge": _lt("Bridge tells that this is the transfer %(reference)s"),
    "end_to_end": _lt("The transfer's end-to-end id is the reference %(reference)s"),
    "reference": _lt("The label carries the reference %(found)s"),
    "structured": _lt("The label carries the structured reference of %(documents)s"),
    "number": _lt("The label names %(documents)s"),
    "iban": _lt("The money came from the known account of %(customer)s"),
    "name": _lt("The payer's name is that of %(customer)s"),
    "returned": _lt("The label carries the reference %(found)s"),
}

_CONCLUSION = {
    # Booked by itself.
    "exact": _lt("and the amount is the %(expected)s expected"),
    "several": _lt("which add up to the amount"),
    "all_due": _lt("and the amount is all that %(customer)s owes"),
    "installment": _lt("and the amount is that of an installment"),
    "discount": _lt(
        "and the amount is what is due less the early-payment discount of %(discount)s"
    ),
    "credit_notes": _lt(
        "and the amount is what is due less open credit notes of %(customer)s"
    ),
    "registered": _lt("for which a payment of this amount was registered by hand"),
    "fee": _lt(
        "and the amount is the %(expected)s expected less a bank fee of %(fee)s"
    ),
    "part": _lt(
        "and %(amount)s of the %(expected)s expected came: %(missing)s stays due"
    ),
    "over": _lt(
        "and %(amount)s came where %(expected)s was expected: %(rest)s is a credit of "
        "the customer"
    ),
    "returned": _lt(
        "and the %(amount)s that had come in went out again: the payment is undone"
    ),
    # Left to a person.
    "amount": _lt("but the amount is not the %(expected)s expected"),
    "already_matched": _lt("which another bank line already paid"),
    "already_paid": _lt("which is paid already"),
    "ambiguous": _lt("but several readings explain the amount"),
    "currency": _lt("but what is due is in %(expected_currency)s"),
    "other_customer": _lt(
        "but the payer is known as another customer than %(customer)s"
    ),
    "several_customers": _lt("which belong to several customers"),
    "incomplete": _lt("but the number is not written out whole"),
    "looks_like": _lt("but %(found)s may mean something else"),
    "other_year": _lt("but with another year"),
    "refund": _lt("and the money goes out for it"),
    "other": _lt("but a person should look at it"),
    "direction": _lt("but the money goes the other way"),
    "combination": _lt(
        "and of all that is due, only %(documents)s add up to the amount"
    ),
    "customer": _lt("but what is due does not add up to the amount"),
    "name": _lt("and the amount is that of %(documents)s"),
}


# Reasons that are a sentence of their own.
_SENTENCES = {
    "amount_only": _lt(
        "Nothing but the amount speaks for it: %(documents)s of %(customer)s is the "
        "only open entry of %(amount)s."
    ),
    "misspelt": _lt(
        "But for one figure the label names %(documents)s of %(customer)s, and the "
        "amount is the %(expected)s expected."
    ),
}


def write_sentence(env, proposal, currency):
    """Return why ``proposal`` was made.

    :param env: in the language of the company's books
    :param matching.Proposal proposal: what the rules found
    :param res.currency currency: that of the receipt
    :rtype: str
    """
    facts = _format_facts(env, proposal, currency)
    reason = proposal.reason
    if reason == "already_matched" and not proposal.target:
        reason = "already_paid"
    if reason in _SENTENCES:
        return env._(_SENTENCES[reason]) % facts
    return env._(
        "%(evidence)s, %(conclusion)s.",
        evidence=env._(_EVIDENCE[proposal.kind]) % facts,
        conclusion=env._(_CONCLUSION.get(reason, _CONCLUSION["other"])) % facts,
    )


def _format_facts(env, proposal, currency):
    """Return the facts of a proposal as texts; what is unknown is empty."""
    facts = proposal.facts
    expected_currency = currency
    if (code := facts.get("expected_currency")) and code != currency.name:
        expected_currency = (
            env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", code)], limit=1)
            or currency
        )

    def money(name, of=currency):
        cents = abs(facts.get(name) or 0)
        return of.format(payment_utils.to_major_currency_units(cents, of))

    documents = facts.get("documents") or tuple(
        dict.fromkeys(due.document for due in proposal.dues)
    )
    shown, more = shorten_list(documents, MOST_NAMED)
    named = ", ".join(shown)
    if more:
        named = env._("%(documents)s and %(count)s more", documents=named, count=more)
    reference = facts.get("reference") or ""
    if proposal.target:
        reference = proposal.target.reference
    customer = facts.get("customer") or next(
        (due.partner_name for due in proposal.dues), ""
    )
    if not customer and proposal.target and proposal.target.partner:
        customer = env["res.partner"].browse(proposal.target.partner).display_name
    return {
        "amount": money("amount"),
        "expected": money("expected", expected_currency),
        "expected_currency": expected_currency.name,
        "discount": money("discount"),
        "fee": money("fee"),
        "rest": money("rest"),
        "missing": money("missing"),
        "reference": reference,
        "found": reference or facts.get("found") or named,
        "documents": named or reference,
        "customer": customer,
    }
