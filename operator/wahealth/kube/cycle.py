"""One round of one resource: gather the facts, decide, act."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime

from wahealth.api.convert import status_document
from wahealth.api.v1alpha1 import Spec, Workload
from wahealth.core.answer import PodOutcome, Refused
from wahealth.core.credentials import api_key_problem
from wahealth.core.evaluate import evaluate
from wahealth.core.facts import Facts
from wahealth.core.plan import Plan, plan
from wahealth.core.references import target_not_found
from wahealth.core.status import Condition, ConditionType, Finding, Status
from wahealth.kube.cluster import Cluster, Conflict, Vanished
from wahealth.kube.inventory import Inventory, Pod, WorkloadRef
from wahealth.kube.record import Record
from wahealth.kube.references import References
from wahealth.probe.client import ApiKey, Question, probe

log = logging.getLogger(__name__)

_TRIES = 3


class Cycle:
    def __init__(self, cluster: Cluster, inventory: Inventory, references: References, in_flight: int) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._references = references
        self._in_flight = asyncio.Semaphore(in_flight)

    async def round(self, record: Record) -> None:
        """Raises `Vanished` when the resource is gone, and what the API server or our own machine cannot do."""
        generation = record.generation
        facts = await self._facts(record)
        for _ in range(_TRIES):
            if record.generation != generation:
                return  # judged by an old spec; the next round is due at once
            try:
                await self._act(record, facts)
            except Conflict:
                await self._look_again(record)
            else:
                return

    async def _look_again(self, record: Record) -> None:
        document = await self._cluster.read(record.ref)
        if document["metadata"]["uid"] != record.uid:
            raise Vanished  # recreated under the same name: this verdict is not about that one
        record.renew(document)

    async def _facts(self, record: Record) -> Facts:
        facts = Facts(record.expected, record.generation, believed=record.believed)
        if record.spec is None:
            return replace(facts, reference=record.invalid)
        return facts if record.expected.suspended else await self._asked(record, record.spec, facts)

    async def _asked(self, record: Record, spec: Spec, facts: Facts) -> Facts:
        """The facts with what the pods said, or with the finding for which nobody was asked."""
        workload = _workload(record, spec.target.workload)
        if not self._inventory.has(workload):
            return replace(facts, reference=target_not_found(workload.kind, workload.name))
        trust = await self._references.trust(record, spec.tls)
        if isinstance(trust, Finding):
            return replace(facts, reference=trust)
        key = await self._references.api_key(record, spec.auth.api_key.secret_key_ref)
        if isinstance(key, Finding):
            return replace(facts, reference=key)
        if (problem := api_key_problem(key)) is not None:
            return replace(facts, key=problem)
        question = Question("", spec.target.workload.port, ApiKey(key), trust, record.timing.timeout)
        return replace(facts, outcomes=await self._outcomes(record, workload, question))

    async def _outcomes(self, record: Record, workload: WorkloadRef, question: Question) -> tuple[PodOutcome, ...]:
        pods = self._inventory.pods.of(workload)
        outcomes = tuple(await asyncio.gather(*(self._ask(pod, question) for pod in pods)))
        if any(isinstance(o.outcome, Refused) for o in outcomes):
            record.key = None  # perhaps the Secret has changed: read it again before the next question
        return outcomes

    async def _ask(self, pod: Pod, question: Question) -> PodOutcome:
        async with self._in_flight:
            outcome = await probe(replace(question, address=pod.address))
        return PodOutcome(pod.name, pod.address, outcome)

    async def _act(self, record: Record, facts: Facts) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        facts = replace(facts, believed=record.believed)
        todo = plan(record.believed, evaluate(facts), record.memory, record.generation, now)
        if todo.status is not None:
            await self._write(record, todo.status)
        record.memory = todo.memory
        await self._tell(record, todo)

    async def _write(self, record: Record, status: Status) -> None:
        if (ready := _unowned_ready(record.believed, status)) is not None:
            # The schema's default Ready has no owner: apply leaves it standing unless it was once ours.
            first = replace(status, conditions=(*status.conditions, ready))
            record.version = await self._cluster.apply_status(record, status_document(first))
        record.version = await self._cluster.apply_status(record, status_document(status))
        record.believed = status
        log.info("status written", extra=_summary(record, status))

    async def _tell(self, record: Record, todo: Plan) -> None:
        for event in todo.events:
            await self._cluster.tell(record, event, datetime.now(UTC))


def _unowned_ready(believed: Status, status: Status) -> Condition | None:
    """The default Ready that a status without one has to take away."""
    ready = believed.condition(ConditionType.READY)
    unowned = ready is not None and ready.reason == "WaitingForOperator"
    return ready if unowned and status.condition(ConditionType.READY) is None else None


def _workload(record: Record, target: Workload) -> WorkloadRef:
    return WorkloadRef(record.ref.namespace, target.kind, target.name)


def _summary(record: Record, status: Status) -> dict[str, str]:
    ready = status.condition(ConditionType.READY)
    reason = ready.reason if ready else "Suspended"
    fields = {"namespace": record.ref.namespace, "client": record.ref.name, "uid": record.uid}
    return {**fields, "gateway": status.gateway.value, "reason": reason}
