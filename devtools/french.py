"""French that reads wrong, by kinds that a pattern finds: see `faults`.

Each kind has been found by an editor who read the whole file. An exception is named
below, with why it is none.
"""

import re
import unicodedata
from functools import cache

from .setup import odoo_source

#: Modules whose words a user reads beside ours.
CORE = "account account_payment payment mail sms portal snailmail base web".split()

# Said of core's own words, where the same English means something else here.
OTHER_SENSE = {
    "Bank Feeds": "the menu of our feeds; core names the choice on a journal",
    "Body": "of a message; core's is the technical word",
    "Channel": "a way to reach somebody; core's is a chat",
    "Check again": "what a payer reads on the page",
    "Closed": "a transfer; core closes a period",
    "Closing": "how a letter ends; core closes a year",
    "Company ID": "the number of whoever sends a letter",
    "Credits": "of a customer; core counts SMS",
    "Delivered": "a letter or a mail; core delivers goods",
    "Digest": "a hash; core's is a mail",
    "Document": "a line of a statement of account",
    "Due on": "of an installment; core's is an activity",
    "Due today": "what a payer reads on the page",
    "Enter": "the key",
    "Failed": "a state",
    "Fetch Now": "a short button for a bank, not for mails",
    "From": "a day; core's is a sender",
    "Invoices": "those of customers, which is said before",
    "Letter": "one word with “Courrier” of the level, and of the post",
    "Matching": "of a bank line; core's is of entries",
    "Move": "an entry; core's is a movement",
    "Newest first": "of lines, which are feminine",
    "Not Due": "of an amount, beside “Échu”",
    "Oldest first": "of lines, which are feminine",
    "On": "the day of a statement of account; core's is a switch",
    "Open": "what is decided of a transfer, and a verb",
    "Overdue": "of an amount; core's is a late activity",
    "Pause": "a verb, on a button; core's is a noun",
    "Posted": "a button for letters; core posts an invoice",
    "Received": "a column of days",
    "Subject": "“Objet” is the word for letters and mails in French",
    "Remove": "takes an entry out of a choice, and deletes nothing",
    "To": "a recipient; core's is a direction",
    "VAT": "the number, on a letter",
    "search": "a verb, beside a key",
}

#: What a count stands before, in English and in French.
COUNTED = (
    "accounts|characters|days|hours|invoices|lines|letters|receipts|reminders|transfers"
    "|autres|caractères|comptes|courriers|derniers|encaissements|factures|heures|jours"
    "|lignes|nouvelles|pièces|possibilités|relances|virements"
)
PLURAL = re.compile(rf"%(?:\(\w+\))?[sd]\s(?:more |new )?({COUNTED})\b")

# Plurals that are never said of one, by the beginning of their English.
NEVER_ONE = {
    "%(documents)s and": "`shorten_list` leaves out two or more",
    "%(first)s and": "the screen leaves out two or more",
    "%(first)s to": "ages of 30 days and more",
    "%(names)s and": "`shorten_list` leaves out two or more",
    "%(places)s characters": "no text of an SMS is one letter",
    "%s lines": "the screen says it of several",
    "%s possible": "the screen says it of several",
    "Balance of the last": "30 days",
    "Bank data are %s days": "hours are told up to two days",
    "Nobody answered the phone": "given up after three days",
    "One transfer cannot carry": "two or more",
    "Over %s days": "ages of 90 days and more",
    "The consent ends in": "one day is “within a day”",
    "The payer confirmed %(count)s": "two or more",
    "and %(count)s more": "`shorten_list` leaves out two or more",
}

#: Words of another trade or a calque, and what to write; an apostrophe is straight.
WORDS = {
    r"QR code": "code QR",
    r"\bemails?\b": "e-mail",
    r"moyens? de paiement": "mode de paiement",
    r"\b(?:[Ll]e|[Aa]u|[Dd]u|[Uu]n|^) ?[Cc]ommercial\b(?! d)": "vendeur",
    r"à la main\b": "manuellement",
    r"d'elles?-mêmes?\b|\btou(?:te)? seule?\b": "automatiquement",
    r"\bune personne\b(?! autorisée)": "un utilisateur, le responsable, manuellement",
    r"\bl'argent\b": "les fonds",
    r"passée?s? en charge\b": "passé en charges",
    r"\ben transit\b": "virements en cours",
    r"\bpartance\b|\b(?:sont|déjà|encore) parties?\b": "en cours d'envoi, envoyées",
    r"\b(?:part|partent|partirait) (?:au|avec|le|par|tant)\b|rien ne part\b": "est "
    "envoyé",
    r"\bRemise?\b": "Distribuée (Odoo says Remise of a discount)",
    r"\b[Bb]alises?\b": "champ dynamique",
    r"profils? de payeurs?": "comportement de paiement",
    r"avoirs (?:et|ou) acomptes": "avoirs et règlements à imputer",
    r"clé secrète": "secret client, secret du webhook",
    r"dans la configuration|la configuration le": "les paramètres",
    r"(?:factures?|restée) ouvertes?\b": "facture non soldée, ligne à rapprocher",
    r"\b[Rr]ien n'attend|ne vous attend|ne vous doit": "Aucun … à …",
    r"(?<!si )(?<!Si )(?<!ou )\bvide\s:|^Vide\s:|[.] Vide\s:": "si vide :",
    r"\b(?:lire|lise|lit|lue?s?) (?:à nouveau )?(?:à )?(?:la|cette|ces|les) "
    r"(?:banques?|comptes)\b|la banque [^.]*\blue\b|cours de lecture": "interroger, "
    "récupérer, accéder aux comptes",
    r"^Qui [^.?…]*$": "a name: Responsable…",
}

#: What a list of signs says; an SMS has no no-break space in its alphabet.
TYPOGRAPHY = {
    r"[^\s] [:;?!»]|« ": "no-break space",
    r"N° |\b(?:article|art\.) (?=L\.|\d)|\bL\. \d|\d [€%]": "no-break space",
    r"[\"“”]": "« … »",
    r"\.\.\.": "…",
    r"\$ \d|YourCompany|VotreSociété|\bINV/": "a French example",
}
AGREEMENT = {
    r"\b(?:de|que)\s%\((?:companies|company|contact|customer|name|partner|policy)\)s": (
        "a noun before a name, which may begin with a vowel: du client …"
    ),
    r"(?:\{\}|%\(amount\)s)\s(?:sont|restent|étaient|n'étaient)\b|"
    r"\{\}\s(?:impayés|échus|dus)\b": "an amount may be below 2: impayé de …",
    r"%\(done\)s sur %\(total\)s \w+ées": "Préparation : …",
}
#: Words that only English has, and no French text.
ENGLISH = re.compile(
    r"\b(?:and|are|been|by|have|is|not|of|our|please|the|this|was|we|will|with|your?)\b"
)
EXPRESSION = re.compile(r"\{\{.*?\}\}")
TAG = re.compile(r"<[^>]+>")


def faults(catalog):
    """Yield what reads wrong in a ``.po`` file, a line each, after its place."""
    texts = {entry.msgid for entry in catalog}
    core = core_words()
    for entry in catalog:
        text = entry.msgid[:60].replace("\n", " ")
        for fault in _faults(entry, texts, core):
            yield f"{entry.linenum}: {fault} ({text})"


def _faults(entry, texts, core):
    english, french = _plain(entry.msgid), _plain(entry.msgstr)
    for pattern, better in (WORDS | AGREEMENT).items():
        if found := re.search(pattern, french):
            yield f"French: {found[0]!r}, write {better}"
    if not _is_code(entry):
        signs = {} if _is_sms(entry) else TYPOGRAPHY
        for pattern, better in signs.items():
            if found := re.search(pattern, french):
                yield f"typography: {found[0]!r}, write {better}"
    if _is_sms(entry) and re.search(r"[\u00a0\u202f«»’…]", french):
        yield "a sign that is not in the alphabet of SMS"
    for text in (english, french):
        if (found := PLURAL.search(text)) and not _has_singular(entry, texts):
            yield f"plural that is false of 1: {found[0]!r}"
    found = english != french and ENGLISH.search(french)
    if mixed := found[0] if found else _mixed(english, french):
        yield f"English in French: {mixed!r}"
    said = core.get(entry.msgid, {french})
    if entry.msgid not in OTHER_SENSE and _same(french) not in map(_same, said):
        yield f"core says {' or '.join(sorted(said))!r}, not {french!r}"


def _plain(text):
    """Return a text without its markup, an expression of a template as ``{}``."""
    return TAG.sub("", EXPRESSION.sub("{}", text)).strip()


def _has_singular(entry, texts):
    """Whether one is told in a text of its own, such as “1 day late”, or never."""
    if entry.msgid.startswith(tuple(NEVER_ONE)):
        return True
    counted = re.match(r"(.*?)%\S* (?:more |new )?(\w+?)s?\b", entry.msgid)
    if not counted:
        return False
    ones = tuple(f"{counted[1]}{one} {counted[2]}" for one in ("1", "One", "The"))
    return any(text.startswith(ones) for text in texts - {entry.msgid})


def _mixed(english, french):
    """Return three words in a row that both texts share, unless they are the same."""
    if english == french:
        return ""
    ours, theirs = (
        {" ".join(words[i : i + 3]) for i in range(len(words) - 2)}
        for words in map(_words, (english, french))
    )
    return min((run for run in ours & theirs if "|" not in run), default="")


def _words(text):
    """Return the words of a text; what stands between them breaks a run of them."""
    text = re.sub(r"%(?:\(\w+\))?\+?[sd]|https?://\S+|\{\}", " | ", text)
    return re.findall(r"[A-Za-zÀ-ÿ']+|\|", text)


def _is_sms(entry):
    return any(re.search(",sms_body:|sms.template", at) for at, _ in entry.occurrences)


def _is_code(entry):
    return any("print_report_name" in at for at, _line in entry.occurrences)


def _same(text):
    """Return a text without what does not make another word of it: its gender, the
    shape of its apostrophes, spaces and accents, its case."""
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    text = re.sub(r"\s+", " ", text.strip()).casefold()
    return re.sub(r"(?<=[éu])e?s?\b", "", text)


@cache
def core_words():
    """Return what core says in French, by its English: the texts of every module."""
    import polib

    words = {}
    for name in CORE:
        for folder in (odoo_source.home() / "odoo/addons", *odoo_source.addons_paths()):
            path = folder / name / "i18n/fr.po"
            for entry in polib.pofile(str(path)) if path.is_file() else ():
                if entry.msgstr:
                    words.setdefault(entry.msgid, set()).add(_plain(entry.msgstr))
    return words
