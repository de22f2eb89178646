"""Our own references in a receipt."""

from importlib import import_module
from itertools import chain

# `bridge` is the sibling of this package: within the addon, or by itself outside Odoo
_parent = __package__.rpartition(".")[0]
reference = import_module(f"{_parent}.bridge.reference".removeprefix("."))


def find_codes(texts):
    """Return the codes of each text by itself, then those across two of them.

    Candidates: the characters of other words may make a code by chance.

    :param tuple[str] texts: empty ones are skipped
    :rtype: list[str]
    """
    texts = [text for text in texts if text]
    codes = dict.fromkeys(chain.from_iterable(map(reference.find, texts)))
    if len(texts) > 1:
        codes.update(dict.fromkeys(reference.find(*texts)))
    return list(codes)
