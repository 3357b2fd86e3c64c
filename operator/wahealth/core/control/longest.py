"""The largest of a changing collection of numbers."""

from __future__ import annotations

from heapq import heappop, heappush


class Longest:
    """A multiset of durations that knows its longest; adding and dropping take logarithmic time."""

    def __init__(self) -> None:
        self._times: dict[float, int] = {}  # how often it holds each number; the heap may hold numbers with none left
        self._heap: list[float] = []  # negated, so that the longest comes first

    def add(self, number: float) -> None:
        if number not in self._times:
            self._times[number] = 0
            heappush(self._heap, -number)
        self._times[number] += 1

    def drop(self, number: float) -> None:
        """Remove one occurrence of a number that was added before."""
        self._times[number] -= 1
        while self._heap and not self._times[-self._heap[0]]:
            del self._times[-heappop(self._heap)]

    @property
    def now(self) -> float:
        """The longest number; 0.0 if there are none."""
        return -self._heap[0] if self._heap else 0.0
