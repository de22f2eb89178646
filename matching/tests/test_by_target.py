"""Our own references: the strongest evidence, and never two matches for one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import reference
from matching import NONE, SURE, UNSURE, Decision, Settings, Target, needs_more

from .samples import Row, decided, due, receipt, said

CODE, OTHER = reference.make_many(2)


def target(cents=4_990, code=CODE, **values):
    """Return a payment request of one invoice, or with ``dues``."""
    invoice = due(values.pop("document", "FAC/2026/00042"), cents)
    values = {
        "key": code,
        "currency": "EUR",
        "kind": "request",
        "partner": "acme",
        "dues": (invoice,),
        **values,
    }
    return Target(cents=cents, reference=code, **values)


# === What can go wrong ===


def test_a_target_that_another_line_pays_is_never_booked_again():
    decision = decided(receipt(CODE, 4_990), targets=[target(open=False)])
    assert said(decision) == (UNSURE, "already_matched")
    part = decided(receipt(CODE, 1_000), targets=[target(open=False)])
    assert said(part) == (UNSURE, "already_matched")


def test_another_currency_is_never_booked():
    decision = decided(receipt(CODE, 4_990, currency="USD"), targets=[target()])
    assert said(decision) == (UNSURE, "currency")


def test_two_targets_of_the_same_amount_are_left_to_a_person():
    targets = [target(), target(code=OTHER, document="FAC/2026/00043")]
    decision = decided(receipt(f"{CODE} {OTHER}", 4_990), targets=targets)
    assert said(decision) == (UNSURE, "ambiguous")
    assert len(decision.alternatives) == 1


def test_a_target_that_the_label_does_not_name_is_left_out():
    assert decided(receipt(OTHER, 4_990), targets=[target()]).certainty == NONE


def test_a_reference_and_another_number_of_the_same_amount_contradict():
    other = due("FAC/2026/00043", 4_990)
    line = receipt(f"{CODE} FAC/2026/00043", 4_990)
    decision = decided(line, [other], [target()])
    assert said(decision) == (UNSURE, "ambiguous")


def test_an_old_reference_beside_a_number_does_not_contradict_it():
    """As in a standing order, whose reference was paid long ago."""
    other = due("FAC/2026/00043", 4_990)
    line = receipt(f"{CODE} FAC/2026/00043", 4_990)
    decision = decided(line, [other], [target(open=False)])
    assert (said(decision), decision.best.dues) == ((SURE, "exact"), (other,))


def test_a_reference_of_several_does_not_contradict_the_number_of_one():
    """The payer was asked for two invoices, and pays the one they name."""
    both = [due("FAC/2026/00042", 4_990), due("FAC/2026/00043", 1_000)]
    line = receipt(f"{CODE} FAC/2026/00042", 4_990)
    settings = Settings(partial=False)
    asked = target(5_990, dues=tuple(both))
    decision = decided(line, both, [asked], settings=settings)
    assert (said(decision), decision.best.kind) == ((SURE, "exact"), "number")


def test_a_line_without_money_pays_nothing():
    line = receipt(f"{CODE} FAC/2026/00042", 0)
    decision = decided(line, [due()], [target()])
    assert decision == Decision(NONE, complete=True)


@pytest.mark.parametrize("cents", [4_000, 6_000])
def test_another_amount_is_not_booked_when_the_company_does_not_want_it(cents):
    settings = Settings(partial=False)
    decision = decided(receipt(CODE, cents), targets=[target()], settings=settings)
    assert said(decision) == (UNSURE, "amount")


def test_a_sum_of_two_transfers_is_left_to_a_person():
    targets = [
        target(kind="transaction"),
        target(1_000, OTHER, document="FAC/2026/00043", kind="transaction"),
    ]
    decision = decided(receipt(f"{CODE} {OTHER}", 5_990), targets=targets)
    assert said(decision) == (UNSURE, "ambiguous")


def test_what_is_paid_too_much_may_be_for_another_invoice():
    dues = [due("FAC/2026/00050", 1_010), due("FAC/2026/00051", 77_777)]
    decision = decided(receipt(CODE, 6_000), dues, [target()])
    assert said(decision) == (UNSURE, "ambiguous")


def test_what_else_the_customer_owes_is_not_all_of_it():
    other = due("FAC/2026/00050", 6_000)
    decision = decided(receipt(CODE, 6_000), [other], [target()])
    assert said(decision) == (UNSURE, "ambiguous")


def test_the_reference_in_the_label_is_told_beside_bridges_word():
    paid = target(code=OTHER, ids=("link-1",), open=False)
    line = receipt(CODE, 4_990, payment_refs=("link-1",))
    decision = decided(line, targets=[target(), paid])
    assert said(decision) == (UNSURE, "already_matched")
    assert [told.target.reference for told in decision.alternatives] == [CODE]


NEXT = due("FAC/2026/00043", 4_990)
DISCOUNTS = tuple(
    due(f"FAC/2026/0004{n}", 10_000, discount_cents=200) for n in range(2)
)

LEFT_TO_A_PERSON = {
    "paid, beside one of another amount": Row(
        "already_matched",
        receipt(f"{CODE} {OTHER}", 4_990),
        [],
        {"targets": [target(open=False), target(1_000, OTHER)]},
    ),
    "nothing is asked for": Row(
        "amount",
        receipt(CODE, 4_000),
        [],
        {"targets": [target(0, dues=(due(cents=990), due("RFAC/2026/00003", -990)))]},
    ),
    "discount of either": Row(
        "ambiguous",
        receipt(CODE, 19_800),
        [],
        {"targets": [target(20_000, dues=DISCOUNTS)]},
    ),
    "credit note that is not asked for": Row(
        "credit_notes",
        receipt(CODE, 4_000),
        [due("RFAC/2026/00003", -990)],
        {"targets": [target()]},
    ),
    "transfer, and the number of another customer": Row(
        "ambiguous",
        receipt(f"{CODE} FAC/2026/00043", 4_990),
        [NEXT._replace(partner="other")],
        {"targets": [target(kind="transaction")]},
    ),
}


@pytest.mark.parametrize("row", LEFT_TO_A_PERSON.values(), ids=LEFT_TO_A_PERSON)
def test_it_is_left_to_a_person(row):
    row.check(UNSURE)


# === What is sure ===


DEPOSIT = target(kind="transaction", dues=())
TOLERANT = {"targets": [DEPOSIT], "settings": Settings(tolerance_cents=500)}

BOOKED = {
    "part of a deposit": Row(
        "part", receipt(CODE, 4_000), [], {"targets": [DEPOSIT]}, {"missing_cents": 990}
    ),
    "more than a deposit": Row(
        "over", receipt(CODE, 6_000), [], TOLERANT, {"rest_cents": 1_010}
    ),
    "deposit less a fee": Row(
        "fee", receipt(CODE, 4_490), [], TOLERANT, {"fee_cents": 500}
    ),
    "deposit less more than a fee": Row(
        "part", receipt(CODE, 4_489), [], TOLERANT, {"missing_cents": 501}
    ),
    "a part of an invoice that was asked for": Row(
        "exact",
        receipt(CODE, 1_000),
        [],
        {"targets": [target(1_000, dues=(due(),))]},
        {"dues": ()},
    ),
    "discount, and another invoice of as much": Row(
        "discount",
        receipt(CODE, 4_900),
        [due("FAC/2026/00043", 4_900)],
        {"targets": [target(dues=(due(discount_cents=90),))]},
    ),
    "part, and another invoice that is paid": Row(
        "part",
        receipt(CODE, 4_000),
        [due("FAC/2026/00043", 0)],
        {"targets": [target()]},
    ),
    "transfer, and another number of its customer": Row(
        "exact",
        receipt(f"{CODE} FAC/2026/00043", 4_990),
        [NEXT],
        {"targets": [target(kind="transaction")]},
    ),
}


@pytest.mark.parametrize("row", BOOKED.values(), ids=BOOKED)
def test_it_is_booked(row):
    row.check(SURE)


def test_the_three_ways_in_which_a_reference_comes():
    link = target(ids=("link-1",))
    lines = {
        "bridge": receipt("VIR", 4_990, payment_refs=("link-1", "request-1")),
        "end_to_end": receipt("VIR", 4_990, end_to_end=(CODE,)),
        "reference": receipt(f"VIR DUPONT{CODE.lower()}FACTURE", 4_990),
    }
    for kind, line in lines.items():
        decision = decided(line, targets=[link], payers=["somebody else"])
        assert (decision.certainty, decision.best.kind) == (SURE, kind)
        assert decision.best.reason == "exact"
        assert decision.best.target is link
        assert not needs_more(decision)


def test_bridges_word_comes_before_a_reference_in_the_label():
    told = target(code=OTHER, ids=("link-1",))
    line = receipt(CODE, 4_990, payment_refs=("link-1",))
    decision = decided(line, targets=[target(), told])
    assert (decision.certainty, decision.best.target) == (SURE, told)


def test_a_transfer_without_known_entries():
    deposit = target(kind="transaction", dues=())
    decision = decided(receipt(CODE, 4_990), targets=[deposit])
    assert (decision.certainty, decision.best.dues) == (SURE, ())


def test_a_paid_target_does_not_keep_the_open_one_from_its_line():
    targets = [target(open=False), target(code=OTHER)]
    decision = decided(receipt(f"{CODE} {OTHER}", 4_990), targets=targets)
    assert (decision.certainty, decision.best.target.reference) == (SURE, OTHER)


def test_two_requests_in_one_transfer():
    targets = [target(), target(1_000, OTHER, document="FAC/2026/00043")]
    decision = decided(receipt(f"{CODE} {OTHER}", 5_990), targets=targets)
    assert said(decision) == (SURE, "several")
    assert decision.best.target is None
    assert decision.best.paid == (4_990, 1_000)
    assert not needs_more(decision)


def test_too_little_and_too_much():
    part = decided(receipt(CODE, 4_000), targets=[target()])
    assert said(part) == (SURE, "part")
    assert (part.best.paid, part.best.missing_cents) == ((4_000,), 990)
    over = decided(receipt(CODE, 6_000), targets=[target()])
    assert said(over) == (SURE, "over")
    assert (over.best.paid, over.best.rest_cents) == ((4_990,), 1_010)
    assert needs_more(part) and needs_more(over)


def test_discount_fee_and_all_that_the_customer_owes():
    entry = due("FAC/2026/00042", 4_990, discount_cents=90)
    asked = target(dues=(entry,))
    discount = decided(receipt(CODE, 4_900), targets=[asked])
    assert (discount.certainty, discount.best.discount_cents) == (SURE, 90)
    settings = Settings(tolerance_cents=100)
    fee = decided(receipt(CODE, 4_950), targets=[target()], settings=settings)
    assert (fee.certainty, fee.best.reason, fee.best.fee_cents) == (SURE, "fee", 40)
    others = [due("FAC/2026/00050", 10), due("FAC/2026/00051", 1_000)]
    everything = decided(receipt(CODE, 6_000), [entry, *others], [asked])
    assert said(everything) == (SURE, "all_due")


# === Returned transfers ===


def test_a_transfer_that_came_back():
    paid = target(open=False)
    decision = decided(receipt(f"REJET VIR {CODE}", -4_990), targets=[paid])
    assert (said(decision), decision.best.kind) == ((SURE, "returned"), "returned")
    assert decision.best.target is paid
    assert not needs_more(decision)


def test_only_what_was_paid_can_come_back():
    targets = [target(open=False), target(code=OTHER)]
    decision = decided(receipt(f"{CODE} {OTHER}", -4_990), targets=targets)
    assert (said(decision), decision.best.target.reference) == (
        (SURE, "returned"),
        CODE,
    )


def test_another_amount_that_goes_out_is_left_to_a_person():
    line = receipt(f"REJET VIR {CODE}", -4_900)
    decision = decided(line, targets=[target(open=False)])
    assert said(decision) == (UNSURE, "amount")


def test_so_are_two_that_may_have_come_back():
    targets = [target(open=False), target(code=OTHER, open=False)]
    decision = decided(receipt(f"{CODE} {OTHER}", -4_990), targets=targets)
    assert said(decision) == (UNSURE, "ambiguous")


# === Always ===

CODES = reference.make_many(3)
TARGETS = st.lists(
    st.builds(
        target,
        st.integers(1, 4),
        st.sampled_from(CODES),
        open=st.booleans(),
        currency=st.sampled_from(["EUR", "USD"]),
        kind=st.sampled_from(["request", "transaction"]),
    ),
    max_size=3,
    unique_by=lambda one: one.reference,
)


@given(st.integers(-4, 9), st.lists(st.sampled_from(CODES)), TARGETS)
def test_only_an_open_target_in_the_right_currency_is_booked(cents, codes, targets):
    line = receipt(" ".join(codes), cents)
    decision = decided(line, targets=targets)
    again = decided(line, targets=targets[::-1])
    assert decision.certainty == again.certainty
    if decision.certainty != SURE:
        return
    assert decision.best.target == again.best.target
    if cents < 0:
        assert decision.best.target.cents == -cents
    elif decision.best.target:
        assert decision.best.target.open
    used = [decision.best.target] if decision.best.target else targets
    assert all(one.reference in codes for one in used)
    assert all(one.currency == "EUR" for one in used)
