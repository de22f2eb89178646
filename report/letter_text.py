"""The text of a letter, so that whoever prints it has nothing to fetch for it."""

import re

from lxml import html
from markupsafe import Markup

from odoo.tools import html_sanitize

ATTRIBUTES = frozenset(
    "align alt border cellpadding cellspacing colspan dir height href lang rowspan "
    "start style title valign width".split()
)
# A style names files in many ways, and escapes hide them.
FETCHING_STYLE = re.compile(r"[\\@]|url|image", re.I)


def self_contained(text, find_picture):
    """Return HTML in which nothing refers to another place but links, which are not
    followed while a page is printed.

    :param str text: HTML that anybody may have written
    :param Callable find_picture: returns a `data:` address for that of a picture, or
        nothing if it must not be printed
    :rtype: Markup
    """
    clean = html_sanitize(text, sanitize_attributes=True) or ""
    root = html.fragment_fromstring(clean, create_parent="div")
    for node in list(root.iter()):
        if not isinstance(node.tag, str):
            node.drop_tree()
            continue
        source = node.get("src", "")
        # Classes and ids would pass for parts of the report.
        for name in set(node.attrib) - ATTRIBUTES:
            del node.attrib[name]
        if node.tag != "a":
            node.attrib.pop("href", None)
        if FETCHING_STYLE.search(node.get("style", "")):
            del node.attrib["style"]
        if node.tag == "img":
            if picture := find_picture(source):
                node.set("src", picture)
            else:
                node.drop_tree()
    return Markup(html.tostring(root, encoding="unicode"))
