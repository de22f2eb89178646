"""What a text names that the law gives against some classes of debtors only."""

import re

from odoo.tools.mail import html_to_inner_content

#: Each with the classes for which it holds. An amount alone says nothing: a customer
#: may owe 40 € for something else.
LAWS = {
    # Late payment between businesses: commercial code, penalties and the indemnity of
    # 40 €, in the languages of the places that have ready-made holidays.
    "commercial": (
        {"business"},
        r"""(?:\b[LD]\s?\.?\s?|\barticles?\s+)441\s?[-‑–]\s?\d+
        |\bcode\s+de\s+commerce\b|\bcommercial\s+code\b
        |\bp[ée]nalit[ée]s?\b|\bpenalt(?:y|ies)\b|\blate\s+fees?\b
        |\bindemnités?\s+(?:forfaitaires?|de\s+recouvrement|compensatoires?|pour\s+frais)
        |\brecovery\s+indemnit(?:y|ies)\b|\bindemnity\s+for\s+recovery\b
        |\bfrais\s+de\s+recouvrement\b
        |\b(?:recovery|collection)\s+(?:costs?|fees?|charges?)\b
        |\b(?:Verzugs|Mahn)(?:pauschalen?|geb[üu]hr(?:en)?)\b
        |\binvorderingskosten\b|\bschadebeding\b
        |\b(?:forfait|indemn|frais|fixed\s+sum|lump\s+sum|fees?|charges?|Pauschal)\w*\b
            [^.!?\d]{0,40}\b40(?:[.,]00)?\s?(?:€|EUR\b|euros?\b)
        |(?:€\s?|\bEUR\s?)?\b40(?:[.,]00)?\s?(?:€|EUR\b|euros?\b)
            [^.!?\d]{0,15}\b(?:forfait|indemn|frais|fees?|charges?|Pauschal)
        |\bentre\s+professionnels\b|\bbetween\s+(?:businesses|professionals|traders)\b
        |§\s?288\s+(?:Abs\.?\s?|\()[25]\b""",
    ),
    # Late payment of public buyers.
    "public": (
        {"public"},
        r"""\bcode\s+de\s+la\s+commande\s+publique\b
        |\b[LRD]\s?\.?\s?2192\s?[-‑–]\s?\d+
        |\bpublic\s+procurement\s+(?:code|law)\b|\blaw\s+on\s+public\s+procurement\b""",
    ),
    "consumer": (
        {"consumer"},
        r"\bcode\s+de\s+la\s+consommation\b|\bconsumer\s+code\b",
    ),
    "belgian": (
        {"business", "public"},
        r"\bloi\s+du\s+2\s+août\s+2002\b|\bwet\s+van\s+2\s+augustus\s+2002\b",
    ),
}
NAMED = re.compile(
    "|".join(f"(?P<{law}>{pattern})" for law, (_classes, pattern) in LAWS.items()),
    re.IGNORECASE | re.VERBOSE,
)


def read_plain(record, name):
    """Return the words of a text field, without its markup.

    :rtype: str
    """
    text = record[name] or ""
    is_html = record._fields[name].type == "html"
    return html_to_inner_content(text) if is_html else text


def find_foreign_law(text, classes):
    """Return the first words of a text that name what does not hold for one of some
    classes of debtors.

    :param str text: plain
    :param Iterable[str] classes: of whoever reads it
    :return: the words, and the classes for which they do not hold; None: it may be sent
    :rtype: tuple[str, list[str]] | None
    """
    for match in NAMED.finditer(text):
        holds_for, _pattern = LAWS[match.lastgroup]
        if wrong := [code for code in classes if code not in holds_for]:
            return " ".join(match[0].split()), wrong
    return None
