"""Whatever resources and pods there are: one resource at most writes onto a pod, and nobody onto pods of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from support.builders import resource
from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.control.pod_labels import CLIENT, GATE, GATEWAY, ROLE, Options, PodChange, changes, desired_pods
from wahealth.core.status import NodeVerdict, Status, TopologyNode
from wahealth.kube.claims import Claims, options_of
from wahealth.kube.entry import Ref, ResourceEntry, entry_of
from wahealth.kube.inventory.pods import Pods

NAMES, PODS, APPS = ("a", "b", "c"), ("p0", "p1", "p2"), ("core", "bank")
SWITCHES = ("Disabled", "Enabled"), ("Disabled", "Report", "Enforce")
ADDRESSES = ("10.0.0.1", "10.0.0.2")
Written = tuple[str, str]  # a pod, and what of it
Step = tuple[Any, ...]  # a method of the cluster, and its arguments

# No resource selects these, whatever it says: somebody else's, with a gate that a person closed.
FOREIGN = "theirs"


@dataclass
class Cluster:
    """`shown`: what each of two replicas has seen of the resources; it asks for those of its own."""

    pods: Pods = field(default_factory=Pods)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: dict[str, ResourceEntry] = field(default_factory=dict)
    shown: tuple[Claims, Claims] = field(init=False)
    late: list[tuple[int, ResourceEntry]] = field(default_factory=list)
    count: Counter[Written] = field(default_factory=Counter)
    edits: int = 0

    def __post_init__(self) -> None:
        self.shown = Claims(self.pods), Claims(self.pods)

    def pod(self, name: str, app: str, address: str) -> None:
        """Made anew."""
        self.edits += 1
        labels = {"app": app} | ({ROLE: "coreapp", GATEWAY: "connected"} if app == FOREIGN else {})
        closed = {"type": GATE, "status": "False", "reason": "ByHand", "message": ""}
        self.documents[name] = {
            "metadata": {"namespace": "acme", "name": name, "uid": f"{name}-{self.edits}", "labels": labels},
            "spec": {"readinessGates": [{"conditionType": GATE}]},
            "status": {"phase": "Running", "podIP": address, "conditions": [closed] if app == FOREIGN else []},
        }
        self.pods.put(self.documents[name])

    def edit(self, name: str, pods: dict[str, Any], nodes: tuple[TopologyNode, ...]) -> None:
        """The resource is made or changed; its own replica knows at once."""
        self.edits += 1
        before = self.records.get(name)
        document = resource(name, pods=pods, version=str(self.edits))
        document["metadata"]["creationTimestamp"] = before.created if before else f"{self.edits:06}"
        document["metadata"]["uid"] = before.uid if before else f"uid-{name}-{self.edits}"
        entry = self.records[name] = entry_of(document)
        entry.written = Status(nodes=nodes)
        self._show(entry)

    def delete(self, name: str) -> None:
        """Its replica takes off what it can; the rest is swept."""
        entry = self.records.pop(name, None)
        if entry is not None:
            entry.gone = True
            self._show(entry)

    def _show(self, entry: ResourceEntry) -> None:
        own = _replica(entry.ref.name)
        self.shown[own].put(entry)
        self.late.append((1 - own, entry))

    def catch_up(self, all_: bool = True) -> None:
        while self.late:
            replica, entry = self.late.pop(0)
            self.shown[replica].put(entry)
            if not all_:
                return

    def todo(self, name: str) -> tuple[PodChange, ...]:
        claims, entry = self.shown[_replica(name)], self.records.get(name)
        if entry is None:
            return changes(name, claims.around(Ref("acme", name)), {}, Options())
        around = claims.around(entry.ref, entry.uid)
        return changes(name, around, desired_pods(name, entry.written), options_of(entry))

    def round(self, name: str) -> None:
        for change in self.todo(name):
            self.count.update(_written(change))
            document = self.documents[change.pod]
            labels = document["metadata"]["labels"] | change.labels
            document["metadata"]["labels"] = {key: value for key, value in labels.items() if value is not None}
            if change.gate is not None:
                gate = change.gate
                said = {"type": GATE, "status": gate.status, "reason": gate.reason, "message": gate.message}
                document["status"]["conditions"] = [said]
            self.pods.put(document)


def _replica(name: str) -> int:
    return NAMES.index(name) % 2


def _written(change: PodChange) -> Iterable[Written]:
    if change.labels:
        yield change.pod, "labels"
    if change.gate is not None:
        yield change.pod, "gate"


def node(pod: str) -> st.SearchStrategy[TopologyNode | None]:
    """As an answer names that pod; mostly at its address, and mostly it is observed."""
    addresses = st.sampled_from((ADDRESSES[0],) * 4 + ADDRESSES)
    others = [one for one in NodeVerdict if one not in {NodeVerdict.LIMITED, NodeVerdict.UNKNOWN}]  # of no pod
    verdicts = st.sampled_from([NodeVerdict.ACTIVE, NodeVerdict.FAULTY] * 3 + others)
    roles = st.sampled_from((Role.COREAPP, Role.PRIMARY_MASTER))
    named = st.builds(
        lambda address, verdict, role: TopologyNode(
            pod, role, GatewayStatus.CONNECTED, verdict, pod_name=pod, pod_ip=address
        ),
        *(addresses, verdicts, roles),
    )
    return st.one_of(named, named, named, st.none())


topologies = st.tuples(*map(node, (*PODS, FOREIGN))).map(lambda found: tuple(one for one in found if one is not None))
# Mostly all of them want the same pods.
selectors = st.sampled_from(
    [None, {}, {CLIENT: "a"}, {GATEWAY: "connected", "app": "core"}, {"app": "bank"}, *[{"app": "core"}] * 10]
)
specs = st.builds(
    lambda labels, gates, selector: (
        {"roleLabels": labels, "readinessGates": gates}
        | ({} if selector is None else {"selector": {"matchLabels": selector}})
    ),
    *map(st.sampled_from, SWITCHES),
    selectors,
)


def edit(name: str) -> st.SearchStrategy[Step]:
    return st.tuples(st.just("edit"), st.just(name), specs, topologies)


steps = st.one_of(
    *map(edit, NAMES),
    st.tuples(st.just("delete"), st.sampled_from(NAMES)),
    st.tuples(st.just("pod"), st.sampled_from(PODS), st.sampled_from(APPS), st.sampled_from(ADDRESSES)),
    *(st.tuples(st.just("round"), st.just(name)) for name in NAMES),
    st.tuples(st.just("catch_up"), st.just(False)),  # one piece of news
)
stories = st.builds(
    lambda first, then: [*first, *then],
    st.permutations(NAMES).flatmap(lambda names: st.tuples(*map(edit, names))),
    st.lists(steps, min_size=8, max_size=30),
)


def cluster_after(story: list[Step]) -> Cluster:
    cluster = Cluster()
    cluster.pod(FOREIGN, FOREIGN, ADDRESSES[0])
    for name in PODS:
        cluster.pod(name, APPS[0], ADDRESSES[0])
    for method, *arguments in story:
        getattr(cluster, method)(*arguments)
    return cluster


@settings(max_examples=10 * settings().max_examples)
@given(stories, st.lists(st.sampled_from(NAMES), max_size=12))
def test_once_nothing_changes_each_pod_is_written_at_most_once_and_then_never(
    story: list[Step], turns: list[str]
) -> None:
    cluster = cluster_after(story)
    cluster.catch_up()
    cluster.count.clear()
    for name in (*turns, *NAMES, *NAMES):
        cluster.round(name)
    assert max(cluster.count.values(), default=0) <= 1, cluster.count
    cluster.count.clear()
    for name in (*NAMES, *turns):
        cluster.round(name)
    assert not cluster.count


@settings(max_examples=10 * settings().max_examples)
@given(stories)
def test_at_any_moment_one_resource_at_most_would_write_onto_a_pod(story: list[Step]) -> None:
    cluster = Cluster()
    for name in PODS:
        cluster.pod(name, APPS[0], ADDRESSES[0])
    for method, *arguments in story:
        getattr(cluster, method)(*arguments)
        cluster.catch_up()
        writers = Counter(what for name in NAMES for change in cluster.todo(name) for what in _written(change))
        assert max(writers.values(), default=0) <= 1, writers


@settings(max_examples=10 * settings().max_examples)
@given(stories)
def test_pods_that_nobody_selects_are_never_written_onto(story: list[Step]) -> None:
    """Whatever the answers name, and whichever rival is not known of yet."""
    cluster = cluster_after(story)
    for name in (*NAMES, *NAMES):
        cluster.round(name)
    assert not [what for what in cluster.count if what[0] == FOREIGN]


@settings(max_examples=10 * settings().max_examples)
@given(stories)
def test_the_oldest_that_claims_a_pod_holds_it(story: list[Step]) -> None:
    """Against the sentence itself."""
    cluster = cluster_after(story)
    cluster.catch_up()
    for name, document in cluster.documents.items():
        labels, address = document["metadata"]["labels"].items(), document["status"]["podIP"]
        claiming = [one for one in cluster.records.values() if _claims(one, name, labels, address)]
        oldest = min(claiming, key=lambda one: (one.created, one.uid), default=None)
        for entry in cluster.records.values():
            for claims in cluster.shown:
                held = {pod.name for pod, hold in claims.around(entry.ref, entry.uid) if hold == "Ours"}
                assert (name in held) is (entry is oldest)


def _claims(entry: ResourceEntry, pod: str, labels: Any, address: str) -> bool:
    spec = entry.pods
    selector = spec.selector.match_labels if spec.selector else {}
    usable = bool(selector) and not selector.keys() & {CLIENT, ROLE, GATEWAY}
    switched_on = spec.role_labels == "Enabled" or spec.readiness_gates != "Disabled"
    named = any(
        (node.pod_name, node.pod_ip) == (pod, address) and node.verdict not in {NodeVerdict.STALE, NodeVerdict.MISSING}
        for node in entry.written.nodes
    )
    return usable and switched_on and named and selector.items() <= labels
