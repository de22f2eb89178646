"""What must hold at the end of a history, by what the simulated banks know."""

from collections import Counter, defaultdict

from .world import Broken

# What a session that the database ended leaves in the log.
LOST_SESSION = {"OperationalError", "InterfaceError", "DatabaseError", "PoolError"}
# Logged as errors without harm: what the database itself says of a lost session.
LOST_SESSION_TEXTS = (
    "closed the connection",
    "already closed",
    "terminating connection",
)
# Of two workers one is told to try again, which it does.
CONCURRENCY = ("could not serialize", "could not obtain lock", "deadlock detected")
EXECUTED, PENDING = "ACSC", "PDNG"


def check(history):
    """Compare Odoo's books with the banks'.

    :raises Broken: with all that does not hold
    """
    world = history.world
    facts = look(history)
    _count(history, facts)
    problems = [*_queues(facts), *_log(world)]
    problems += _transactions(history, facts)
    problems += _requests(facts)
    problems += _bank(history, facts)
    problems += _books(history, facts)
    if not problems and history.number % 4 == 0:
        problems += _again(history, facts)
    if problems:
        raise Broken("\n".join(["", *problems]))


def _count(history, facts):
    """Add what happened to the tally of all histories."""
    tally, world = history.tally, history.world
    tally["payments"] += sum(len(tx["payments"]) for tx in facts["transactions"])
    tally.update(f"{tx['state']} transfers" for tx in facts["transactions"])
    tally.update(f"{line['state']} bank lines" for line in facts["lines"])
    tally.update(kills=world.kills, sessions=world.sessions_ended)


def look(history):
    """Return what Odoo says of the records of a history."""
    invoices = history.invoices
    return history.world.do(
        "facts",
        requests=[invoice["request"] for invoice in invoices],
        partner=invoices[0]["partner"] if invoices else 0,
        after=history.world.first_line,
    )


def _queues(facts):
    return [
        f"{count} {name} still wait" for name, count in facts["queues"].items() if count
    ]


def _log(world):
    """Errors are expected of sessions that were ended and of two workers that met, and
    of nothing else."""
    for record in world.new_records():
        if record["level"] not in ("ERROR", "CRITICAL"):
            continue
        if any(text in record["text"] for text in CONCURRENCY):
            continue
        lost = not LOST_SESSION.isdisjoint(record["kinds"]) or any(
            text in record["text"] for text in LOST_SESSION_TEXTS
        )
        if not (lost and world.sessions_ended):
            yield f"logged by {record['logger']}: {record['text']}\n{record['trace']}"


def _attempts(history, link_id):
    link = history.sim.links.get(link_id)
    return link, history.sim.store.requests_of(link) if link else []


def _transactions(history, facts):
    """Each transaction is in the state, and booked as, the banks know it."""
    known = {tx["link"] for tx in facts["transactions"]}
    for _which, link_id in history.tapped:
        if link_id not in known:
            yield f"the payer was sent to link {link_id}, of which nothing is known"
    twice = Counter(tx["link"] for tx in facts["transactions"] if tx["link"])
    yield from (
        f"link {link} has {n} transactions" for link, n in twice.items() if n > 1
    )
    told = defaultdict(list)
    for line in facts["lines"]:
        told[line["transaction"]].append(line)
    for tx in facts["transactions"]:
        yield from _transaction(history, tx, told[tx["id"]])


def _transaction(history, tx, lines):
    link, attempts = _attempts(history, tx["link"])
    statuses = Counter(attempt["status"] for attempt in attempts)
    paid = bool(statuses[EXECUTED] or lines)
    if paid:
        expected = {"done"}
    elif statuses[PENDING]:
        expected = {"pending"}
        if not tx["released"]:
            yield f"{tx} is pending for days and still keeps its payer from paying"
    elif not link:
        expected = {"error", "cancel"}
    else:
        expected = {"error" if link["status"] == "completed" else "cancel"}
        if tx["issue"] == "amount_differs":
            # A person was called; nothing moved.
            expected = {"error", "cancel"}
    story = f"at the bank: {link and link['status']}, {dict(statuses)}"
    if tx["state"] not in expected:
        yield f"{tx} should be {expected} ({story})"
    amounts = [amount for amount, _state, _matched in tx["payments"]]
    if amounts != ([tx["amount"]] if paid else []):
        yield f"{tx} is booked as {amounts} ({story})"
    if any(state not in ("in_process", "paid") for _a, state, _m in tx["payments"]):
        yield f"{tx} has a payment that is not posted"
    if statuses[EXECUTED] > 1 and tx["issue"] != "paid_twice":
        yield f"{tx} was paid {statuses[EXECUTED]} times and nobody is told"


def _requests(facts):
    for request in facts["requests"]:
        if request["state"] != request["computed"]:
            yield f"{request}: the stored state is old"
        left = max(request["due"] - request["in_progress"], 0.0)
        if abs(request["to_pay"] - left) > 0.001:
            yield f"{request} asks for something else than what is left, {left}"
        if (
            request["invoice"] == "posted"
            and request["due"] > request["residual"] + 0.001
        ):
            yield f"{request} asks for more than its invoice"


def _bank(history, facts):
    """The bank's lines are in the books once, and pay what they pay."""
    sim = history.sim
    by_ref = defaultdict(list)
    for line in facts["lines"]:
        by_ref[line["ref"]].append(line)
    links = {tx["link"]: tx for tx in facts["transactions"] if tx["link"]}
    seen = Counter()
    for number, transaction in sorted(sim.transactions.items()):
        if number <= history.world.first_transaction or transaction["deleted"]:
            continue
        found = by_ref[str(number)]
        if [line["amount"] for line in found] != [transaction["amount"]]:
            yield f"the bank's {transaction} is in the books as {found}"
            continue
        payment = sim.store.feed.bank_lines[transaction["line"]].get("payment") or {}
        tx = links.get(payment.get("payment_link_id"))
        if tx and not seen[tx["id"]]:
            seen[tx["id"]] += 1
            if found[0]["transaction"] != tx["id"] or not found[0]["reconciled"]:
                yield f"{found[0]} does not pay {tx}"


def _books(history, facts):
    """What the customer owes: their invoices less what came, each once."""
    owed = facts["receivable"]
    paid = sum(
        amount for tx in facts["transactions"] for amount, _s, _m in tx["payments"]
    )
    booked = -owed.get("payments", 0.0)
    if abs(booked - paid - history.by_hand) > 0.001:
        yield (
            f"{booked} are booked, but {paid} came by transfer and {history.by_hand}"
            f" by hand: {owed}"
        )
    plain = sum(line["cents"] for line in history.plain) / 100
    if -owed.get("bank", 0.0) > plain + 0.001:
        yield f"bank lines pay more than the transfers typed by hand: {owed}"


def _again(history, facts):
    """All webhooks come again, last first, and everything is read again: nothing
    changes."""
    world, sim = history.world, history.sim
    for index in range(world.first_webhook, len(sim.webhooks)):
        sim.replay(index)
    sim.deliver_pending(order="reversed", transport=world.carry)
    world.do("scheduler")
    world.advance(minutes=20)
    world.do("scheduler")
    after = look(history)
    for name in ("transactions", "requests", "receivable"):
        if _lasting(facts[name]) != _lasting(after[name]):
            yield f"the same webhooks again change {facts[name]} to {after[name]}"


def _lasting(values):
    if isinstance(values, list):
        return [{k: v for k, v in item.items() if k != "next_check"} for item in values]
    return values
