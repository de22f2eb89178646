"""The correspondence of each customer, as a page to be read as its receiver."""

from html import escape

STYLE = """
body { font: 15px/1.5 sans-serif; color: #222; max-width: 860px; margin: 2em auto; }
section { border-top: 3px solid #8a9; margin-top: 3em; }
.fact { color: #667; margin: .3em 0; }
.message { border: 1px solid #ccd; border-radius: 6px; margin: 1em 0; padding: 1em; }
.head { background: #eef2f0; margin: -1em -1em 1em; padding: .6em 1em; }
.bad { background: #fdd; padding: 1em; }
"""


def write_pages(path, world):
    """Write a page with what happened to each customer, and what they were told."""
    parts = [f"<!doctype html><meta charset='utf-8'><style>{STYLE}</style>"]
    problems = world.truth.problems
    if problems:
        items = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
        parts.append(f"<div class='bad'><h1>What does not hold</h1>{items}</div>")
    parts += [_write_customer(world, customer) for customer in world.customers]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")


def _write_customer(world, customer):
    entries = [
        _write_message(day, message)
        if message
        else f"<p class='fact'>{day} {escape(text)}</p>"
        for day, text, message in world.story[customer.id]
    ]
    title = f"{customer.name}: {', '.join(customer.traits)}"
    policy, grouping = customer.address["policy"], customer.address["grouping"]
    head = f"<h2>{escape(title)}</h2><p class='fact'>{policy}, by {grouping}</p>"
    return f"<section>{head}{''.join(entries)}</section>"


def _write_message(day, message):
    head = (
        f"<b>{day}</b> {message['channel']}, level {message['days']} "
        f"“{escape(message['level_name'] or '')}”, {message['state']}: "
        f"{message['asked']:.2f} {message['currency']}"
    )
    if message["channel"] == "sms":
        text = f"<p>{escape(message['sms'] or '')}</p>"
    elif message["channel"] == "phone":
        text = message["script"] or ""
    else:
        subject = f"<h3>{escape(message['subject'] or '')}</h3>"
        parts = (message["body"], message["table"], message["closing"])
        text = subject + "".join(part or "" for part in parts)
    return f"<div class='message'><div class='head'>{head}</div>{text}</div>"


def summarize(world):
    """Return a line for each message of each customer."""
    lines = []
    for customer in world.customers:
        lines.append(f"{customer.name}: {', '.join(customer.traits)}")
        lines += [
            f"    {day} {message['channel']:8} {message['days']:>3} "
            f"{message['asked']:>10.2f} {message['currency']} {message['subject']}"
            for day, _text, message in world.story[customer.id]
            if message
        ]
    return "\n".join(lines)
