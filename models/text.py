"""Texts that every room puts together."""

from odoo.tools import format_date, get_lang


def labelled(env, label, text):
    """Return “label: text” as the user's language writes it, in French with a space.

    :param api.Environment env: of the user's language
    :param str label: what the text is about
    :rtype: str
    """
    return env._("%(label)s: %(text)s", label=label, text=text)


def shorten_list(items, most):
    """Return what to show of a long list and how many are left out: never one alone,
    which takes no more room than to say so, and would need a singular.

    :rtype: tuple[Sequence, int]
    """
    shown = items if len(items) <= most + 1 else items[:most]
    return shown, len(items) - len(shown)


def write_day(env, day):
    """Return a date as customers read it: of 03/07/2026 an American and a European
    reader of English make different days.

    :param api.Environment env: of the reader's language
    :param datetime.date | bool day: nothing is written of none
    :rtype: str
    """
    is_english = get_lang(env).code.startswith("en")
    return format_date(env, day, date_format="medium" if is_english else False)


def write_day_in_words(env, day):
    """Return a day with its month in words: in French, whose ordinal babel does not
    know, “1er décembre 2026”.

    :param api.Environment env: of the reader's language
    :param datetime.date | bool day: nothing for none
    :rtype: str
    """
    text = format_date(env, day, date_format="long")
    if text.startswith("1 ") and get_lang(env).code.startswith("fr"):
        return f"1er{text[1:]}"
    return text
