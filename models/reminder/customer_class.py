"""What kind of debtor a customer is: it decides which law holds for them."""

import re

from odoo.tools.misc import remove_accents

CLASSES = [
    ("business", "Business"),
    ("public", "Public body"),
    ("consumer", "Consumer"),
]

#: How names of public bodies begin, without accents.
PUBLIC_NAME = re.compile(
    r"""(?:(?:la|le|les|the|l['’])\s*)?(?:
    (?:commune|departement|etat|canton)\s+(?:de\s|du\s|des\s|d['’])
    |(?:ville|province)\s+(?:de\s|du\s|d['’])
    |region\s+(?!immo)
    |(?:
        mairie|communaute\s+(?:de\s+communes|d['’]agglomeration|urbaine)|metropole
        |conseil\s+(?:departemental|regional|general|municipal)
        |(?:sous-)?prefecture|ministere|rectorat|tribunal|cour\s+d['’]appel
        |gendarmerie|police\s+(?:nationale|municipale)|tresor\s+public|tresorerie
        |direction\s+(?:departementale|regionale|interregionale|generale\s+des)
        |sdis|service\s+departemental|chr?u|centre\s+hospitalier
        |centre\s+(?:inter)?communal|cc?as|cias|cpas|caisse\s+des\s+ecoles|crous
        |syndicat\s+(?:intercommunal|interdepartemental|mixte|departemental)
        |sivu|sivom|office\s+public|etablissement\s+public
        |regie\s+(?:municipale|communale)
        |ecole\s+(?:maternelle|elementaire|primaire|publique)|lycee|universite
        |chambre\s+(?:de\s+commerce|d['’]agriculture|des?\s+metiers)
        |agence\s+(?:regionale\s+de\s+sante|nationale)|parc\s+(?:naturel|national)
        |administration\s+communale|service\s+public
        |spf|fod|ocmw|gemeente|provincie
        |stadt|gemeinde|landkreis|landeshauptstadt|freistaat|finanzamt
        |bundes(?:amt|ministerium|agentur|polizei|republik)|(?:kreis|stadt)verwaltung
        |(?:city|town|county|municipality|university)\s+of
        |ministry\s+of|department\s+(?:of|for)
    )(?!\w)
    |.*\b(?:city|county|borough|town|parish|district)\s+council$
    )""",
    re.IGNORECASE | re.VERBOSE,
)
#: Legal forms of companies, wherever they stand in a name without accents…
LEGAL_FORM = re.compile(
    r"\b(S\.?A\.?R\.?L|SASU|EURL|SELARL|SELAS|SCOP|GAEC|Societe|Etablissements"
    r"|GmbH|KGaA|BVBA|SPRL|SCRL|Ltd|Limited|LLC|LLP|PLC)(?!\w)",
    re.IGNORECASE,
)
#: … and those that are words or initials, too: at its beginning or its end, as they
#: are written.
SHORT_LEGAL_FORM = re.compile(
    r"^(SA|SAS|SNC|SCI|SCP|SCM|SCA|EARL|GIE)\s"
    r"|\s(SA|SAS|SNC|SCI|SCP|SCM|SCA|EARL|GIE|AG|KG|OHG|GbR|UG|eG|e\.\s?K"
    r"|BV|B\.V|NV|N\.V|VOF|SRL|SE|S\.A\.S|S\.A|Inc|Corp|S\.L|SpA|ApS|AB|Oy)\.?$"
)
FRENCH_VAT = re.compile(r"FR[0-9A-Z]{2}(\d{9})")


def guess_customer_class(name, is_company, vat, registry, is_french):
    """Guess the class of a customer from what is known of them.

    A SIREN tells most: those that begin with 1 or 2 are kept for public bodies. What
    is no sign of a business is a consumer, for whom the law is most careful.

    :param str | bool name: of the commercial entity
    :param bool is_company: how it was entered
    :param str | bool vat: number, or a sign that there is none
    :param str | bool registry: registration number, in France SIREN or SIRET
    :param bool is_french: whether it is in France or in one of its territories
    :return: class, why (`siren`, `public_name`, `legal_form`, `vat`, `registry`,
        `company` or `nothing`), and the words that tell it
    :rtype: tuple[str, str, str]
    """
    vat = re.sub(r"[^0-9A-Z]", "", (vat or "").upper())
    registry = re.sub(r"[\s.]", "", registry or "")
    french_vat = FRENCH_VAT.fullmatch(vat)
    siren = french_vat and french_vat[1]
    if is_french and registry.isdecimal() and len(registry) in (9, 14):
        siren = registry[:9]
    if siren and siren[0] in "12":
        return "public", "siren", siren
    plain = remove_accents((name or "").strip())
    if form := LEGAL_FORM.search(plain) or SHORT_LEGAL_FORM.search(plain):
        return "business", "legal_form", next(filter(None, form.groups()))
    if (public := PUBLIC_NAME.match(plain)) and not siren:
        return "public", "public_name", name.strip()[: public.end()].strip()
    # Whoever has none is often entered with "/" or "none".
    if any(letter.isdecimal() for letter in vat):
        return "business", "vat", vat
    if any(letter.isdecimal() for letter in registry):
        return "business", "registry", registry
    if is_company:
        return "business", "company", ""
    return "consumer", "nothing", ""
