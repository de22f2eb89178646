"""Renders the HTML pages."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from werkzeug.wrappers import Response

from .inbox import split_links
from .payment.payments import holder_name
from .texts import Texts, money

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {
    "holder_name": holder_name,
    "money": money,
    "split_links": split_links,
}

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
        "frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def page(template, status=200, **values):
    """Return the response of ``template`` filled with ``values``."""
    html = _environment.get_template(template).render({"t": Texts(), **values})
    return Response(html, status, _HEADERS, mimetype="text/html")
