"""Texts that every room puts together."""


def labelled(env, label, text):
    """Return “label: text” as the user's language writes it, in French with a space.

    :param api.Environment env: of the user's language
    :param str label: what the text is about
    :rtype: str
    """
    return env._("%(label)s: %(text)s", label=label, text=text)
