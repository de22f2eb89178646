"""The world of the histories: the simulated Bridge, and Odoo's processes."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests

from simulator import Clock, Simulator

from .. import odoo
from ..paths import LOG_DIR, ROOT
from ..setup import postgres
from .shared import END_SESSION, NOTHING, SERVER, WORKER, Shared

IBAN = "FR7630006000011234567890189"
# Real seconds for a page, or a worker: nothing here takes as long.
PATIENCE = 60
# Days after which a bank's consent, of 180 days, is given again.
CONSENT_DAYS = 100
# Each reading of a bank is a webhook, and whoever moves money here has it read.
READ_EVERY = timedelta(days=2)

# What goes by at the end: links run out, silent transfers are released, and closed
# links are no longer read.
QUIET_DAYS = (
    {"hours": 5},
    {"days": 4},
    {"days": 8},
)


# In minutes.
WEEK = 7 * 24 * 60


class Broken(AssertionError):
    """Something that must never happen."""


class OneClock(Clock):
    """The simulator's clock, which Odoo's processes share."""

    @property
    def drift(self):
        """Zero: the client's clock is put forward, too."""
        return timedelta()


class World:
    """Everything outside of the state machine; lives as long as its database."""

    #: Module of what workers can do.
    deeds = "devtools.histories.deeds"

    def __init__(self, database):
        self.database = database
        self.folder = Path(tempfile.mkdtemp(prefix="histories-"))
        self.shared = Shared(self.folder / "shared")
        self.log = self.folder / "log.jsonl"
        self.log.touch()
        self.read_to = 0
        # Of what workers leave to chance.
        self.seed = 0
        self.port = odoo.free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.server = None
        self.sim = None
        self.http = requests.Session()
        # How often each history was played, by number, and what happened in all.
        self.plays, self.tally = Counter(), Counter()
        # What happened since the history began.
        self.sessions_ended = 0
        self.kills = 0

    # -- life -----------------------------------------------------------------

    def start(self):
        """Start everything, connect the bank."""
        self.sim = Simulator(clock=OneClock(), deliver="manual", smtp_port=0).start()
        self.sim.rate_limit.calls = None
        self.sim.token_limit.calls = None
        self.sim.feed.items.refresh_every = READ_EVERY
        self.sim.open_account(IBAN, name="Compte courant", balance=0)
        self._start_zygote()
        provider = self.do("point_at", bridge_url=self.sim.url, base_url=self.base_url)
        path = f"/payment/bridge/webhook/{provider}"
        self.sim.set_webhook(self.base_url + path, "sim-webhook")
        self.consent()
        self.order("refresh")
        self.serve()

    def _start_zygote(self):
        words = odoo.command(module="devtools.histories.zygote")
        # its own words stand before Odoo's
        place = words.index("devtools.histories.zygote") + 1
        words[place:place] = map(
            str,
            (self.database, self.port, self.folder / "shared", self.log, self.deeds),
        )
        LOG_DIR.mkdir(parents=True, exist_ok=True)
        with (LOG_DIR / f"{self.database}.log").open("wb") as output:
            self.zygote = subprocess.Popen(
                [
                    *(*words, "--max-cron-threads=0", "--log-level=warn"),
                    *("--smtp", "127.0.0.1", "--smtp-port", str(self.sim.smtp_port)),
                ],
                cwd=ROOT,
                env={**os.environ, **odoo.environment(), "PYTHONHASHSEED": "0"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        self._read()

    def _read(self):
        line = self.zygote.stdout.readline()
        if not line:
            raise RuntimeError(f"Odoo died: {LOG_DIR / self.database}.log")
        return json.loads(line)

    def order(self, order, **values):
        """Have the zygote do something."""
        self.zygote.stdin.write(json.dumps({"order": order, **values}) + "\n")
        self.zygote.stdin.flush()
        return self._read()

    def stop(self):
        """Stop everything."""
        if self.server:
            self.kill_server()
        self.zygote.stdin.close()
        self.zygote.wait(20)
        self.sim.stop()

    # -- workers --------------------------------------------------------------

    def begin(self, deed, *, who=WORKER, **args):
        """Start a worker that does a deed; see `end`."""
        self.seed += 1
        return self.order("start", deed=deed, args=args, who=who, seed=self.seed)

    def end(self, pid):
        """Return what a worker says."""
        said = self.order("wait", pid=pid)
        self.kills += bool(said.get("killed"))
        return said

    def attempt(self, deed, *, fuse=None, **args):
        """Have a deed done by a worker that may burn; return what it says."""
        if fuse:
            self.light(WORKER, fuse)
            said = self.end(self.begin(deed, **args))
            self.shared.put_out(WORKER)
        else:
            said = self.order("do", deed=deed, args=args, seed=self.seed)
        if "error" in said and not (fuse and fuse[0] == END_SESSION):
            raise Broken(f"{deed}: {said['error']}\n{said['trace']}")
        return said

    def do(self, deed, **args):
        """Have a deed done; None if Odoo refuses it with a reason."""
        return self.attempt(deed, **args).get("result")

    def light(self, who, fuse):
        """Light a fuse: (effect, burns, length)."""
        self.sessions_ended += fuse[0] == END_SESSION
        self.shared.light(who, *fuse)

    # -- the web server -------------------------------------------------------

    def serve(self):
        """Start the web server."""
        self.server = self.order("serve")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.005)
        raise Broken("The web server does not start")

    def kill_server(self):
        """Kill the web server, if it lives."""
        os.kill(self.server, signal.SIGKILL)
        self.order("bury", pid=self.server)
        self.server = None
        self.kills += 1
        self.shared.put_out(SERVER)

    def ask(self, method, url, **options):
        """Ask the web server for a page; None while it was dead.

        :raises Broken: it answered 5xx, or does not answer
        """
        effect = self.shared.effect(SERVER)
        try:
            answer = self.http.request(
                method, url, timeout=PATIENCE, allow_redirects=False, **options
            )
        except requests.ConnectionError as error:
            if self.shared.is_lit(SERVER) or effect == NOTHING:
                raise Broken(f"{method} {url}: {error}") from error
            self.kill_server()
            self.serve()
            return None
        burnt = effect == END_SESSION and not self.shared.is_lit(SERVER)
        if answer.status_code >= 500 and not burnt:
            text = f"{method} {url} answers {answer.status_code}"
            raise Broken(f"{text}\n{answer.text[:500]}")
        return answer

    def end_idle_sessions(self):
        """Have the database end all sessions, none of which is at work."""
        self.sessions_ended += 1
        postgres.end_sessions(self.database, wait=2000)

    # -- webhooks -------------------------------------------------------------

    def carry(self, url, body, headers):
        """Bring a webhook to the web server; return its status."""
        answer = self.ask("POST", url, data=body, headers=headers)
        return answer.status_code if answer is not None else 503

    # -- time -----------------------------------------------------------------

    def advance(self, **duration):
        """Let time go by, everywhere."""
        self.sim.clock.advance(**duration)
        self.shared.ahead = self.sim.clock.now().timestamp() - time.time()

    def step_back(self, minutes):
        """Put Odoo's clock back, until time goes by again."""
        self.shared.ahead -= 60 * minutes

    # -- the bank -------------------------------------------------------------

    def consent(self):
        """Connect the bank, or again before its consent ends."""
        item = next(iter(self.sim.items.values()), None)
        if item:
            now = self.sim.clock.now()
            if now - self.consent_at < timedelta(days=CONSENT_DAYS):
                return
        self.consent_at = self.sim.clock.now()
        known = self.connection if item else None
        page = self.do("connect_bank", connection=known)
        self.connection = page["connection"]
        callback = self.sim.connect(page["url"], accounts=[IBAN])
        query = parse_qs(urlsplit(callback).query)
        states = self.do(
            "come_back_from_bank",
            token=query["context"][0],
            item=query.get("item_id", [None])[0],
        )
        if states != ["active"]:
            raise RuntimeError(f"The bank is not connected: {states}")

    # -- the log --------------------------------------------------------------

    def new_records(self):
        """Return what was logged since the last call, warnings at least."""
        with self.log.open(encoding="utf-8") as file:
            file.seek(self.read_to)
            text = file.read()
            self.read_to = file.tell()
        return [json.loads(line) for line in text.splitlines()]

    # -- histories ------------------------------------------------------------

    def begin_history(self, minute):
        """Begin a history at a minute of the week, by UTC: nothing is wrong yet."""
        now = self.sim.clock.now()
        gone = timedelta(days=now.weekday(), hours=now.hour, minutes=now.minute)
        self.advance(minutes=(minute - gone // timedelta(minutes=1)) % WEEK)
        # What Bridge told until then is of no history.
        self.sim.deliver_pending(drop=range(len(self.sim.pending)))
        self.sessions_ended = self.kills = 0
        self.first_webhook = len(self.sim.webhooks)
        self.first_transaction = max(self.sim.transactions, default=0)
        self.first_line = self.do("last_line")
        self.seed = 0
        self.sim.chance.seed(0)
        self.consent()
        self.order("refresh")
        self.new_records()

    def clear_faults(self):
        """Have Bridge behave."""
        self.sim.faults.clear()
        # Five bytes a second are slow enough for a client that waits half a second.
        self.sim.faults.set(drip_pause=0.2)

    def calm(self):
        """End all faults."""
        self.clear_faults()
        self.shared.put_out(SERVER)
        self.shared.put_out(WORKER)

    def let_run(self):
        """Let the days go by, without faults, until nothing is left to do.

        :raises Broken: it does not come to rest
        """
        for duration in QUIET_DAYS:
            self.advance(**duration)
            self.sim.refresh()
            for _round in range(5):
                if not self.sim.pending:
                    break
                self.sim.deliver_pending(transport=self.carry)
            if not self.do("scheduler"):
                raise Broken("Jobs are due again and again")


@contextmanager
def new_world(kind, template):
    """Yield a world on a fresh copy of a database, which is started.

    :param type kind: `World`, or one made of it
    :param str template: database to copy
    """
    database = f"{template}_{os.getpid()}"
    odoo.create_database(database, template, odoo.DATA_DIR)
    world = kind(database)
    try:
        world.start()
        yield world
    finally:
        world.stop()
        odoo.drop(database)
