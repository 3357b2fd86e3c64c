"""What one round knows: the pods of the target and what they say, the key, the trust; or what is not there."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from wahealth.api.v1alpha1 import Spec, Workload
from wahealth.core.answer import Outcome, Unreachable
from wahealth.core.certificate import first_to_end, is_expiring
from wahealth.core.facts import Facts, with_asked
from wahealth.core.keys import Ask, Asked, Asking, KeyRing, Read, Reading, Terms, asking
from wahealth.core.moment import Moment
from wahealth.core.networks import Networks
from wahealth.core.references import target_forbidden, target_not_found
from wahealth.core.status import Finding
from wahealth.kube.inventory.kept import Inventory
from wahealth.kube.inventory.names import WorkloadRef
from wahealth.kube.record import Held, Record
from wahealth.kube.references import References
from wahealth.probe.certificate import certificate_of
from wahealth.probe.client import Place, Prober, Question
from wahealth.probe.credential import Credential

MOST_PERIODS = 5  # that a pod is left alone when it asks for it (Retry-After)


class Gather:
    def __init__(self, inventory: Inventory, references: References, prober: Prober, networks: Networks) -> None:
        self._inventory = inventory
        self._references = references
        self._prober = prober
        self._networks = networks

    async def facts(self, record: Record, now: Moment) -> Facts:
        facts = Facts(record.expected, record.generation, pods=self._inventory.pods.places(record.ref.namespace))
        if record.spec is None:
            return replace(facts, reference=record.invalid)
        return facts if record.expected.suspended else await self._asked(record, record.spec, facts, now)

    async def _asked(self, record: Record, spec: Spec, facts: Facts, now: Moment) -> Facts:
        """The facts with what the pods said, or with the finding for which nobody was asked."""
        workload = _workload(record, spec.target.workload)
        if not self._inventory.has(workload):
            return replace(facts, reference=target_not_found(workload.kind, workload.name))
        addresses = {pod.name: pod.address for pod in self._inventory.pods.of(workload)}
        for pod, address in addresses.items():
            if not self._networks.admit(address):
                return replace(facts, reference=target_forbidden(workload.kind, workload.name, pod))
        trust = await self._references.trust(record, spec.tls)
        if isinstance(trust, Finding):
            return replace(facts, reference=trust)
        _claim_ring(record, spec)
        fresh = record.ring.is_due(now)
        reading = await self._read(record, spec) if fresh else Reading(record.ring.current)
        if reading.key is None:
            record.ring = record.ring.not_read()
            return replace(facts, reference=reading.reference, key=reading.form)
        terms = Terms(fresh, record.expected.patience.previous_key, self._references.refresh)
        if fresh:
            record.ring = record.ring.read(reading.key, now, terms.refresh)
        record.keep_only(frozenset(addresses.values()))
        talk = asking(record.ring, tuple(addresses), terms, now)
        name = (spec.tls and spec.tls.server_name) or ""
        place = Place("", (), spec.target.workload.port, trust, name)
        question = Question(place, reading.key, record.timing.timeout)
        asked = await self._carried_out(talk, record, spec, addresses, question)
        record.ring = asked.ring
        certificate = first_to_end(record.certificates.values())
        facts = replace(facts, certificate=certificate, expiring=is_expiring(certificate, now.wall))
        return with_asked(facts, asked, addresses)

    async def _read(self, record: Record, spec: Spec) -> Reading[Credential]:
        return await self._references.api_key(record.ref.namespace, spec.auth.api_key.secret_key_ref)

    async def _carried_out(
        self, talk: Asking[Credential], record: Record, spec: Spec, addresses: dict[str, str], question: Question
    ) -> Asked[Credential]:
        command = next(talk)
        while True:
            match command:
                case Read():
                    came: dict[str, Outcome] | Reading[Credential] = await self._read(record, spec)
                case Ask(pods, key):
                    wanted = {pod: addresses[pod] for pod in pods}
                    came = await self._outcomes(record, wanted, replace(question, credential=key))
            try:
                command = talk.send(came)
            except StopIteration as done:
                asked: Asked[Credential] = done.value
                return asked

    async def _outcomes(self, record: Record, addresses: dict[str, str], question: Question) -> dict[str, Outcome]:
        outcomes = await asyncio.gather(*(self._outcome(record, address, question) for address in addresses.values()))
        return dict(zip(addresses, outcomes, strict=True))

    async def _outcome(self, record: Record, address: str, question: Question) -> Outcome:
        """What the pod says; or what it said last, while it wants to be left alone."""
        now = asyncio.get_running_loop().time()
        resting = record.resting.get(address)
        if resting is not None and now < resting.until:
            return resting.value
        place = replace(question.place, host=address, addresses=(address,))
        outcome, presented = await self._prober.ask(replace(question, place=place))
        if presented and (certificate := certificate_of(presented)):
            record.certificates[address] = certificate
        if isinstance(outcome, Unreachable) and outcome.retry_after:
            wait = min(outcome.retry_after, MOST_PERIODS * record.timing.period)
            record.resting[address] = Held(outcome, now + wait)
        return outcome


def _claim_ring(record: Record, spec: Spec) -> None:
    """Another reference is another key: nothing is known of it."""
    ref = spec.auth.api_key.secret_key_ref
    if record.ring_of != ref:
        record.ring, record.ring_of = KeyRing(), ref


def _workload(record: Record, target: Workload) -> WorkloadRef:
    return WorkloadRef(record.ref.namespace, target.kind, target.name)
