"""What one round knows: what the target's pods say, the key, the trust; or what is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from wahealth.api.v1alpha1 import Spec
from wahealth.core.answer import Outcome, Unreachable
from wahealth.core.certificate import first_to_end, is_expiring
from wahealth.core.facts import Facts, with_asked
from wahealth.core.keys import Ask, Asked, Asking, KeyRing, Read, Reading, Terms, asking
from wahealth.core.moment import Moment
from wahealth.core.status import Finding
from wahealth.kube.inventory.kept import Inventory
from wahealth.kube.record import Held, Record
from wahealth.kube.references import References
from wahealth.kube.targets import Located, Spot, Targets
from wahealth.probe.certificate import certificate_of
from wahealth.probe.client import Place, Prober, Question
from wahealth.probe.credential import Credential

MOST_PERIODS = 5  # that a pod is left alone when it asks for it (Retry-After)


class Gather:
    def __init__(self, inventory: Inventory, targets: Targets, references: References, prober: Prober) -> None:
        self._inventory = inventory
        self._targets = targets
        self._references = references
        self._prober = prober

    async def facts(self, record: Record, now: Moment) -> Facts:
        facts = Facts(record.expected, record.generation, pods=self._inventory.pods.places(record.ref.namespace))
        if record.spec is None:
            return replace(facts, reference=record.invalid)
        return facts if record.expected.suspended else await self._asked(record, record.spec, facts, now)

    async def _asked(self, record: Record, spec: Spec, facts: Facts, now: Moment) -> Facts:
        """The facts with what the pods said, or with the finding for which nobody was asked."""
        located = await self._targets.located(record, spec.target)
        if isinstance(located, Finding):
            return replace(facts, reference=located)
        pattern = await self._pattern(record, spec)
        if isinstance(pattern, Finding):
            return replace(facts, reference=pattern)
        _claim_ring(record, spec)
        fresh = record.ring.is_due(now)
        reading = await self._read(record, spec) if fresh else Reading(record.ring.current)
        if reading.key is None:
            record.ring = record.ring.not_read()
            return replace(facts, reference=reading.reference, key=reading.form)
        terms = Terms(fresh, record.expected.patience.previous_key, self._references.refresh)
        if fresh:
            record.ring = record.ring.read(reading.key, now, terms.refresh)
        record.keep_only(located.hosts)
        talk = asking(record.ring, tuple(located.shown), terms, now)
        question = Question(pattern, reading.key, record.timing.timeout)
        asked = await self._carried_out(talk, record, spec, located, question)
        record.ring = asked.ring
        certificate = first_to_end(record.certificates.values())
        facts = replace(facts, certificate=certificate, expiring=is_expiring(certificate, now.wall))
        return with_asked(facts, asked, located.shown)

    async def _pattern(self, record: Record, spec: Spec) -> Place | Finding:
        """The place of nobody yet: whom to trust, and what to ask for."""
        if spec.target.scheme == "HTTP":
            return Place("", (), path=spec.target.path)
        trust = await self._references.trust(record, spec.tls)
        if isinstance(trust, Finding):
            return trust
        return Place("", (), trust=trust, server_name=(spec.tls and spec.tls.server_name) or "", path=spec.target.path)

    async def _read(self, record: Record, spec: Spec) -> Reading[Credential]:
        return await self._references.api_key(record.ref.namespace, spec.auth.api_key.secret_key_ref)

    async def _carried_out(
        self, talk: Asking[Credential], record: Record, spec: Spec, located: Located, question: Question
    ) -> Asked[Credential]:
        command = next(talk)
        while True:
            match command:
                case Read():
                    came: Mapping[str, Outcome] | Reading[Credential] = await self._read(record, spec)
                case Ask(pods, key):
                    came = await self._outcomes(record, located, pods, replace(question, credential=key))
            try:
                command = talk.send(came)
            except StopIteration as done:
                asked: Asked[Credential] = done.value
                return asked

    async def _outcomes(
        self, record: Record, located: Located, names: tuple[str, ...], question: Question
    ) -> Mapping[str, Outcome]:
        there = {name: located.spots[name] for name in names if name in located.spots}
        outcomes = await asyncio.gather(*(self._outcome(record, spot, question) for spot in there.values()))
        lost = {name: located.lost[name] for name in names if name in located.lost}
        return lost | dict(zip(there, outcomes, strict=True))

    async def _outcome(self, record: Record, spot: Spot, question: Question) -> Outcome:
        """What is said there; or what was said last, while it wants to be left alone."""
        now = asyncio.get_running_loop().time()
        resting = record.resting.get(spot.host)
        if resting is not None and now < resting.until:
            return resting.value
        place = replace(question.place, host=spot.host, addresses=spot.addresses, port=spot.port)
        outcome, presented = await self._prober.ask(replace(question, place=place))
        if presented and (certificate := certificate_of(presented)):
            record.certificates[spot.host] = certificate
        if isinstance(outcome, Unreachable) and outcome.retry_after:
            wait = min(outcome.retry_after, MOST_PERIODS * record.timing.period)
            record.resting[spot.host] = Held(outcome, now + wait)
        return outcome


def _claim_ring(record: Record, spec: Spec) -> None:
    """Another reference is another key: nothing is known of it."""
    ref = spec.auth.api_key.secret_key_ref
    if record.ring_of != ref:
        record.ring, record.ring_of = KeyRing(), ref
