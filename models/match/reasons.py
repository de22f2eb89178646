"""Why a line was matched or left open, in a sentence that an accountant reads."""

from odoo.addons.payment import utils as payment_utils

# Most documents that a sentence names.
MOST_NAMED = 5

_EVIDENCE = {
    "bridge": lambda env, f: env._(
        "Bridge tells that this is the transfer %(reference)s", **f
    ),
    "end_to_end": lambda env, f: env._(
        "The transfer's end-to-end id is the reference %(reference)s", **f
    ),
    "reference": lambda env, f: env._("The label carries the reference %(found)s", **f),
    "structured": lambda env, f: env._(
        "The label carries the structured reference of %(documents)s", **f
    ),
    "number": lambda env, f: env._("The label names %(documents)s", **f),
    "iban": lambda env, f: env._(
        "The money came from the known account of %(customer)s", **f
    ),
    "name": lambda env, f: env._("The payer's name is that of %(customer)s", **f),
    "returned": lambda env, f: env._("The label carries the reference %(found)s", **f),
}

_CONCLUSION = {
    # Booked by itself.
    "exact": lambda env, f: env._("and the amount is the %(expected)s expected", **f),
    "several": lambda env, f: env._("which add up to the amount"),
    "all_due": lambda env, f: env._(
        "and the amount is all that %(customer)s owes", **f
    ),
    "instalment": lambda env, f: env._("and the amount is that of an instalment"),
    "discount": lambda env, f: env._(
        "and the amount is what is due less the early-payment discount of %(discount)s",
        **f,
    ),
    "credit_notes": lambda env, f: env._(
        "and the amount is what is due less open credit notes of %(customer)s", **f
    ),
    "registered": lambda env, f: env._(
        "for which a payment of this amount was registered by hand"
    ),
    "fee": lambda env, f: env._(
        "and the amount is the %(expected)s expected less a bank fee of %(fee)s", **f
    ),
    "part": lambda env, f: env._(
        "and %(amount)s of the %(expected)s expected came: %(missing)s stays due", **f
    ),
    "over": lambda env, f: env._(
        "and %(amount)s came where %(expected)s was expected: %(rest)s is a credit of "
        "the customer",
        **f,
    ),
    "returned": lambda env, f: env._(
        "and the %(amount)s that had come in went out again: the payment is undone", **f
    ),
    # Left to a person.
    "amount": lambda env, f: env._(
        "but the amount is not the %(expected)s expected", **f
    ),
    "already_matched": lambda env, f: env._("which another bank line already paid"),
    "already_paid": lambda env, f: env._("which is paid already"),
    "ambiguous": lambda env, f: env._("but several readings explain the amount"),
    "currency": lambda env, f: env._(
        "but what is due is in %(expected_currency)s", **f
    ),
    "other_customer": lambda env, f: env._(
        "but the payer is known as another customer than %(customer)s", **f
    ),
    "several_customers": lambda env, f: env._("which belong to several customers"),
    "incomplete": lambda env, f: env._("but the number is not written out whole"),
    "looks_like": lambda env, f: env._("but %(found)s may mean something else", **f),
    "other_year": lambda env, f: env._("but with another year"),
    "refund": lambda env, f: env._("and the money goes out for it"),
    "other": lambda env, f: env._("but a person should look at it"),
    "direction": lambda env, f: env._("but the money goes the other way"),
    "combination": lambda env, f: env._(
        "and of all that is due, only %(documents)s add up to the amount", **f
    ),
    "customer": lambda env, f: env._("but what is due does not add up to the amount"),
    "name": lambda env, f: env._("and the amount is that of %(documents)s", **f),
}


# Reasons that are a sentence of their own.
_SENTENCES = {
    "amount_only": lambda env, f: env._(
        "Nothing but the amount speaks for it: %(documents)s of %(customer)s is the "
        "only open entry of %(amount)s.",
        **f,
    ),
    "misspelt": lambda env, f: env._(
        "But for one figure the label names %(documents)s of %(customer)s, and the "
        "amount is the %(expected)s expected.",
        **f,
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
        return _SENTENCES[reason](env, facts)
    return env._(
        "%(evidence)s, %(conclusion)s.",
        evidence=_EVIDENCE[proposal.kind](env, facts),
        conclusion=_CONCLUSION.get(reason, _CONCLUSION["other"])(env, facts),
    )


def _format_facts(env, proposal, currency):
    """Return the facts of a proposal as texts; what is not told is empty."""
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
    named = ", ".join(documents[:MOST_NAMED])
    if len(documents) > MOST_NAMED:
        named = env._(
            "%(documents)s and %(count)s more",
            documents=named,
            count=len(documents) - MOST_NAMED,
        )
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
