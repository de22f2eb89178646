"""The documents: their links lead somewhere, and both languages tell the same."""

import re
from pathlib import Path

import polib
import pytest

from ..demo.studio import PICTURES as TABLE
from ..paths import ROOT

DOCS = ROOT / "docs"
ENGLISH = DOCS / "en"
FRENCH = DOCS / "fr"
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
        *DOCS.rglob("*.md"),
    )
)
PICTURES = "../../static/description/"
GUIDE = sorted(path.name for path in ENGLISH.glob("*.md"))

# Labels of Odoo itself that the guide names, and their French.
CORE_LABELS = {
    "Actions": "Actions",
    "Automation": "Automatisation",
    "Configuration": "Configuration",
    "Customers": "Clients",
    "Enabled": "Activé",
    "Invoicing": "Facturation",
    "Maximum Amount": "Montant maximum",
    "Online Payments": "Paiements en ligne",
    "Other Info": "Autres informations",
    "Payment Journal": "Journal de paiement",
    "Scheduled Actions": "Actions planifiées",
    "Settings": "Paramètres",
    "Snailmail": "Snailmail",
    "Technical": "Technique",
    "Test Mode": "Mode test",
}


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Return a page without its code, each paragraph on one line."""
    text = re.sub(r"`[^`\n]*`", "", without_blocks(text))
    return re.sub(r"(?<!\n)\n(?!\n) *", " ", text)


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def links(text: str) -> list[str]:
    """Return the targets of links and pictures, in Markdown and in HTML."""
    return [
        *re.findall(r"\]\(([^)\s]+)\)", text),
        *re.findall(r"\b(?:src|href)=\"([^\"]+)\"", text),
    ]


def headings(text: str) -> list[str]:
    return re.findall(r"^(#+) .+$", without_blocks(text), flags=re.MULTILINE)


def anchor(heading: str) -> str:
    """Return the fragment by which a heading is linked to."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), flags=re.MULTILINE)
    return {anchor(title) for title in titles}


def labels(text: str) -> set[str]:
    """Return what a page writes in italics: the words of the screens."""
    found = re.findall(r"(?<![\w\\])_([^_]+)_(?!\w)", prose(text))
    return {step.strip() for label in found for step in label.split("›")}


def screen_words(translated: bool) -> set[str]:
    """Return the words of our own screens, in English or in French."""
    words = set()
    for entry in polib.pofile(str(ROOT / "i18n/fr.po")):
        word = entry.msgstr if translated else entry.msgid
        words.add(re.sub(r"<[^>]+>", "", word).replace("\u00a0", " ").strip())
    return words


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    folder = (ROOT / page).parent
    for link in links(read(page)):
        if re.match(r"[a-z]+:", link):
            continue
        target, _hash, fragment = link.partition("#")
        path = (folder / target).resolve() if target else ROOT / page
        assert path.exists(), f"{page}: {link}"
        assert path.is_relative_to(ROOT), f"{page}: {link} leaves the repository"
        if fragment:
            assert fragment in anchors(path), f"{page}: {link}"


@pytest.mark.parametrize("page", GUIDE)
def test_both_languages_have_the_same_headings(page):
    english, french = ENGLISH / page, FRENCH / page
    assert french.exists(), f"{page} is not there in French"
    assert headings(english.read_text("utf-8")) == headings(french.read_text("utf-8"))


@pytest.mark.parametrize("page", GUIDE)
def test_both_languages_show_the_same_pictures_and_as_many_rows(page):
    texts = [(folder / page).read_text("utf-8") for folder in (ENGLISH, FRENCH)]
    pictures = [[link for link in links(text) if "png" in link] for text in texts]
    english = [link.removeprefix(PICTURES) for link in pictures[0]]
    assert pictures[1] == [f"{PICTURES}fr/{name}" for name in english]
    rows = [re.findall(r"^\|", text, flags=re.MULTILINE) for text in texts]
    assert len(rows[0]) == len(rows[1])


def test_each_picture_of_the_table_is_in_the_guide():
    shown = {
        Path(link).stem for page in GUIDE for link in links(read(f"docs/en/{page}"))
    }
    assert not {picture["name"] for picture in TABLE} - shown


def test_both_languages_have_the_same_pages():
    assert sorted(path.name for path in FRENCH.glob("*.md")) == GUIDE


@pytest.mark.parametrize("page", GUIDE)
def test_every_page_is_in_the_index(page):
    for folder in (ENGLISH, FRENCH):
        index = links((folder / "index.md").read_text("utf-8"))
        assert page == "index.md" or page in index, folder.name


def test_every_decision_is_in_its_index():
    pages = {path.name for path in (DOCS / "decisions").glob("*.md")} - {"index.md"}
    assert pages <= set(links(read("docs/decisions/index.md")))


@pytest.mark.parametrize("page", GUIDE)
def test_english_names_what_the_screens_say(page):
    known = screen_words(translated=False) | set(CORE_LABELS)
    assert not labels((ENGLISH / page).read_text("utf-8")) - known


@pytest.mark.parametrize("page", GUIDE)
def test_french_names_what_the_screens_say(page):
    known = screen_words(translated=True) | set(CORE_LABELS.values())
    text = (FRENCH / page).read_text("utf-8").replace("\u00a0", " ")
    assert not labels(text) - known
