"""The bodies of what strangers send to our addresses, read before anything else.

Odoo opens a database connection for each request and only then reads its body, as much
as there is, for as long as it takes. Ours are small: they are read first, with a limit
in size and time, whether the sender says how long they are or not.
"""

import functools
import io
import re
import socket
import threading
from contextlib import contextmanager

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestTimeout
from werkzeug.serving import DechunkedInput

from odoo import http

# Addresses that are open to strangers, and that of webhooks among them.
# Odoo takes a language before any of them.
_LANGUAGE = r"/*(?:[^/]+/+)?"
PUBLIC = re.compile(rf"{_LANGUAGE}(?:pay|payment/+bridge|bridge)/")
WEBHOOK = re.compile(rf"{_LANGUAGE}payment/+bridge/+webhook/")
# Notifications have a few hundred bytes, and so have the forms of a payer.
MAX_BODY = 64 * 1024
MAX_LINE = 1024
# Seconds that a body may take.
MAX_SECONDS = 10
# Seconds that a sender who is refused may take to read why.
REFUSED_SECONDS = 1


def read_body(environ):
    """Put the body of a request to one of our public addresses in its memory.

    :param dict environ: WSGI environment; a webhook's type becomes bytes: what is
        signed is read as it is, and not as a form
    :raises HTTPException: if the body is too large, too slow or malformed
    """
    path = environ.get("PATH_INFO", "")
    if not PUBLIC.match(path):
        return
    if WEBHOOK.match(path):
        environ["CONTENT_TYPE"] = "application/octet-stream"
    connection = environ.get("werkzeug.socket")
    try:
        length = _announced_length(environ)
        if length == 0:
            return
        with _deadline(connection):
            body = _read(environ["wsgi.input"], length)
    except (RequestEntityTooLarge, RequestTimeout, BadRequest):
        if connection:
            connection.settimeout(REFUSED_SECONDS)
        raise
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("wsgi.input_terminated", None)


def _announced_length(environ):
    """Return how long the body is, None if it is sent in chunks."""
    if environ.get("wsgi.input_terminated"):
        return None
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        raise BadRequest("The length of this request is not a number.")
    if len(length) > 9 or int(length) > MAX_BODY:
        raise RequestEntityTooLarge
    return int(length)


def _read(stream, length):
    """Return the body, of which at most a byte more than the limit is read."""
    if isinstance(stream, DechunkedInput):
        stream = DechunkedInput(_ShortLines(stream._rfile))
    missing = MAX_BODY + 1 if length is None else length
    parts = []
    try:
        while missing and (part := stream.read(missing)):
            parts.append(part)
            missing -= len(part)
    except TimeoutError as error:
        raise RequestTimeout from error
    except OSError as error:
        raise BadRequest("The body of this request cannot be read.") from error
    if length is None and not missing:
        raise RequestEntityTooLarge
    if length and missing:
        raise RequestTimeout
    return b"".join(parts)


class _ShortLines:
    """A stream of chunks, whose lines of lengths must not be endless."""

    def __init__(self, stream):
        self.read = stream.read
        self._readline = stream.readline

    def readline(self):
        return self._readline(MAX_LINE)


@contextmanager
def _deadline(connection):
    """End what is read from ``connection`` when the time is over: reading one byte
    after the other would outlive any time-out of the socket."""
    if not connection:
        yield
        return
    timer = threading.Timer(MAX_SECONDS, _stop_reading, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _stop_reading(connection):
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        # The sender has gone meanwhile: that ends the reading as well.
        return


def _read_first(call):
    @functools.wraps(call)
    def wrapper(self, environ, start_response):
        try:
            read_body(environ)
        except (RequestEntityTooLarge, RequestTimeout, BadRequest) as refusal:
            response = refusal.get_response(environ)
            if WEBHOOK.match(environ["PATH_INFO"]):
                response.set_data(b"")
            return response(environ, start_response)
        return call(self, environ, start_response)

    return wrapper


# Odoo has no hook before it opens its connection.
http.Application.__call__ = _read_first(http.Application.__call__)
