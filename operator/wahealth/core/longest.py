"""The longest of the numbers that are there now, where they come and go."""

from __future__ import annotations

from heapq import heappop, heappush


class Longest:
    def __init__(self) -> None:
        self._times: dict[float, int] = {}  # how often each is there; one of the heap may be there no more
        self._heap: list[float] = []  # negative, so that the longest is the first

    def add(self, number: float) -> None:
        if number not in self._times:
            self._times[number] = 0
            heappush(self._heap, -number)
        self._times[number] += 1

    def drop(self, number: float) -> None:
        """One that was added."""
        self._times[number] -= 1
        while self._heap and not self._times[-self._heap[0]]:
            del self._times[-heappop(self._heap)]

    @property
    def now(self) -> float:
        """0.0 where there is none."""
        return -self._heap[0] if self._heap else 0.0
