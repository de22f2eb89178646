"""An Odoo that is ready and does nothing but fork: workers, and web servers.

Started as ``python -m devtools.histories.zygote DATABASE PORT SHARED LOG DEEDS`` with
Odoo's own options, where DEEDS is the module of what its workers can do; it takes
orders as JSON, a line each, and answers likewise.
"""

import gc
import http.client
import json
import logging
import os
import random
import signal
import socket
import sys
import time
import traceback
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import freezegun
import psycopg2

import odoo
from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry
from odoo.service.server import ThreadedWSGIServerReloadable
from odoo.tools import config

from .shared import END_SESSION, HTTP, KILL, SERVER, SQL, Shared

# Seconds that our client waits for the simulated Bridge.
TIMEOUT = (1.0, 0.4)
REAL_NOW = datetime.utcnow


class Zygote:
    """Holds the loaded registry, without any database connection."""

    def __init__(self, database, port, shared, log, deeds):
        self.database = database
        # Imported once Odoo is loaded.
        self.deeds_module = deeds
        self.deeds = None
        self.port = port
        self.shared = shared
        self.log = log
        # The fuse of this process, once it is forked.
        self.who = None
        self.pipes = {}
        self.server = None
        # The pipe to the worker that lives on.
        self.clerk = None
        # Nobody else writes there.
        self.answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)

    def prepare(self):
        """Load Odoo, then move its clock and lay the fuses."""
        self._keep_log()
        Registry(self.database)
        self.deeds = import_module(self.deeds_module)
        # Read once, for all servers.
        odoo.http.root.initialize()
        self._shorten_waits()
        self._rehearse()
        self._share_clock()
        self._lay_fuses()

    def _rehearse(self):
        """Fill the caches that whoever is forked begins with."""
        registry = Registry(self.database)
        with registry.cursor() as cr:
            self.deeds.rehearse(api.Environment(cr, SUPERUSER_ID, {}))
            cr.rollback()
        registry.reset_changes()
        sql_db.close_all()
        # What is there now is never looked at again, nor copied by that.
        gc.collect()
        gc.freeze()

    def _keep_log(self):
        handler = logging.FileHandler(self.log, delay=True)
        handler.setLevel(logging.WARNING)
        handler.setFormatter(LogFormatter())
        logging.getLogger().addHandler(handler)

    def _shorten_waits(self):
        """Nothing here waits for as long as with a real Bridge, but as often."""
        from odoo.addons.account_payment_request.models.transfer import payment_provider

        payment_provider.BridgeClient = partial(
            payment_provider.BridgeClient, sleep=lambda _seconds: None, timeout=TIMEOUT
        )
        payment_provider.const.CALL_SECONDS = 2.0

    def _share_clock(self):
        shared = self.shared

        class SharedTime:
            def __call__(self):
                return REAL_NOW() + timedelta(seconds=shared.ahead)

        # Durations are real ones: no clock that jumps moves them.
        freezegun.api.fake_monotonic = freezegun.api.real_monotonic
        freezegun.api.fake_perf_counter = freezegun.api.real_perf_counter
        freezegun.freeze_time(REAL_NOW(), tick=True).start()
        freezegun.api.freeze_factories[-1] = SharedTime()
        now = sql_db.BaseCursor.now

        def shifted(cursor):
            return now(cursor) + timedelta(seconds=shared.ahead)

        sql_db.BaseCursor.now = shifted
        # Days that go by at once do not make the pool close its connections.
        sql_db.time = SimpleNamespace(time=freezegun.api.real_time)

    def _lay_fuses(self):
        execute, commit = sql_db.Cursor.execute, sql_db.Cursor.commit
        getresponse = http.client.HTTPConnection.getresponse

        def burning_execute(cursor, *args, **kwargs):
            result = execute(cursor, *args, **kwargs)
            self.burn(SQL, cursor)
            return result

        def burning_commit(cursor):
            self.burn(SQL, cursor)
            result = commit(cursor)
            self.burn(SQL, cursor)
            return result

        def burning_getresponse(connection, *args, **kwargs):
            # Bridge has done it, and we shall not know.
            result = getresponse(connection, *args, **kwargs)
            self.burn(HTTP, None)
            return result

        sql_db.Cursor.execute = burning_execute
        sql_db.Cursor.commit = burning_commit
        http.client.HTTPConnection.getresponse = burning_getresponse

    def burn(self, by, cursor):
        """Count a statement or an answer; die, or lose the session, if it is time."""
        effect = self.shared.burn(self.who, by) if self.who is not None else 0
        if effect == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        elif effect == END_SESSION and cursor is not None:
            self._end_session(cursor._cnx.get_backend_pid())

    def _end_session(self, pid):
        _name, info = sql_db.connection_info_for(self.database)
        with psycopg2.connect(**info) as other:
            other.autocommit = True
            with other.cursor() as cr:
                cr.execute("SELECT pg_terminate_backend(%s, 2000)", (pid,))
        other.close()

    # -- orders ---------------------------------------------------------------

    def obey(self):
        """Do what is asked, until nobody asks any more."""
        try:
            for line in sys.stdin:
                order = json.loads(line)
                self.say(getattr(self, f"order_{order.pop('order')}")(**order))
        finally:
            if self.server:
                os.kill(self.server, signal.SIGKILL)

    def say(self, answer):
        """Answer on the pipe that was our standard output."""
        tell(self.answers, answer)

    def order_refresh(self):
        """Rehearse again, if others emptied the caches of all processes meanwhile."""
        registry = Registry(self.database)
        known = dict(registry.cache_sequences)
        registry.check_signaling()
        if stale := known != registry.cache_sequences:
            self._rehearse()
        sql_db.close_all()
        return stale

    def order_start(self, deed, args, who, seed):
        """Fork a worker that does a deed."""
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            self._become(who, seed)
            with open(writing, "w") as pipe:
                json.dump(self._do(deed, args), pipe)
            os._exit(0)
        os.close(writing)
        self.pipes[pid] = reading
        return pid

    def order_wait(self, pid):
        """Return what a worker says: `result`, `refused`, `error`, or `killed`."""
        with open(self.pipes.pop(pid)) as pipe:
            text = pipe.read()
        _pid, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            return {"killed": True}
        return json.loads(text)

    def order_do(self, deed, args, seed):
        """Have a deed done by a worker that lives on, which nobody kills."""
        if not self.clerk:
            here, there = socket.socketpair()
            if not os.fork():
                here.close()
                self._become(None, seed)
                self._work(there.makefile("rw"))
            there.close()
            self.clerk = here.makefile("rw")
        tell(self.clerk, [deed, args])
        return json.loads(self.clerk.readline())

    def _work(self, pipe):
        for line in pipe:
            tell(pipe, self._do(*json.loads(line)))
        os._exit(0)

    def order_serve(self):
        """Fork a web server."""
        pid = os.fork()
        if not pid:
            self._become(SERVER, 0)
            server = ThreadedWSGIServerReloadable(
                "127.0.0.1", self.port, odoo.http.root
            )
            server.serve_forever(poll_interval=0.1)
        self.server = pid
        return pid

    def order_bury(self, pid):
        """Note that a web server was killed."""
        self.server = None
        return os.waitpid(pid, 0)[1]

    def _become(self, who, seed):
        self.who = who
        random.seed(seed)
        sys.stdin.close()

    def _do(self, deed, args):
        try:
            registry = Registry(self.database).check_signaling()
            with registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                result = getattr(self.deeds, deed)(env, **args)
                env.flush_all()
                registry.signal_changes()
            return {"result": result}
        except odoo.exceptions.UserError as error:
            return {"refused": str(error)}
        except Exception as error:
            return {"error": repr(error), "trace": traceback.format_exc()}


def tell(pipe, value):
    """Write a value as JSON, in a line of its own."""
    pipe.write(json.dumps(value) + "\n")
    pipe.flush()


def shorten(text):
    """Leave out the middle of a long text."""
    return text if len(text) < 800 else f"{text[:300]} … {text[-400:]}"


class LogFormatter(logging.Formatter):
    """A JSON object a line, with the classes of an error and of its causes."""

    def format(self, record):
        """Return a record as a line."""
        error = record.exc_info[1] if record.exc_info else None
        kinds = []
        while error is not None and len(kinds) < 10:
            kinds += [kind.__name__ for kind in type(error).__mro__[:-2]]
            error = error.__cause__ or error.__context__
        return json.dumps(
            {
                "level": record.levelname,
                "logger": record.name,
                # Of a long query the end says what happened to it.
                "text": shorten(record.getMessage()),
                "kinds": kinds,
                "trace": self.formatException(record.exc_info) if kinds else "",
                "pid": os.getpid(),
            }
        )


def main():
    """Be ready, then obey."""
    database, port, shared, log, deeds, *options = sys.argv[1:]
    config.parse_config([*options, "-d", database], setup_logging=True)
    zygote = Zygote(database, int(port), Shared(Path(shared)), log, deeds)
    started = time.monotonic()
    zygote.prepare()
    zygote.say({"ready": round(time.monotonic() - started, 1)})
    zygote.obey()


if __name__ == "__main__":
    main()
