"""A thousand invoices posted in one call, each with its payment request."""

from .measure import Comparison, rounds
from .pair import measured, pair
from .world import INVOICES, World, drafts, environment

ROUNDS, SECONDS = 4, 120


def measure(world: World) -> Comparison:
    """Post the same invoices in both databases at once, and roll back."""
    comparison = Comparison(f"{INVOICES} invoices posted", "CPU s", limit=1.08)
    with pair() as both:
        both.run((_post, world.without, 20), (_post, world.with_addon, 20))
        for _round in rounds(ROUNDS, SECONDS):
            comparison.add(
                *both.run(
                    (_post, world.without, INVOICES),
                    (_post, world.with_addon, INVOICES),
                )
            )
    return comparison


def _post(database: str, count: int) -> float:
    with environment(database) as env:
        moves = drafts(env, count)

        def post():
            moves.action_post()
            env.cr.flush()

        seconds = measured(env.cr, post)
        if "payment.request" in env and len(moves.payment_request_id) != count:
            raise RuntimeError("Some invoices were posted without a payment request.")
        return seconds
