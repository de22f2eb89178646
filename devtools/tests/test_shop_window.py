"""The page of the app and the manifest's summary come from one source."""

import ast

import pytest

from .. import shop_window

SOURCE = """# Title & more

> One line.

Text with a [link](https://example.com),
on two lines.

## Subject

![A "picture"](../static/description/x.png)

- first,
  continued
- second
"""
MANIFEST = """{
    "name": "x",
    "summary": "old "
    "text",
    "version": "1",
}
"""


def test_what_is_there_is_what_the_source_says():
    assert shop_window.check() == 0


def test_page():
    page = shop_window.page(SOURCE)
    assert '<h2 class="oe_slogan">Title &amp; more</h2>' in page
    assert '<a href="https://example.com">link</a>, on two lines.</p>' in page
    assert '<img src="x.png" alt="A &quot;picture&quot;"' in page
    assert "<li>first, continued</li>" in page
    assert page.count("<li>") == 2
    assert page.count("<section") == page.count("</section>") == 2
    assert "One line." not in page


def test_summary_goes_into_the_manifest():
    text = shop_window.summary(SOURCE)
    manifest = ast.literal_eval(shop_window.with_summary(MANIFEST, text))
    assert manifest == {"name": "x", "summary": "One line.", "version": "1"}


def test_long_summary_stays_within_the_line():
    text = "word " * 31 + "last"
    changed = shop_window.with_summary(MANIFEST, text)
    assert ast.literal_eval(changed)["summary"] == text
    assert max(map(len, changed.splitlines())) <= 88


@pytest.mark.parametrize("quoted", ["", "> " + "x" * 161])
def test_missing_or_endless_summary_is_refused(quoted):
    with pytest.raises(ValueError, match="summary"):
        shop_window.summary(f"# Title\n\n{quoted}\n")


def test_manifest_without_summary_is_refused():
    with pytest.raises(ValueError, match="summary"):
        shop_window.with_summary("{}", "text")
