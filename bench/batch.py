"""Database queries of payment requests that are made in one call."""

from .world import World, drafts, environment

SIZES = (10, 100, 1000)


def measure(world: World) -> dict[int, int]:
    """Return how many queries it takes to make each number of requests."""
    queries = {}
    for size in (SIZES[0], *SIZES):  # The first one fills the caches of the registry.
        with environment(world.with_addon) as env:
            env.company.payment_request_policy = "manual"
            moves = drafts(env, size)
            moves.action_post()
            env.cr.flush()
            env.invalidate_all()
            start = env.cr.sql_log_count
            requests = moves._get_or_create_payment_requests()
            env.cr.flush()
            queries[size] = env.cr.sql_log_count - start
            if len(requests) != size:
                raise RuntimeError(f"{len(requests)} requests instead of {size}.")
    return queries
