"""Invoice numbers: what holds for any label, entries and amount."""

from hypothesis import given
from hypothesis import strategies as st

from devtools.any_text import any_text
from matching import NONE, SURE, Settings

from .samples import decided, due, receipt

NUMBERS = st.builds(
    lambda form, n: form.format(n),
    st.sampled_from(["FAC/2026/{:05}", "F2026-{:04}", "VTE2611{:04}", "26{:04}"]),
    st.integers(1, 99),
)
DUES = st.lists(
    st.builds(
        due,
        NUMBERS,
        st.integers(-3, 6).map(lambda n: n * 100),
        st.sampled_from(["acme", "Garage du Lac", "Garage du Port"]),
        currency=st.sampled_from(["EUR", "EUR", "USD"]),
        discount_cents=st.sampled_from([0, 0, 50]),
        payment=st.sampled_from([False, False, True]),
    ),
    max_size=6,
    unique_by=lambda entry: entry.document,
)
TEXTS = st.one_of(
    any_text(max_size=60),
    st.lists(
        st.one_of(NUMBERS, st.sampled_from(["ACME INDUSTRIES", "GARAGE DU LAC", "ET"])),
        max_size=4,
    ).map(" ".join),
)
SETTINGS = st.builds(Settings, st.booleans(), st.sampled_from([0, 100]))
AMOUNTS = st.integers(-8, 12).map(lambda n: n * 50)


@given(TEXTS, AMOUNTS, DUES, SETTINGS, st.sampled_from([(), ("acme",)]))
def test_every_proposal_adds_up(text, cents, dues, settings, payers):
    decision = decided(receipt(text, cents), dues, settings=settings, payers=payers)
    assert (decision.best is None) == (decision.certainty == NONE)
    assert decision.certainty != SURE or decision.best.paid
    for proposal in filter(None, (decision.best, *decision.alternatives)):
        assert len(proposal.paid) in (0, len(proposal.dues))
        assert len({entry.key for entry in proposal.dues}) == len(proposal.dues)
        if proposal.paid:
            assert sum(proposal.paid) + proposal.rest_cents == cents
            assert {entry.currency for entry in proposal.dues} == {"EUR"}
            owed = sum(entry.cents for entry in proposal.dues)
            gap = proposal.discount_cents + proposal.fee_cents + proposal.missing_cents
            assert owed - gap == sum(proposal.paid)
        assert proposal.fee_cents <= settings.tolerance_cents
        assert proposal.facts["amount"] == cents


@given(
    st.lists(any_text(max_size=50), max_size=3),
    st.lists(st.tuples(any_text(max_size=20), any_text(max_size=30)), max_size=4),
    any_text(max_size=20),
    AMOUNTS,
)
def test_no_text_whatever_stops_the_rules(texts, numbers, name, cents):
    dues = [
        due(document, 100, payment_reference=other, partner_name=other)
        for document, other in numbers
    ]
    texts += [document for document, _other in numbers]
    decided(receipt(tuple(texts), cents, name=name), dues, settings=Settings(True, 9))


@given(TEXTS, AMOUNTS, DUES, SETTINGS)
def test_what_is_sure_does_not_depend_on_the_order(text, cents, dues, settings):
    first = decided(receipt(text, cents), dues, settings=settings)
    last = decided(receipt(text, cents), dues[::-1], settings=settings)
    assert first.certainty == last.certainty
    if first.certainty == SURE:
        assert {d.key for d in first.best.dues} == {d.key for d in last.best.dues}


@given(TEXTS, AMOUNTS, DUES)
def test_only_what_the_label_names_makes_a_customer_sure(text, cents, dues):
    decision = decided(receipt(text, cents), dues)
    if decision.certainty == SURE:
        sequences = [entry.document[-2:].lstrip("0") for entry in decision.best.dues]
        assert any(sequence in text for sequence in sequences)
        assert decision.best.kind in ("number", "structured")


@given(NUMBERS, st.integers(1, 10**7), st.text("ABCDEGHJ ", max_size=30))
def test_a_number_as_it_is_written_is_sure_in_any_label(number, cents, before):
    decision = decided(receipt(f"{before} FACT {number}", cents), [due(number, cents)])
    assert decision.certainty == SURE


@given(st.lists(NUMBERS, min_size=2, max_size=2, unique=True), st.integers(1, 10**7))
def test_another_number_is_never_sure(numbers, cents):
    number, other = numbers
    decision = decided(receipt(f"VIR FACT {other}", cents), [due(number, cents)])
    assert decision.certainty != SURE
