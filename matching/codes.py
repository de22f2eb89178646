"""Our own references in a receipt."""

from itertools import chain

from .siblings import reference


def find_codes(texts: tuple[str, ...]) -> list[str]:
    """Return the codes of each text by itself, then those across two of them.

    Candidates: the characters of other words may make a code by chance.

    :param tuple[str] texts: empty ones are skipped
    :rtype: list[str]
    """
    texts = tuple(text for text in texts if text)
    codes = dict.fromkeys(chain.from_iterable(map(reference.find, texts)))
    if len(texts) > 1:
        codes.update(dict.fromkeys(reference.find(*texts)))
    return list(codes)
