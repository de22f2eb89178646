"""A world lives: day after day, customers act, jobs run, and what left is checked."""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from simulator import JourneyError

from ..histories.world import Broken, World
from .people import make_customers
from .truth import SATURDAY, Truth

ZONE = ZoneInfo("Europe/Paris")
# Within the hours in which reminders leave.
MORNING = 10
GONE = "gone@world.example"
# The accountant looks at what waits on two of three days.
LOOKS = 0.66


class MessyWorld(World):
    """The outside of a company whose customers have habits."""

    deeds = "devtools.world.deeds"

    def live(self, seed, count, days):
        """Let days go by; return the customers, and the truth of what they were told.

        :raises Broken: a job failed, or does not come to rest
        """
        self.chance = Random(f"world/{seed}")
        self.customers = make_customers(seed, count, days)
        self.truth = Truth()
        self.sim.faults.set(mail_refused=[GONE])
        self.names, self.invoices, self.story = {}, {}, {}
        self.unsure, self.reminders, self.grouping = {}, {}, {}
        for customer in self.customers:
            customer.parts = self.do(
                "make_customer", name=customer.name, **customer.address
            )
            customer.id = customer.parts[0]
            self.names |= dict.fromkeys(customer.parts, customer.name)
            if customer.address["grouping"] == "group":
                self.grouping |= dict.fromkeys(map(str, customer.parts), customer.id)
            elif customer.address["grouping"] == "contact":
                self.grouping[str(customer.id)] = None
            self.invoices[customer.id] = []
            # What is told of its parts is its story, too.
            self.story |= dict.fromkeys(customer.parts, [])
        for day in range(days):
            self.go_to_morning()
            self.consent()
            self.live_day(day)
        return self.customers

    def go_to_morning(self):
        """Go on to the next morning, in Paris."""
        now = self.sim.clock.now().astimezone(ZONE)
        morning = datetime.combine(
            now.date() + timedelta(days=1), datetime.min.time(), ZONE
        )
        self.advance(seconds=(morning.replace(hour=MORNING) - now).total_seconds())

    def live_day(self, day):
        """Have everybody do what they do on a day."""
        self.today = self.do("today")
        for customer in self.customers:
            for deed, args in customer.agenda.get(day, ()):
                self.act(customer, deed, **args)
        self.sim.refresh()
        self.work("money")
        self.note_failures()
        ledger = {
            "today": self.today,
            "lines": self.do(
                "ledger", partners=list(self.names), grouping=self.grouping
            ),
        }
        self.truth.begin_day(ledger)
        since = self.do("now")
        self.advance(seconds=2)
        # The job runs every half hour: what a person reads is no older.
        self.work("reminders")
        self.look_at_what_waits()
        self.work("reminders")
        # Delivery reports of SMS.
        self.advance(minutes=1)
        self.work("reminders")
        messages = self.do("left", since=since)
        for message in messages:
            message["name"] = self.names[message["partner"]]
        self.truth.check(ledger, messages)
        self.truth.check_arrival(messages, self.sim.inbox)
        for message in messages:
            self.reminders[message["id"]] = message
            self.unsure[message["id"]] = message["state"]
            self.tell(message["partner"], message=message)

    def work(self, jobs):
        """Have jobs run until nothing is left, webhooks included."""
        for _round in range(5):
            if not self.do("work", jobs=jobs):
                raise Broken(f"The jobs of {jobs} are due again and again")
            if not self.sim.pending:
                return
            self.sim.deliver_pending(transport=self.carry)

    def note_failures(self):
        """Take note of what turned out not to have arrived."""
        states = self.do("states", reminders=list(self.unsure))
        for reminder, state in states.items():
            if state not in ("queued", "sent", "delivered"):
                self.truth.note_failed(int(reminder))
                message = self.reminders[int(reminder)]
                self.tell(message["partner"], f"“{message['level_name']}” failed")
                self.unsure.pop(int(reminder))

    def look_at_what_waits(self):
        """Have the accountant confirm, drop, post and call; not at week-ends."""
        if self.sim.clock.now().weekday() >= SATURDAY:
            return
        for reminder, partner, state in self.do("waiting"):
            if self.chance.random() > LOOKS:
                continue
            way, args = {"to_post": "post", "to_call": "call"}.get(state), {}
            if way == "call":
                answers = ("done", "promised", "no_answer", "wrong_number", "disputed")
                args["answer"] = self.chance.choice(answers)
            way = way or self.chance.choice(("send", "send", "send", "drop"))
            said = self.attempt("handle", reminder=reminder, way=way, **args)
            told = said.get("refused") or said["result"]["text"]
            self.tell(partner, f"{way}: {told}")

    def tell(self, partner, text=None, message=None):
        """Add to the story of a customer."""
        self.story[partner].append((self.today, text, message))

    # === What customers do ===

    def act(self, customer, deed, **args):
        """Have a customer, or the accountant about one, do something."""
        if "invoice" in args:
            known = self.invoices[customer.id]
            if args["invoice"] >= len(known):
                return
            args["invoice"] = known[args["invoice"]]
        shown = ", ".join(f"{name} {value}" for name, value in args.items())
        self.tell(customer.id, f"{deed.replace('_', ' ')}: {shown}")
        if own := getattr(self, f"do_{deed}", None):
            own(customer, **args)
        elif deed in ("invoice", "correct_address"):
            partner = customer.parts[args.pop("part", 0)]
            made = self.do(deed, partner=partner, **args)
            if deed == "invoice":
                self.invoices[customer.id].append(made)
        else:
            self.do(deed, **args)

    def do_transfer(self, customer, invoice, share, names_it):
        """The customer types a transfer at their bank."""
        shown = self.do("describe_invoice", invoice=invoice)
        amount = round(shown["open"] * share, 2)
        if amount > 0 and shown["currency"] == "EUR":
            words = f"{shown['reference']} {shown['name']}" if names_it else "virement"
            self.sim.transfer(amount, words, payer=customer.name.upper())

    def do_pay_link(self, customer, invoice, outcome):
        """The customer pays by the link of the last message, or of the invoice."""
        told = [m for _day, _text, m in self.story[customer.id] if m and m["url"]]
        shown = self.do("describe_invoice", invoice=invoice)
        url = told[-1]["url"] if told else shown["url"]
        if not url:
            return
        path = url.partition("/pay/")[2]
        page = f"{self.base_url}/pay/{path}"
        answer = self.ask("POST", f"{page}/bank", data={"option": "due"})
        try:
            link = self.sim.find_link(answer.headers["Location"])["id"]
            self.sim.pay(link, outcome)
        except (KeyError, JourneyError) as error:
            self.tell(customer.id, f"the link does not pay: {error}")
