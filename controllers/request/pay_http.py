"""Looking up a payment request by its token, and answering without leaking it."""

import functools
import math
import zlib
from pathlib import Path

from markupsafe import Markup

from odoo.http import content_disposition, request

from ...models.payment_rate import TooOften
from ...models.request.payment_request_files import RenderingBusyError
from ..limits import check_limit, words_route
from .pay_page import PayPage

STATIC = Path(__file__).parents[2] / "static" / "src" / "request"
# Changes with the files, so that browsers may keep them for as long as they like.
STATIC_VERSION = format(
    zlib.crc32((STATIC / "pay.css").read_bytes() + (STATIC / "pay.js").read_bytes()),
    "08x",
)

PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    # The address is a capability: it is neither sent on nor indexed.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
# No `form-action`: browsers apply it to where the form's answer redirects, that is
# to the bank journey, whose hosts are not ours to list.
PAGE_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Seconds after which a file that another process makes is there.
FILE_SECONDS = 5
# Browsers' PDF viewers and providers' payment forms break under `default-src`.
OPEN_POLICY = "base-uri 'none'; frame-ancestors 'none'"


def pay_route(*paths, part=None, instead=None, limit=None, **routing):
    """Route of a page that its token alone opens: the method is given the payment
    request, by position since queries hold any word. For a token nobody has it is not
    called, or with none by JSON-RPC; nor when the page offers no such part.

    The token is what a CSRF token would prove, and no cookie grants anything here.

    :param str part: of the page that the route belongs to, as `_get_page_parts` names
        it; a route that names none answers nothing
    :param instead: answers in place of the method when the page does not offer that
        part, by default the page, as "not found"
    :param str limit: see `check_limit`, for what costs more than a page
    """
    route = words_route(
        [f"/pay/<string:token>{path}" for path in paths],
        **{
            "type": "http",
            "auth": "public",
            "csrf": False,
            "save_session": False,
            "sitemap": False,
            **routing,
        },
    )

    def decorate(method):
        @functools.wraps(method)
        def answer(self, token, **values):
            pay_request = find_request(token)
            offered = pay_request and part in pay_request._get_page_parts()
            if routing.get("type") == "jsonrpc":
                check_limit(limit, pay_request)
                return method(
                    self, pay_request if offered else pay_request.browse(), **values
                )
            if not pay_request:
                return respond_unknown()
            try:
                check_limit(limit, pay_request)
                if not offered:
                    return (instead or respond_not_offered)(pay_request)
                return method(self, pay_request, **values)
            except TooOften as error:
                return respond_too_often(pay_request, error)
            except RenderingBusyError:
                return respond_busy(pay_request)

        return route(answer)

    return decorate


def payer_lang(partner=None):
    """Return the payer's language if it is installed, else their browser's best."""
    langs = request.env["res.lang"]
    if partner and langs._get_data(code=partner.lang):
        return partner.lang
    for accepted in request.httprequest.accept_languages.values():
        lang = request.env["ir.http"].get_nearest_lang(accepted.replace("-", "_"))
        if lang:
            return lang
    company_lang = request.env.company.sudo().partner_id.lang
    return langs._get_data(code=company_lang).code or "en_US"


def find_request(token):
    """Return the payment request of `token` in its payer's language, or empty.

    :rtype: payment.request, in sudo
    """
    found = request.env["payment.request"]._find_by_token(token)
    if not found:
        return found
    lang = payer_lang(found.partner_id)
    request.update_context(lang=lang)
    return found.with_context(lang=lang).with_company(found.company_id)


def respond(template, values, *, status=200):
    """Answer with one of the light pages."""
    lang = request.env["res.lang"]._get_data(code=request.env.lang)
    html = request.env["ir.qweb"]._render(
        f"account_payment_request.{template}",
        {
            "lang": lang.code.partition("@")[0].replace("_", "-"),
            "dir": lang.direction,
            "static": "/account_payment_request/static/src/request",
            "static_version": STATIC_VERSION,
            **values,
        },
        minimal_qcontext=True,
    )
    return request.make_response(
        Markup("<!DOCTYPE html>\n") + html.strip(),
        headers={
            **PRIVATE_HEADERS,
            "Content-Security-Policy": PAGE_POLICY,
            "Content-Type": "text/html; charset=utf-8",
        },
        status=status,
    )


def respond_page(pay_request, *, state=None, status=200, **values):
    """Answer with the page of `pay_request`, by default that of its state."""
    content = PayPage(pay_request).values(state)
    return respond(f"pay_{content['state']}", {**content, **values}, status=status)


def respond_too_often(pay_request, error):
    """Answer with the page of `pay_request`, which says when to try again; the offer is
    still there, except for who may have confirmed at their bank just now."""
    is_back = request.httprequest.path.endswith("/return")
    state = (
        "checking" if is_back and PayPage(pay_request).is_waiting_for_bank() else None
    )
    response = respond_page(pay_request, state=state, status=429, too_often=str(error))
    response.headers["Retry-After"] = str(math.ceil(error.seconds))
    return response


def respond_unknown():
    """Answer to a token nobody has: the same page whatever was asked for."""
    request.update_context(lang=payer_lang())
    return respond("pay_unknown", {}, status=404)


def respond_not_offered(pay_request):
    """Answer to a part that the page does not offer: the page, which says why."""
    return respond_page(pay_request, status=404)


def respond_busy(pay_request):
    """Ask to try again in a moment; browsers do it by themselves."""
    values = {**PayPage(pay_request).frame_values(), "refresh": FILE_SECONDS}
    response = respond("pay_busy", values, status=503)
    response.headers["Retry-After"] = str(FILE_SECONDS)
    return response


def respond_file(content, mimetype, *, filename=None, cache=None):
    """Answer with a file that the browser shows."""
    headers = {
        **PRIVATE_HEADERS,
        # A picture may be an SVG with a script in it.
        "Content-Security-Policy": "default-src 'none'"
        if mimetype.startswith("image/")
        else OPEN_POLICY,
        "Content-Type": mimetype,
        "Content-Length": str(len(content)),
    }
    if filename:
        headers["Content-Disposition"] = content_disposition(filename, "inline")
    if cache:
        headers["Cache-Control"] = cache
    return request.make_response(content, headers=headers)


def redirect(location, *, local=True):
    """Send the browser on, without telling the address it comes from."""
    response = request.redirect(location, local=local)
    response.headers.update(PRIVATE_HEADERS)
    return response


def redirect_page(pay_request, query=""):
    """Send the browser to the page of `pay_request`."""
    return redirect(f"{pay_request._get_page_path()}{query}")
