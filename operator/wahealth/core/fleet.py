"""The whole fleet: when most of it becomes unreachable at once, the fault is on our side of the path.

One guard a network path, for a fault of ours on the way out says nothing of the way to pods. What is counted are votes,
a target of a namespace each, so that nobody has more of them by making more resources; and more than half of the
namespaces must have lost theirs, so that no tenant alone can freeze anybody. (Who may create namespaces is an
administrator.) Whoever answers is believed all the same: that the path leads to it is shown by the answer.

One of the two parts of the core that keep state of their own: it is asked by every round of every resource.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Set
from itertools import takewhile
from typing import NamedTuple

from wahealth.core.word import Word

FEWEST = 10  # votes that must be lost at once
MOST_OF = 0.8  # of those that were reachable before, of all and of a namespace
BACK = 0.5  # of the lost ones, and it is over
LONGEST, MOST_PERIODS = 600.0, 5  # seconds, and periods, after which verdicts follow what is seen again


class Path(Word):
    """On which way a target is asked."""

    CLUSTER = "cluster"
    OUTSIDE = "outside"


class Vote(NamedTuple):
    """Resources of one namespace with one target have one vote."""

    path: Path
    namespace: str
    target: str


class Loss(NamedTuple):
    at: float
    period: float


class Side:
    """The votes of one path."""

    def __init__(self) -> None:
        self._reached: defaultdict[Vote, set[str]] = defaultdict(set)  # the resources of a vote that were reached
        self._up: Counter[str] = Counter()  # votes that are reachable, by namespace
        self._down: Counter[str] = Counter()  # votes lost within a period, by namespace
        self._ups = 0
        self._suffering: set[str] = set()  # namespaces that lost most of theirs
        self._lost: dict[Vote, Loss] = {}  # oldest first
        self._longest = 0.0  # period of the lost ones
        self._awaited: set[Vote] = set()  # while isolated: the lost ones that do not answer yet
        self._frozen = 0  # how many they were
        self._since = 0.0

    @property
    def isolated(self) -> bool:
        return self._frozen > 0

    def lasts(self, now: float, period: float) -> bool:
        """For whom is asked every `period` seconds: what is frozen has an end."""
        return self.isolated and now - self._since < max(LONGEST, MOST_PERIODS * period)

    def saw(self, uid: str, vote: Vote, reached: bool, asked: float, period: float) -> None:
        was = bool(self._reached.get(vote))
        self._note(uid, vote, reached)
        if reached:
            self._found(vote)
        elif was and vote not in self._reached:  # nobody who shares it is reached any more
            self._lost[vote] = Loss(asked, period)
            self._longest = max(self._longest, period)
            self._counted(vote.namespace, down=1)
        if self.isolated and not self.lasts(asked, self._longest):
            self._end()
        if not self.isolated:
            self._look(asked)

    def forget(self, uid: str, vote: Vote) -> None:
        """Of a vote that nobody has any more nothing is waited for; one that others have stays as it is."""
        self._note(uid, vote, reached=False)
        if vote not in self._reached:
            self._found(vote)

    def _note(self, uid: str, vote: Vote, reached: bool) -> None:
        before = len(self._reached.get(vote, ()))
        if reached:
            self._reached[vote].add(uid)
        elif before:
            self._reached[vote].discard(uid)
            if not self._reached[vote]:
                del self._reached[vote]
        change = (vote in self._reached) - bool(before)
        if change:
            self._ups += change
            self._counted(vote.namespace, up=change)

    def _found(self, vote: Vote) -> None:
        if self._lost.pop(vote, None) is not None:
            self._counted(vote.namespace, down=-1)
        self._awaited.discard(vote)
        if self.isolated and len(self._awaited) <= self._frozen * (1 - BACK):
            self._end()

    def _end(self) -> None:
        self._awaited, self._frozen = set(), 0
        for vote in [*self._lost]:
            self._drop(vote)

    def _drop(self, vote: Vote) -> None:
        del self._lost[vote]
        self._counted(vote.namespace, down=-1)

    def _counted(self, namespace: str, up: int = 0, down: int = 0) -> None:
        self._up[namespace] += up
        self._down[namespace] += down
        lost, there = self._down[namespace], self._up[namespace]
        if lost and lost >= MOST_OF * (lost + there):
            self._suffering.add(namespace)
        else:
            self._suffering.discard(namespace)
        if not lost and not there:
            del self._up[namespace], self._down[namespace]

    def _look(self, now: float) -> None:
        for vote in [*takewhile(lambda vote: now - self._lost[vote].at > self._longest, self._lost)]:
            self._drop(vote)
        lost = len(self._lost)
        most = lost >= FEWEST and lost >= MOST_OF * (lost + self._ups)
        if most and 2 * len(self._suffering) > len(self._up):
            self._awaited, self._frozen, self._since = set(self._lost), lost, now
        if not lost:
            self._longest = 0.0


class Fleet:
    """Times are monotonic seconds; a resource is named by its uid."""

    def __init__(self) -> None:
        self._votes: dict[str, Vote] = {}  # by uid
        self._sides = {path: Side() for path in Path}

    def isolated(self, path: Path) -> bool:
        return self._sides[path].isolated

    def freezes(self, path: Path, now: float, period: float) -> bool:
        """Whether what a resource with this period is not reached for is the path's fault."""
        return self._sides[path].lasts(now, period)

    def knows(self, uid: str, vote: Vote) -> bool:
        return self._votes.get(uid) == vote

    def saw(self, uid: str, vote: Vote, reached: bool, asked: float, period: float) -> None:
        """A round that asked somebody has ended; `asked` is when it began."""
        if not self.knows(uid, vote):
            self.forget(uid)  # it has another target now
        self._votes[uid] = vote
        self._sides[vote.path].saw(uid, vote, reached, asked, period)

    def forget(self, uid: str) -> None:
        """The resource is gone, or nobody asks for it any more."""
        vote = self._votes.pop(uid, None)
        if vote is not None:
            self._sides[vote.path].forget(uid, vote)

    def keep_only(self, uids: Set[str]) -> None:
        """All others are another's to ask now."""
        for uid in self._votes.keys() - uids:
            self.forget(uid)
