"""The whole fleet: when most of it becomes unreachable at once, the fault is on our side of the path.

One guard a network path, for a fault of ours on the way out says nothing of the way to pods. What is counted are votes,
a target of a namespace each, so that nobody has more of them by making more resources; and verdicts are frozen only
while more than half of the namespaces have lost theirs, so that no tenant alone can freeze anybody else's. (Who may
create namespaces is an administrator.) Whoever answers is believed all the same: that the path leads to it is shown by
the answer.

One of the two parts of the core that keep state of their own: it is asked by every round of every resource.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Set
from itertools import takewhile
from typing import NamedTuple

from wahealth.core.longest import Longest
from wahealth.core.strenum import FastStrEnum

AT_ONCE = 45.0  # seconds, at least, within which they must be lost: a default period and a default timeout
MIN_LOST = 10  # votes that must be lost at once
LOST_RATIO = 0.8  # of those that were reachable before, of all and of a namespace
RECOVERED_RATIO = 0.5  # of the lost ones, and it is over
LONGEST, MOST_PERIODS = 600.0, 5  # seconds, and periods, after which verdicts follow what is seen again


class Path(FastStrEnum):
    """On which way a target is asked."""

    CLUSTER = "cluster"
    OUTSIDE = "outside"


class Vote(NamedTuple):
    """Resources of one namespace with one target have one vote."""

    path: Path
    namespace: str
    target: str


class Asked(NamedTuple):
    """When a round began, and seconds from one to the next."""

    at: float
    period: float


class Spent:
    """Losses that outlasted their freeze: none of them freezes anything again until half of them have answered, but for
    those that have answered for as long as a freeze lasts."""

    def __init__(self) -> None:
        self._since: dict[Vote, float | None] = {}  # since when each answers again
        self._silent: set[Vote] = set()  # those that have not answered yet
        self._size = 0

    def add(self, frozen: Set[Vote], lost: Set[Vote], now: float) -> None:
        self._since |= dict.fromkeys(frozen, now) | dict.fromkeys(lost)
        self._silent |= lost
        self._size = len(self._since)

    def answered(self, vote: Vote, now: float) -> None:
        if vote in self._since and self._since[vote] is None:
            self._since[vote] = now
            self._awaits_no_more(vote)

    def forget(self, vote: Vote) -> None:
        self._since.pop(vote, None)
        self._awaits_no_more(vote)

    def lost(self, vote: Vote, now: float) -> bool:
        """Whether this loss is one of them once more."""
        if vote not in self._since:
            return False
        since = self._since[vote]
        if since is not None and now - since >= LONGEST:
            del self._since[vote]
            return False
        self._since[vote] = None
        return True

    def _awaits_no_more(self, vote: Vote) -> None:
        self._silent.discard(vote)
        if len(self._silent) <= self._size * (1 - RECOVERED_RATIO):
            self._since, self._silent, self._size = {}, set(), 0


class Side:
    """The votes of one path."""

    def __init__(self) -> None:
        self._reached: defaultdict[Vote, set[str]] = defaultdict(set)  # the resources of a vote that were reached
        self._up: Counter[str] = Counter()  # votes that are reachable, by namespace
        self._down: Counter[str] = Counter()  # votes lost within a period, by namespace
        self._ups = 0
        self._suffering: set[str] = set()  # namespaces that lost most of theirs; while isolated, more than half
        self._lost = OrderedDict[Vote, Asked]()  # oldest first; in a dict the first is looked for through all holes
        self._period = Longest()  # of the lost ones
        self._frozen: frozenset[Vote] = frozenset()  # while isolated: the lost ones with which it began
        self._awaited: set[Vote] = set()  # those of them that do not answer yet
        self._since = 0.0
        self._spent = Spent()

    @property
    def isolated(self) -> bool:
        return bool(self._frozen)

    def freezes(self, namespace: str, now: float, period: float) -> bool:
        """Whoever is the only one on this path says nothing of others."""
        concerned = len(self._up) > 1 or namespace in self._up
        return self.isolated and concerned and self._lasts(now, period)

    def saw(self, uid: str, vote: Vote, reached: bool, was: bool, asked: Asked) -> None:
        """`was`: whoever sees it for the first time knows that it was reachable."""
        was = was or vote in self._reached
        self._note(uid, vote, reached)
        if reached:
            self._spent.answered(vote, asked.at)
            self._found(vote)
        elif was and vote not in self._reached and vote not in self._lost:  # nobody who shares it is reached any more
            self._lose(vote, asked)
        self._settle()
        if self.isolated and not self._lasts(asked.at, self._period.now):
            self._spent.add(self._frozen, self._lost.keys(), asked.at)
            self._end()
        if not self.isolated:
            self._look(asked.at)

    def forget(self, uid: str, vote: Vote) -> None:
        """Of a vote that nobody has any more nothing is waited for; one that others have stays as it is."""
        self._note(uid, vote, reached=False)
        if vote not in self._reached:
            self._spent.forget(vote)
            self._found(vote)
        self._settle()

    def _lasts(self, now: float, period: float) -> bool:
        """For whom is asked every `period` seconds: what is frozen has an end."""
        return now - self._since < max(LONGEST, MOST_PERIODS * period)

    def _note(self, uid: str, vote: Vote, reached: bool) -> None:
        before = vote in self._reached
        if reached:
            self._reached[vote].add(uid)
        elif before:
            self._reached[vote].discard(uid)
            if not self._reached[vote]:
                del self._reached[vote]
        change = (vote in self._reached) - before
        if change:
            self._ups += change
            self._counted(vote.namespace, up=change)

    def _lose(self, vote: Vote, asked: Asked) -> None:
        if not self._spent.lost(vote, asked.at):
            self._lost[vote] = asked
            self._period.add(asked.period)
            self._counted(vote.namespace, down=1)

    def _found(self, vote: Vote) -> None:
        if vote in self._lost:
            self._drop(vote)
        self._awaited.discard(vote)

    def _settle(self) -> None:
        """It is over when half of them answer, or when half of those of so many namespaces do."""
        if self.isolated and (len(self._awaited) <= len(self._frozen) * (1 - RECOVERED_RATIO) or not self._most_suffer):
            self._end()

    def _end(self) -> None:
        self._awaited, self._frozen = set(), frozenset()
        for vote in [*self._lost]:
            self._drop(vote)

    def _drop(self, vote: Vote) -> None:
        self._period.drop(self._lost.pop(vote).period)
        self._counted(vote.namespace, down=-1)

    def _counted(self, namespace: str, up: int = 0, down: int = 0) -> None:
        self._up[namespace] += up
        self._down[namespace] += down
        lost, there = self._down[namespace], self._up[namespace]
        suffers = lost > RECOVERED_RATIO * (lost + there) if self.isolated else lost >= LOST_RATIO * (lost + there)
        if lost and suffers:
            self._suffering.add(namespace)
        else:
            self._suffering.discard(namespace)
        if not lost and not there:
            del self._up[namespace], self._down[namespace]

    @property
    def _most_suffer(self) -> bool:
        return 2 * len(self._suffering) > len(self._up)

    @property
    def _at_once(self) -> float:
        """Seconds: a period of the lost ones; and no less than the others may take to notice."""
        return max(AT_ONCE, self._period.now)

    def _look(self, now: float) -> None:
        for vote in [*takewhile(lambda vote: now - self._lost[vote].at > self._at_once, self._lost)]:
            self._drop(vote)
        lost = len(self._lost)
        if lost >= MIN_LOST and lost >= LOST_RATIO * (lost + self._ups) and self._most_suffer:
            self._frozen, self._awaited, self._since = frozenset(self._lost), set(self._lost), now


class IsolationDetector:
    """Times are monotonic seconds; a resource is named by its uid."""

    def __init__(self) -> None:
        self._votes: dict[str, Vote] = {}  # by uid
        self._met: set[str] = set()  # those that were reachable before anybody was asked here
        self._sides = {path: Side() for path in Path}

    def isolated(self, path: Path) -> bool:
        return self._sides[path].isolated

    def freezes(self, vote: Vote, now: float, period: float) -> bool:
        """Whether what a resource with this period is not reached for is the path's fault."""
        return self._sides[vote.path].freezes(vote.namespace, now, period)

    def knows(self, uid: str, vote: Vote) -> bool:
        return self._votes.get(uid) == vote

    def meet(self, uid: str, vote: Vote, was_reachable: bool) -> None:
        """Before its first round here. What is known from before is no answer: it can be lost, and ends nothing."""
        self.forget(uid)  # it may have had another target
        self._votes[uid] = vote
        if was_reachable:
            self._met.add(uid)

    def saw(self, uid: str, vote: Vote, reached: bool, asked: float, period: float) -> None:
        """A round that asked somebody has ended; `asked` is when it began."""
        if not self.knows(uid, vote):
            self.meet(uid, vote, was_reachable=False)
        was = uid in self._met
        self._met.discard(uid)
        self._sides[vote.path].saw(uid, vote, reached, was, Asked(asked, period))

    def forget(self, uid: str) -> None:
        """The resource is gone, or nobody asks for it any more."""
        self._met.discard(uid)
        vote = self._votes.pop(uid, None)
        if vote is not None:
            self._sides[vote.path].forget(uid, vote)

    def keep_only(self, uids: Set[str]) -> None:
        """All others are another's to ask now."""
        for uid in self._votes.keys() - uids:
            self.forget(uid)
