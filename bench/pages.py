"""The page where an invoice is paid, against core's portal page of the same invoice."""

from contextlib import ExitStack

from .load import Load, Request
from .measure import Comparison, rounds
from .server import server
from .world import World, drafts, environment

VOLLEY = 40
ROUNDS, SECONDS = 15, 45
# A browser on a phone.
HEADERS = {"User-Agent": "Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile"}


def measure(world: World) -> Comparison:
    """Open both pages of one invoice, each on a server of its own, in turns."""
    comparison = Comparison(
        "pay page opened", "pages/s", limit=1.0, more_is_better=True
    )
    with ExitStack() as stack:
        portal, ours = (
            (stack.enter_context(Load(stack.enter_context(server(name)))), path)
            for name, path in _pages(world)
        )
        for page in (portal, ours):
            _pages_a_second(*page)
        for _round in rounds(ROUNDS, SECONDS):
            comparison.add(_pages_a_second(*portal), _pages_a_second(*ours))
    return comparison


def _pages_a_second(load: Load, path: str) -> float:
    return VOLLEY / load.volley([Request(path, headers=HEADERS)] * VOLLEY)


def _pages(world: World):
    """Post one invoice in both databases; return each page's database and path."""
    with environment(world.without) as env:
        move = drafts(env, 1)
        move.action_post()
        portal = move.get_portal_url()
        env.cr.commit()
    with environment(world.with_addon) as env:
        own = env["account.move"].browse(move.id)
        own.action_post()
        pay = f"/pay/{own.sudo().payment_request_id.token}"
        env.cr.commit()
    return (world.without, portal), (world.with_addon, pay)
