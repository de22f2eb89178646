"""Why a message did not arrive, in words: what servers say is for engineers."""

import re

from odoo.tools import LazyTranslate

# A module's terms have no `env` yet: they are translated when they are shown.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

#: RFC 3463, such as 5.1.1, or else the reply code of RFC 5321, such as 550.
STATUS = re.compile(r"(?<![\d.])[245]\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?![\d.])")

NOT_KNOWN = _lt("the address does not exist, or does no longer")
FULL = _lt("the mailbox is full")
CLOSED = _lt("the mailbox takes no mail at present")
UNREACHABLE = _lt("their mail server could not be reached")
REFUSED = _lt("their mail server refuses our mails")

#: By subject and detail, or by subject alone.
BY_STATUS = {
    "1": NOT_KNOWN,
    "2": CLOSED,
    "2.2": FULL,
    "3": CLOSED,
    "4": UNREACHABLE,
    "5": REFUSED,
    "6": REFUSED,
    "7": REFUSED,
}
BY_REPLY = {
    "421": UNREACHABLE,
    "450": CLOSED,
    "452": FULL,
    "550": NOT_KNOWN,
    "551": NOT_KNOWN,
    "552": FULL,
    "553": NOT_KNOWN,
    "554": REFUSED,
}
#: Core's types of failure that say less than what the server said.
VAGUE = {
    "mail_bounce": _lt("it came back"),
    "unknown": _lt("no reason given"),
    False: _lt("no reason given"),
}


def say_failure(env, failure_type, said=""):
    """Return why a message did not arrive, as the end of a sentence.

    :param api.Environment env: of the reader's language
    :param str | bool | None failure_type: of core's notification, mail or SMS
    :param str | bool | None said: what the server answered, which is never shown
    :rtype: str
    """
    vague = VAGUE.get(failure_type or False)
    if not vague:
        field = env["mail.notification"]._fields["failure_type"]
        known = dict(field._description_selection(env))
        return known.get(failure_type) or env._(VAGUE[False])
    text = said or ""
    if status := STATUS.search(text):
        subject, detail = status.groups()
        vague = BY_STATUS.get(f"{subject}.{detail}") or BY_STATUS.get(subject) or vague
    elif reply := REPLY.search(text):
        vague = BY_REPLY.get(reply[1], vague)
    return env._(vague)
