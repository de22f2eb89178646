"""Text for property tests: any characters, without Hypothesis's slow way to them."""

from hypothesis import strategies as st

#: All that UTF-8 can write, which is what `st.text` takes by default; but it tries the
#: million code points one by one, in the first test of a fresh checkout.
ANY_CHARACTER = st.characters(exclude_categories=["Cs"])


def any_text(*, min_size: int = 0, max_size: int | None = None):
    """Return a strategy of texts."""
    return st.text(ANY_CHARACTER, min_size=min_size, max_size=max_size)
