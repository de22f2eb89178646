"""The account-information half: banks read by Bridge for its users.

========  ==================================================================
module    subject
========  ==================================================================
api       the HTTP API below ``/v3/aggregation``
banks     accounts at the simulated banks and the lines on them: the truth
control   the operator's pages and ``/sim/bank/...``
history   what stands on the demo company's accounts from the start
iban      account numbers whose check digits are right
items     connections: their life, when their bank is read
levers    what tests call: connect, transfer, refresh, correct, ...
pages     the hosted page where a person connects a bank
reading   what Bridge reads from a bank at a refresh
sessions  that person's way through it
show      JSON as Bridge shows it
status    statuses of connections
store     what is kept on disk
texts     words of the hosted page, in English and French
users     Bridge users and their tokens
writing   how each bank writes a transfer down
========  ==================================================================
"""

from .banks import Banks
from .items import Items
from .reading import Reading
from .sessions import Sessions
from .users import Users


class Feed:
    """The parts, wired. Everything in them runs with the lock held."""

    def __init__(self, store, clock, agenda, outbox, faults):
        self.banks = Banks(store, clock)
        self.reading = Reading(store, faults, self.banks)
        self.items = Items(store, clock, agenda, outbox, faults, self.reading)
        self.users = Users(store, clock, outbox, faults, self.items)
        self.sessions = Sessions(store, clock, faults, self.banks, self.items)
        self.banks.on_line = self.items.something_happened
