"""Translations: are the ``.po`` files complete and well-formed, and bring them so.

Run with the virtual environment's Python as ``python -m devtools.translations
FOLDER`` it checks every file; ``./dev i18n`` exports the terms from Odoo first.
"""

import re
import sys
from pathlib import Path

from . import french, odoo
from .console import run, say, step
from .paths import ADDON, LOG_DIR, ROOT, database_name
from .setup.python_env import python

# What must be the same in a text and its translation: %s, %(name)s, {name}, ${…}, and
# {{ expression ||| default }} up to its default, which is text.
PLACEHOLDER = re.compile(
    r"%%|%\(\w+\)[#0 +-]*[\d.]*[a-z]|%[#0+-]*[\d.]*[sdifrx]\b|\{\{.*?(?:\|\|\||\}\})"
    r"|\{\w*\}"
)
COMPLETE = ("fr.po",)


def update(_options=None) -> int:
    """Export the addon's terms and merge them into each language's file."""
    odoo.prepare()
    database = database_name("i18n")
    target = ROOT / "i18n" / f"{ADDON}.pot"
    target.parent.mkdir(exist_ok=True)
    odoo.create_database(database, odoo.template())
    log = LOG_DIR / f"{database}.install.log"
    with step(f"exporting {target.name}"):
        odoo.install(database, [ADDON], log)
        words = odoo.command("i18n", "export", "-d", database, "-o", str(target), ADDON)
        run(words, env=odoo.environment(), hint="")
    odoo.drop(database)
    merge = [python(), "-m", "devtools.translations", "--merge", target.parent]
    say(run(merge, cwd=ROOT, hint="Mend the .po file named above.").rstrip())
    return 0


def check(folder: Path) -> list[str]:
    """Return what is wrong with the ``.po`` files of a folder, one line each."""
    import polib

    templates = sorted(folder.glob("*.pot"))
    terms = {_key(entry) for path in templates for entry in polib.pofile(str(path))}
    paths = [folder / name for name in COMPLETE]
    faults = [f"{path}: missing" for path in paths if not path.is_file()]
    if not templates:
        faults.append(f"{folder}: there is no .pot file; make it with ./dev i18n")
    for path in sorted(folder.glob("*.po")):
        catalog = polib.pofile(str(path), check_for_duplicates=True)
        faults += [f"{path}:{line}" for line in _faults(catalog, path.name, terms)]
        if path.name == "fr.po":
            faults += [f"{path}:{line}" for line in french.faults(catalog)]
    return faults


def _faults(catalog, name: str, terms: set):
    for entry in catalog:
        text = entry.msgid[:60].replace("\n", " ")
        if entry.obsolete:
            yield f"{entry.linenum}: obsolete: {text}"
            continue
        if entry.fuzzy:
            yield f"{entry.linenum}: fuzzy: {text}"
        translated = [entry.msgstr, *entry.msgstr_plural.values()]
        for translation in filter(None, translated):
            if not _same_placeholders(entry, translation):
                yield f"{entry.linenum}: placeholders differ: {text}"
            if entry.msgid.endswith("\n") != translation.endswith("\n"):
                yield f"{entry.linenum}: one ends with a line break: {text}"
        if name in COMPLETE and not any(translated):
            yield f"{entry.linenum}: not translated: {text}"
    if name in COMPLETE:
        for _context, text in sorted(terms - {_key(entry) for entry in catalog}):
            yield f"0: not in the file: {text[:60]!r}"


def _same_placeholders(entry, translation: str) -> bool:
    texts = [entry.msgid, entry.msgid_plural]
    found = sorted(PLACEHOLDER.findall(translation))
    return any(found == sorted(PLACEHOLDER.findall(text)) for text in texts if text)


def _key(entry) -> tuple[str, str]:
    return entry.msgctxt or "", entry.msgid


def merge(folder: Path) -> None:
    """Bring each ``.po`` file up to date with the ``.pot`` file beside it."""
    import polib

    (template,) = folder.glob("*.pot")
    reference = polib.pofile(str(template))
    for path in sorted(folder.glob("*.po")):
        catalog = polib.pofile(str(path))
        catalog.merge(reference)
        for entry in catalog.obsolete_entries():
            catalog.remove(entry)
        catalog.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
        catalog.save(str(path))
        missing = len(catalog.untranslated_entries())
        say(f"  {path}: {missing} of {len(catalog)} terms not translated")


def main(arguments: list[str]) -> int:
    """Check a folder, or merge into it with ``--merge``."""
    folder = Path(arguments[-1])
    if "--merge" in arguments:
        merge(folder)
        return 0
    faults = check(folder)
    for fault in faults:
        say(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
