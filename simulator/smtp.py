"""The mail server of the simulated world: what is sent lands in the inbox."""

import asyncio

from aiosmtpd.controller import Controller

from .clock import to_text


class _Handler:
    def __init__(self, sim):
        self._sim = sim

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.lower() in map(str.lower, self._sim.faults.mail_refused):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        await asyncio.to_thread(self._store, envelope)
        return "250 OK"

    def _store(self, envelope):
        sim = self._sim
        with sim.lock:
            sim.inbox.add_mail(
                envelope.mail_from,
                envelope.rcpt_tos,
                envelope.original_content,
                to_text(sim.clock.now()),
            )
        sim.changed()


class MailServer:
    """SMTP without encryption or login, on ``host``:``port`` (0: any free port)."""

    def __init__(self, sim, host, port):
        self._controller = _Controller(
            _Handler(sim), hostname=host, port=port, data_size_limit=2**26
        )

    @property
    def port(self):
        """The port listened on."""
        return self._controller.server.sockets[0].getsockname()[1]

    def start(self):
        """Accept mail from now on."""
        self._controller.start()

    def stop(self):
        """Accept no more mail and free the port."""
        self._controller.stop()


class _Controller(Controller):
    def _trigger_server(self):
        # the parent connects to the port it was given, which may be 0
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
