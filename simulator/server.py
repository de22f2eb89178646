"""The HTTP server on loopback: one WSGI application, one thread a request."""

import logging
import threading

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request

from . import control, inbox_pages, sms
from .feed import api as feed_api
from .feed import control as feed_control
from .feed import pages as feed_pages
from .payment import api, pages

_logger = logging.getLogger(__name__)


_MODULES = (feed_api, feed_pages, feed_control, api, pages, control, inbox_pages, sms)
_ROUTES = Map(
    [
        Rule(path, endpoint=handler, methods=[method])
        for module in _MODULES
        for method, path, handler in module.ROUTES
    ]
)


class _Handler(WSGIRequestHandler):
    # loopback only: no name service for the peer's address
    def address_string(self):
        return self.client_address[0]

    def connection_dropped(self, error, environ=None):
        # an answer lost on purpose: the client must see the connection end
        self.close_connection = True

    def log_request(self, code="-", size="-"):
        # the path alone: a query may carry what a log must not
        _logger.debug("%s %s %s", self.command, self.path.partition("?")[0], code)

    def log_error(self, format, *args):
        _logger.debug(format, *args)


class Server:
    """Serves ``sim`` on ``host``:``port`` (0: any free port)."""

    def __init__(self, sim, host, port):
        self._sim = sim
        self._http = make_server(
            host, port, self._wsgi, threaded=True, request_handler=_Handler
        )
        self.port = self._http.server_port
        self._thread = threading.Thread(
            target=self._http.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="bridge-simulator-http",
            daemon=True,
        )

    def start(self):
        """Answer requests from now on."""
        self._thread.start()

    def stop(self):
        """Stop answering and free the port."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _wsgi(self, environ, start_response):
        # People's pages; programs say themselves what they want.
        if self._sim.language and not environ["PATH_INFO"].startswith("/v3/"):
            environ["HTTP_ACCEPT_LANGUAGE"] = self._sim.language
        request = Request(environ)
        self._sim.serving(True)
        try:
            self._sim.run_due(deliver=False)
            handler, args = _ROUTES.bind_to_environ(environ).match()
            response = handler(self._sim, request, **args)
        except HTTPException as error:
            response = error.get_response(environ)
        finally:
            self._sim.changed()
        return response(environ, start_response)
