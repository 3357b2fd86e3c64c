"""Detection of our own isolation: when most of the fleet becomes unreachable at once, the fault is on our side.

Each network path is judged separately, because a fault of our egress says nothing about the path to pods. Votes are
counted: each target of a namespace has one, so that nobody gets more of them by creating more resources. Verdicts are
frozen only while more than half of the namespaces have lost theirs, so that no tenant alone can freeze anybody else's.
(Only an administrator may create namespaces.) A client that answers is judged all the same: its answer shows that the
path leads to it.

This is one of the two parts of the core that keep state of their own: every round of every resource uses it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Set
from itertools import takewhile
from typing import NamedTuple

from wahealth.core.control.longest import Longest
from wahealth.core.strenum import FastStrEnum

AT_ONCE = 45.0  # seconds within which votes must be lost, or more: a default period and a default timeout
MIN_LOST = 10  # votes that must be lost at once
LOST_RATIO = 0.8  # the part that must be lost of the votes that were reachable before, of all and of a namespace
RECOVERED_RATIO = 0.5  # the part of the lost votes that must answer for the isolation to end
LONGEST, MOST_PERIODS = 600.0, 5  # a freeze lasts at most so many seconds, or periods if that is longer


class Path(FastStrEnum):
    """The network path on which a target is probed: to pods of the cluster, to hosts outside, or to one of the
    providers of the Cloud API."""

    CLUSTER = "cluster"
    OUTSIDE = "outside"
    CLOUD = "cloud"
    DIALOG360 = "360dialog"


class Vote(NamedTuple):
    """A vote: all resources of one namespace with the same target share one."""

    path: Path
    namespace: str
    target: str


class Asked(NamedTuple):
    """When a round began (monotonic seconds), and the resource's period in seconds."""

    at: float
    period: float


class Spent:
    """Losses that outlasted their freeze: they do not count as lost again until half of them have answered.

    A vote that has answered for as long as a freeze lasts counts again before that.
    """

    def __init__(self) -> None:
        self._since: dict[Vote, float | None] = {}  # since when each has answered again; None: it does not
        self._silent: set[Vote] = set()  # those that have not answered yet
        self._size = 0

    def __bool__(self) -> bool:
        return bool(self._since)

    def add(self, frozen: Set[Vote], lost: Set[Vote], now: float) -> None:
        """A freeze has outlasted itself. `frozen`: the votes with which it began; `lost`: those that are still lost."""
        self._since |= dict.fromkeys(frozen, now) | dict.fromkeys(lost)
        self._silent |= lost
        self._size = len(self._since)

    def answered(self, vote: Vote, now: float) -> None:
        """A resource of this vote was reached."""
        if vote in self._since and self._since[vote] is None:
            self._since[vote] = now
            self._awaits_no_more(vote)

    def forget(self, vote: Vote) -> None:
        """No resource has this vote any more."""
        self._since.pop(vote, None)
        self._awaits_no_more(vote)

    def lost(self, vote: Vote, now: float) -> bool:
        """Note that the vote is lost; True if this is one of the losses that do not count."""
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
        self._suffering: set[str] = set()  # namespaces that lost most of their votes; while isolated, more than half
        self._lost = OrderedDict[Vote, Asked]()  # oldest first; a dict would search for the first through all its holes
        self._period = Longest()  # the periods of the lost votes
        self._frozen: frozenset[Vote] = frozenset()  # while isolated: the lost votes with which it began
        self._awaited: set[Vote] = set()  # those of them that do not answer yet
        self._since = 0.0  # when the isolation began (monotonic seconds)
        self._spent = Spent()

    @property
    def isolated(self) -> bool:
        """Whether this path counts as broken on our side."""
        return bool(self._frozen)

    def freezes(self, namespace: str, now: float, period: float) -> bool:
        """Whether verdicts of this namespace are frozen, for a resource with this period in seconds.

        Losses of a single other namespace on this path say nothing about this one.
        """
        concerned = len(self._up) > 1 or namespace in self._up
        return self.isolated and concerned and self._lasts(now, period)

    def saw(self, uid: str, vote: Vote, reached: bool, was: bool, asked: Asked) -> None:
        """Count a round of a resource. `was`: the resource is new here, but is known to have been reachable."""
        if reached and self._all_is_well and uid in self._reached.get(vote, ()):
            return  # as before, like nearly every round
        was = was or vote in self._reached
        self._note(uid, vote, reached)
        if reached:
            self._spent.answered(vote, asked.at)
            self._found(vote)
        elif was and vote not in self._reached and vote not in self._lost:  # no resource that shares it is reached now
            self._lose(vote, asked)
        self._settle()
        if self.isolated and not self._lasts(asked.at, self._period.now):
            self._spent.add(self._frozen, self._lost.keys(), asked.at)
            self._end()
        if not self.isolated:
            self._look(asked.at)

    def forget(self, uid: str, vote: Vote) -> None:
        """A resource is gone. A vote that no other resource has is no longer waited for; otherwise it stays."""
        self._note(uid, vote, reached=False)
        if vote not in self._reached:
            self._spent.forget(vote)
            self._found(vote)
        self._settle()

    def _lasts(self, now: float, period: float) -> bool:
        """Whether the freeze still lasts for a resource with this period in seconds: every freeze has an end."""
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
        """End the isolation if half of the lost votes answer, or if too few namespaces still suffer from it."""
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
    def _all_is_well(self) -> bool:
        """Whether no vote is lost, or was lost and is waited for."""
        return not self._lost and not self._frozen and not self._spent

    @property
    def _most_suffer(self) -> bool:
        return 2 * len(self._suffering) > len(self._up)

    @property
    def _at_once(self) -> float:
        """Seconds within which votes must be lost: the longest period of the lost ones, and at least `AT_ONCE`."""
        return max(AT_ONCE, self._period.now)

    def _look(self, now: float) -> None:
        for vote in [*takewhile(lambda vote: now - self._lost[vote].at > self._at_once, self._lost)]:
            self._drop(vote)
        lost = len(self._lost)
        if lost >= MIN_LOST and lost >= LOST_RATIO * (lost + self._ups) and self._most_suffer:
            self._frozen, self._awaited, self._since = frozenset(self._lost), set(self._lost), now


class IsolationDetector:
    """The votes of the whole fleet, by path. Times are monotonic seconds; a resource is named by its uid."""

    def __init__(self) -> None:
        self._votes: dict[str, Vote] = {}  # by uid
        self._met: set[str] = set()  # resources that were reachable before this process probed them
        self._sides = {path: Side() for path in Path}

    def isolated(self, path: Path) -> bool:
        """Whether this path counts as broken on our side."""
        return self._sides[path].isolated

    def freezes(self, vote: Vote, now: float, period: float) -> bool:
        """Whether the verdict of a resource with this vote and period (seconds) is frozen while it is not reached."""
        return self._sides[vote.path].freezes(vote.namespace, now, period)

    def knows(self, uid: str, vote: Vote) -> bool:
        """Whether the resource is known here, with this vote."""
        return self._votes.get(uid) == vote

    def meet(self, uid: str, vote: Vote, was_reachable: bool) -> None:
        """Add a resource before its first round here, or with another vote.

        `was_reachable`: its status says so. That can be lost, but it is not an answer, so it ends no isolation.
        """
        self.forget(uid)  # it may have had another target
        self._votes[uid] = vote
        if was_reachable:
            self._met.add(uid)

    def saw(self, uid: str, vote: Vote, reached: bool, asked: float, period: float) -> None:
        """Count a round that probed something; `asked`: when it began. `period`: in seconds."""
        if not self.knows(uid, vote):
            self.meet(uid, vote, was_reachable=False)
        was = uid in self._met
        self._met.discard(uid)
        self._sides[vote.path].saw(uid, vote, reached, was, Asked(asked, period))

    def forget(self, uid: str) -> None:
        """Remove a resource that is gone, or that is no longer probed."""
        self._met.discard(uid)
        vote = self._votes.pop(uid, None)
        if vote is not None:
            self._sides[vote.path].forget(uid, vote)

    def keep_only(self, uids: Set[str]) -> None:
        """Forget all other resources, which another replica probes now."""
        for uid in self._votes.keys() - uids:
            self.forget(uid)
