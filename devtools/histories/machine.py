"""What may happen next: a history is a list of steps, each with a chance of its own."""

import time
from random import Random
from urllib.parse import urlsplit

from simulator import JourneyError

from . import truth
from .shared import END_SESSION, HTTP, KILL, SECOND_WORKER, SERVER, SQL, WORKER
from .world import WEEK, Broken

# How often each step happens, compared with the others.
STEPS = {
    # the payer
    **{"pay": 9, "tap": 2, "pick": 3, "finish": 4, "abort": 1, "come_back": 2},
    **{"look": 1, "plain_transfer": 2},
    # Bridge and the banks
    **{"settle": 2, "refresh": 2, "webhooks": 5, "replay": 1},
    **{"fault": 6, "faults_end": 3},
    # Odoo and its accountants
    **{"job": 5, "scheduler": 3, "two_workers": 2, "invoice": 1, "correct": 2},
    **{"paid_by_hand": 1, "link": 2},
    # what goes wrong, and time
    **{"web_fuse": 3, "kill_web_server": 1, "end_sessions": 1, "wait": 5},
    **{"step_back": 1},
}
AMOUNTS = (120.0, 75.5, 0.01, 999.99, 40_000.0)
OUTCOMES = "acsc acsc acsc pdng-acsc pdng-acsc pdng-rjct pdng rjct rjct-am18".split()
# What the simulator's knobs are set to while they are on; numbers are counts.
FAULTS = {
    **{f"status_{status}": 3 for status in (429, 500, 502, 503)},
    **{"silence": 2, "redirect": 2, "drip_headers": 1, "drip_body": 2, "bomb": 1},
    **{"wrong_shape": 12, "lost_answer": 2, "expired_token": 2, "lost_page": 2},
    **{"page_twice": 2, "refresh_fails": 1, "duplicate": 3, "wrong_signature": 2},
    **{"unknown_link": 2, "unknown_item": 2, "replay_old": 2, "expire_at_bank": 1},
}
# Likely as all others together: the hostile ones.
LIKELY = ("silence", "redirect", "drip_headers", "drip_body", *3 * ["wrong_shape"])
JOBS = ("events", "events", "poll", "poll", "book", "fetch", "fetch", "match", "expire")
MINUTES = (1, 6, 6, 61, 61, 300, 26 * 60, 80 * 60)


def make_history(seed, number, longest):
    """Return the steps of one history: (name, which invoice, seed of the rest).

    The same for the same seed and number, whatever was played before.
    """
    chance = Random(f"{seed}/{number}")
    names, weights = zip(*STEPS.items(), strict=True)
    length = chance.randint(min(10, longest), longest)
    return [
        (name, chance.choice((0, 0, 0, 1, 2)), chance.getrandbits(64))
        for name in chance.choices(names, weights, k=length)
    ]


def shorten(steps, breaks, seconds):
    """Return the fewest steps found, in so much time, that still break something.

    :param Callable breaks: plays steps, and tells whether they do
    """
    end = time.monotonic() + seconds
    size = len(steps) // 2
    while size:
        place = 0
        while place < len(steps) and time.monotonic() < end:
            fewer = steps[:place] + steps[place + size :]
            if breaks(fewer):
                steps = fewer
            else:
                place += size
        size //= 2
    return steps


class History:
    """One history: a customer, their invoices, and all that may go wrong."""

    def __init__(self, world, seed, number):
        self.world = world
        self.sim = world.sim
        self.tally = world.tally
        self.number = number
        self.minute = Random(f"{seed}/{number}/minute").randrange(WEEK)
        world.plays[number] += 1
        # The same whatever else was played.
        self.customer = f"Customer {number}, {world.plays[number]}"
        self.invoices = []
        # Links that the payer was sent to, with the number of their invoice.
        self.tapped = []
        self.journeys = []
        self.by_hand = 0.0
        self.plain = []
        self.story = []

    def play(self, steps):
        """Live through the steps, then have all faults end and tell the truth.

        :raises Broken: with the story, if something does not hold
        """
        try:
            self.world.begin_history(self.minute)
            self.do_invoice(0, Random(len(steps)))
            for name, which, chance in steps:
                self.tell(name, f"#{which}")
                self.tally["steps"] += 1
                getattr(self, f"do_{name}")(which, Random(chance))
            self.world.calm()
            self.tell("quiet")
            self.world.let_run()
            truth.check(self)
        except BaseException as error:
            self.world.calm()
            self.world.do("forget")
            if isinstance(error, Broken):
                raise Broken(f"{error}\nAfter:\n{self.get_story()}") from error
            raise

    def tell(self, *words):
        """Begin the next sentence of the story."""
        self.story.append(list(map(str, words)))

    def add(self, *words):
        """Say more of what happens."""
        self.story[-1] += map(str, words)

    def get_story(self):
        """Return the steps, a line each."""
        return "\n".join(f"  {' '.join(words)}" for words in self.story)

    # -- debts and accountants ------------------------------------------------

    def one(self, which):
        """Return one of the invoices."""
        return self.invoices[which % len(self.invoices)]

    def do_invoice(self, _which, chance):
        """An invoice is posted."""
        amount, parts = chance.choice(AMOUNTS), chance.choice((1, 1, 1, 2))
        self.tell("invoice", amount, f"in {parts}")
        self.invoices.append(
            self.world.do(
                "post_invoice",
                amount=amount,
                customer=self.customer,
                installments=parts,
            )
        )

    def do_correct(self, which, chance):
        """An accountant corrects an invoice."""
        deed = chance.choice(("credit", "reset", "reset", "repost", "repost", "cancel"))
        self.add(deed)
        self.world.do(deed, move=self.one(which)["invoice"])

    def do_paid_by_hand(self, which, _chance):
        """An accountant registers a payment."""
        paid = self.world.do("register_payment", move=self.one(which)["invoice"])
        self.by_hand += paid or 0.0
        self.add(paid)

    def do_link(self, which, chance):
        """An accountant revokes, renews or ends a link."""
        deed = chance.choice(("revoke", "renew", "expire"))
        self.add(deed)
        self.world.do(deed, request=self.one(which)["request"])

    # -- the payer ------------------------------------------------------------

    def page(self, which, path=""):
        """Return the address of a page."""
        return f"{self.world.base_url}/pay/{self.one(which)['token']}{path}"

    def ask(self, *args, **options):
        """Ask for a page; None while the server was dead."""
        answer = self.world.ask(*args, **options)
        self.add(answer.status_code if answer is not None else "dead")
        return answer

    def do_look(self, which, chance):
        """The payer looks at the page."""
        self.ask("GET", self.page(which, chance.choice(("", "?back=left", "/status"))))

    def links(self, which):
        """Return ids of the links that the payer of an invoice was sent to."""
        number = which % len(self.invoices)
        return [link for tapped, link in self.tapped if tapped == number]

    def do_tap(self, which, chance):
        """Tap; return the link the payer is sent to, None if there is none."""
        option = chance.choice(("due", "due", "all"))
        answer = self.ask("POST", self.page(which, "/bank"), data={"option": option})
        if answer is None or answer.status_code not in (302, 303):
            return None
        try:
            link = self.sim.find_link(answer.headers["Location"])["id"]
        except KeyError:
            # Back to the page, or where a wrong answer led.
            return None
        self.tapped.append((which % len(self.invoices), link))
        return link

    def do_pay(self, which, chance):
        """The payer taps, goes all the way at the bank, and comes back or not."""
        if link := self.do_tap(which, chance):
            outcome = chance.choice(OUTCOMES)
            self.at_bank(chance, lambda: self.sim.pay(link, outcome), outcome)

    def do_pick(self, which, chance):
        """The payer chooses a bank, in one of the tabs that are open."""
        links = self.links(which) or [self.do_tap(which, chance)]
        if link := chance.choice(links):
            self.at_bank(chance, lambda: self._pick(link), "picks")

    def _pick(self, link):
        self.journeys.append(self.sim.pick_bank(link)["id"])

    def do_finish(self, which, chance):
        """The payer, at the bank, decides."""
        if not self.journeys:
            self.do_pick(which, chance)
        if self.journeys:
            journey, outcome = self.journeys.pop(0), chance.choice(OUTCOMES)
            self.at_bank(chance, lambda: self.sim.finish(journey, outcome), outcome)

    def do_abort(self, which, chance):
        """The payer closes the bank's page."""
        if links := self.links(which):
            self.at_bank(chance, lambda: self.sim.abort(links[-1]), "aborts")

    def at_bank(self, chance, act, word):
        """Act at the bank, if it lets the payer; come back from there, or not."""
        self.add(word)
        try:
            callback = act()
        except JourneyError as error:
            self.add(error)
            return
        if callback and chance.random() < 0.5:
            self.add("comes back")
            parts = urlsplit(callback)
            self.ask("GET", f"{self.world.base_url}{parts.path}?{parts.query}")

    def do_come_back(self, which, chance):
        """The payer reloads the page of the return."""
        status = chance.choice(("success", "abort", "error", "\x00"))
        self.ask("GET", self.page(which, "/return"), params={"status": status})

    def do_plain_transfer(self, which, chance):
        """The payer types a transfer by hand, its reference right or not."""
        one = self.one(which)
        words = f"{one['reference']} {one['name']}" if chance.random() < 0.7 else "debt"
        amount = chance.choice(AMOUNTS[:3])
        self.add(amount, words)
        self.plain.append(self.sim.transfer(amount, words, payer=self.customer.upper()))

    # -- Bridge and the banks -------------------------------------------------

    def do_settle(self, which, _chance):
        """Banks come to an end with what is pending."""
        for link in self.links(which):
            self.sim.settle(link)

    def do_refresh(self, *_chance):
        """Bridge reads the bank."""
        self.sim.refresh()

    def do_webhooks(self, _which, chance):
        """Webhooks arrive: in any order, twice, later, or never."""
        order = list(range(len(self.sim.pending)))
        chance.shuffle(order)
        late = {place for place in order if chance.random() < 0.2}
        order = [place for place in order if place not in late]
        duplicate = [place for place in order if chance.random() < 0.3]
        drop = [place for place in order if chance.random() < 0.3]
        made = self.sim.deliver_pending(
            order=order, duplicate=duplicate, drop=drop, transport=self.world.carry
        )
        self.add(len(made), "late:", len(late), "dropped:", len(drop))

    def do_replay(self, _which, chance):
        """A webhook of this history comes once more, later."""
        first = self.world.first_webhook
        if count := len(self.sim.webhooks) - first:
            self.sim.replay(first + chance.randrange(count))

    def do_fault(self, _which, chance):
        """Bridge begins to misbehave."""
        name = chance.choice((*FAULTS, *LIKELY, *LIKELY))
        self.add(name)
        self.sim.chance.seed(chance.random())
        self.sim.faults.set(**{name: FAULTS[name]})
        self.tally[name] += 1

    def do_faults_end(self, _which, chance):
        """Bridge behaves again."""
        self.world.clear_faults()
        self.sim.faults.set(journey_survives=chance.random() < 0.7)

    # -- Odoo's own work ------------------------------------------------------

    def fuse(self, chance):
        """Return a fuse: what it does, what burns it, how long it is."""
        effect = chance.choice((KILL, KILL, END_SESSION))
        burns = HTTP if effect == KILL and chance.random() < 0.3 else SQL
        most = 4 if burns == HTTP else chance.choice((25, 100, 400))
        fuse = (effect, burns, chance.randint(1, most))
        verb = "dies" if effect == KILL else "loses its session"
        what = "answers" if burns == HTTP else "statements"
        self.add(f"{verb} after {fuse[2]} {what}")
        return fuse

    def maybe_fuse(self, chance):
        """Return a fuse, or none."""
        return self.fuse(chance) if chance.random() < 0.5 else None

    def do_job(self, _which, chance):
        """A job runs, maybe not to its end."""
        name = chance.choice(JOBS)
        self.add(name)
        self.world.attempt("job", name=name, fuse=self.maybe_fuse(chance))

    def do_scheduler(self, _which, chance):
        """All that is due runs, maybe not to its end."""
        self.world.attempt("scheduler", fuse=self.maybe_fuse(chance))

    def do_two_workers(self, _which, chance):
        """Two jobs run at the same time."""
        names = chance.choice(JOBS), chance.choice(JOBS)
        self.add(*names)
        fuse = self.maybe_fuse(chance)
        if fuse:
            self.world.light(WORKER, fuse)
        both = [
            self.world.begin("job", who=who, name=name)
            for who, name in zip((WORKER, SECOND_WORKER), names, strict=True)
        ]
        said = list(map(self.world.end, both))
        self.world.shared.put_out(WORKER)
        for one in said:
            if "error" in one and not (fuse and fuse[0] == END_SESSION):
                raise Broken(f"{one['error']}\n{one['trace']}")

    def do_web_fuse(self, _which, chance):
        """The web server will die, or lose a session, at work."""
        self.world.light(SERVER, self.fuse(chance))

    def do_kill_web_server(self, *_chance):
        """The web server dies, and is started again."""
        self.world.kill_server()
        self.world.serve()

    def do_end_sessions(self, *_chance):
        """The database ends the sessions that are idle."""
        self.world.end_idle_sessions()

    # -- time -----------------------------------------------------------------

    def do_wait(self, _which, chance):
        """Time goes by."""
        minutes = chance.choice(MINUTES)
        self.add(minutes, "minutes")
        self.world.advance(minutes=minutes)

    def do_step_back(self, _which, chance):
        """Odoo's clock is put back."""
        minutes = chance.choice((1, 10, 59, 120))
        self.add(minutes, "minutes")
        self.world.step_back(minutes)
