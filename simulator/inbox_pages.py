"""The inbox: what customers find in their mail and on their phone."""

import re

from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response

from .calls import ApiError, json_answer
from .templating import page
from .texts import Texts

# a stranger's mail: nothing in it runs, and its links open in a tab of their own
_SANDBOX = "sandbox allow-popups allow-popups-to-escape-sandbox"
_FRAME_HEADERS = {
    "Content-Security-Policy": f"{_SANDBOX}; script-src 'none'; object-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def listing(sim, request):
    """Mails and SMS, newest first; ``?to=`` keeps those to one recipient."""
    with sim.lock:
        messages = _listed(sim, request)
        return page("inbox.html", t=Texts(request), here="/inbox", messages=messages)


def listing_json(sim, request):
    """The same as JSON."""
    with sim.lock:
        return json_answer([message.as_dict() for message in _listed(sim, request)])


def show(sim, request, identifier):
    """One message as its reader sees it."""
    with sim.lock:
        message = _message(sim, identifier)
        template = "sms.html" if message.kind == "sms" else "mail.html"
        return page(template, t=Texts(request), here="/inbox", message=message)


def body(sim, request, identifier):
    """The HTML part of a mail, for the frame."""
    with sim.lock:
        html = _message(sim, identifier).html
    html = re.sub(
        r"cid:([^\"'\s>)]+)", rf"/inbox/{identifier}/image/\1", html, flags=re.I
    )
    base = '<base target="_blank">'
    return Response(base + html, headers=_FRAME_HEADERS, mimetype="text/html")


def attachment(sim, request, identifier, index):
    """An attached file, to download."""
    with sim.lock:
        files = _message(sim, identifier).attachments
        if not index < len(files):
            raise ApiError(404, "not_found", "No such attachment")
        item = files[index]
    name = secure_filename(item.name) or "attachment"
    return Response(
        item.data,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
        mimetype=item.type,
    )


def image(sim, request, identifier, cid):
    """An image the HTML part shows."""
    with sim.lock:
        files = _message(sim, identifier).attachments
        item = next((item for item in files if item.cid == cid), None)
    if item is None or not item.type.startswith("image/"):
        raise ApiError(404, "not_found", "No such image")
    return Response(item.data, headers=_FRAME_HEADERS, mimetype=item.type)


def _listed(sim, request):
    recipient = request.args.get("to")
    messages = sim.inbox.to(recipient) if recipient else sim.inbox
    return messages[::-1]


def _message(sim, identifier):
    message = sim.inbox.find(identifier)
    if message is None:
        raise ApiError(404, "not_found", "No such message")
    return message


ROUTES = [
    ("GET", "/inbox", listing),
    ("GET", "/inbox.json", listing_json),
    ("GET", "/inbox/<int:identifier>", show),
    ("GET", "/inbox/<int:identifier>/html", body),
    ("GET", "/inbox/<int:identifier>/file/<int:index>", attachment),
    ("GET", "/inbox/<int:identifier>/image/<cid>", image),
]
