"""What the simulated world will do, and when."""

import heapq
import itertools


class Agenda:
    """A priority queue of (moment, thing), first come first served at one moment."""

    def __init__(self):
        self._heap = []
        self._order = itertools.count()

    def __len__(self):
        return len(self._heap)

    def put(self, moment, thing):
        """Plan ``thing`` for ``moment`` (aware datetime)."""
        heapq.heappush(self._heap, (moment, next(self._order), thing))

    def next_due(self):
        """Return the first moment planned, or None."""
        return self._heap[0][0] if self._heap else None

    def take_due(self, now):
        """Remove and return the things due at ``now``, in order."""
        things = []
        while self._heap and self._heap[0][0] <= now:
            things.append(heapq.heappop(self._heap)[2])
        return things
