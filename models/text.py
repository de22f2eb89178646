"""Texts that every room puts together."""


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
