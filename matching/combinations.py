"""Which choices add up to an amount? Bounded, and the same on every machine."""

#: Sums looked at before giving up: what is not settled by then is left to a person.
MOST_SUMS = 20_000

#: Most choices returned; more than one means that none is certain.
MOST_ANSWERS = 3


def choose(places: list[list[int]], amount: int) -> tuple[tuple[int, ...], ...]:
    """Return the ways to take one option at each place so that they sum to ``amount``.

    :param list[list[int]] places: the amounts of the options of each place; 0 stands
        for taking nothing where that is allowed
    :param int amount: in cents
    :return: the choices, each the index of the option taken at each place; none when
        there are too many sums to look at them all
    """
    lowest, highest = [0], [0]  # what the places left can still add
    for options in reversed(places):
        lowest.append(lowest[-1] + min(options))
        highest.append(highest[-1] + max(options))
    sums: dict[int, tuple[tuple[int, ...], ...]] = {0: ((),)}
    seen = 0
    for options, low, high in zip(places, lowest[-2::-1], highest[-2::-1], strict=True):
        following: dict[int, tuple[tuple[int, ...], ...]] = {}
        for total, choices in sums.items():
            for index, cents in enumerate(options):
                new = total + cents
                if not new + low <= amount <= new + high:
                    continue
                known = following.setdefault(new, ())
                if len(known) < MOST_ANSWERS:
                    following[new] = known + tuple(
                        (*choice, index)
                        for choice in choices[: MOST_ANSWERS - len(known)]
                    )
        seen += len(following)
        if seen > MOST_SUMS:
            return ()
        sums = following
    return sums.get(amount, ())


def combine(amounts: list[int], amount: int) -> tuple[tuple[int, ...], ...]:
    """Return the ways to take some of ``amounts`` so that they sum to ``amount``.

    :param list[int] amounts: credit notes are negative
    :return: the choices, each the indexes of what is taken, at least one; none when
        there are too many sums to look at them all
    """
    taken = (
        tuple(index for index, option in enumerate(choice) if option)
        for choice in choose([[0, cents] for cents in amounts], amount)
    )
    return tuple(filter(None, taken))
