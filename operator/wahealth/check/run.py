"""`wahealth check`: probes once, evaluates the answer and prints the verdict."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime

from wahealth.check import number, shown, signin
from wahealth.check.asking import Asking
from wahealth.check.target import exposure_of, place_of
from wahealth.check.unusable import Unusable
from wahealth.core.conflicts import among_flags
from wahealth.core.facts import AUTO, Desired, Facts, KeyExposure
from wahealth.core.instant import Instant
from wahealth.core.number.number_input import NUMBER
from wahealth.core.readiness.depth import Depth
from wahealth.core.readiness.node import PodRole
from wahealth.core.reasons.row import Surface
from wahealth.core.reconcile import evaluate_number_once, evaluate_once
from wahealth.core.signin.flow import Reading
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import ConditionStatus, ConditionType, Mode
from wahealth.probe.client import Prober
from wahealth.probe.cloud.providers import askers, path_of
from wahealth.probe.credential import Credential
from wahealth.probe.errors import ObserverFault, ProxyFault

HEALTHY, NOT_HEALTHY, UNKNOWN = 0, 1, 2
EXIT_CODES = {ConditionStatus.TRUE: HEALTHY, ConditionStatus.FALSE: NOT_HEALTHY, ConditionStatus.UNKNOWN: UNKNOWN}


def run(arguments: argparse.Namespace) -> int:
    """Returns the exit code: 0 healthy, 1 not healthy, 2 unknown; that of `Unusable` where nothing was probed."""
    try:
        facts = asyncio.run(_facts(arguments))
    except Unusable as error:
        print(f"wahealth check: {error}.", file=sys.stderr)
        return error.code
    except ObserverFault as error:
        why = error if isinstance(error, ProxyFault) else "no connection could be opened from this machine"
        print(f"wahealth check: {why}.", file=sys.stderr)
        return HEALTHY if arguments.ready else UNKNOWN  # a fault of this machine makes no pod unready
    if arguments.ready:
        return _ready(arguments, facts)
    cloud = facts.desired.cloud
    status = evaluate_once(facts) if cloud is None else evaluate_number_once(facts, cloud, _now())
    print(shown.written(status, arguments.output))
    return EXIT_CODES[status.condition_status(ConditionType.READY) or ConditionStatus.UNKNOWN]


def _ready(arguments: argparse.Namespace, facts: Facts) -> int:
    """Prints whether the pod is ready and returns the exit code. A fault of the credential does not make it unready."""
    from wahealth.sidecar.identity import identity_of
    from wahealth.sidecar.once import ready_once

    identity = identity_of(PodRole(arguments.pod_role), arguments.pod_name, arguments.pod_ip, os.environ)
    readiness = ready_once(identity, facts)
    good = readiness.at(Depth(arguments.depth))
    print(f"{'ready' if good else 'not ready'} at depth {arguments.depth}: {readiness.reason}")
    return HEALTHY if good else NOT_HEALTHY


def _now() -> Instant:
    return Instant(0.0, datetime.now(UTC).replace(microsecond=0))


async def _facts(arguments: argparse.Namespace) -> Facts:
    provider = number.provider_of(arguments)
    kind, origin = number.kind_for(provider, signin.kind_of(arguments)), number.target_of(arguments, provider)
    cloud = None if provider is None else number.number_of(arguments, provider, kind)
    place = place_of(arguments, origin)
    desired = replace(_expected(arguments, kind, exposure_of(arguments, place)), cloud=cloud)
    async with Prober() as prober:
        if cloud is not None:
            place = replace(place, path=path_of(cloud))
            asking = Asking(prober, place, NUMBER, arguments.timeout, askers()[cloud.provider])
            return await asking.number_facts(desired, await signin.reading(arguments, kind))
        reading = await _reading(arguments, kind)
        asking = Asking(prober, place, origin, arguments.timeout)
        return await (asking.without(desired) if reading is None else asking.facts(desired, reading))


def _expected(arguments: argparse.Namespace, kind: Kind, exposed: KeyExposure | None) -> Desired:
    mode = None if arguments.mode == AUTO else Mode(arguments.mode)
    desired = Desired(mode, arguments.shards, signs_in_by=kind, exposed=exposed, surface=Surface.DESK)
    if (conflict := among_flags(desired, arguments.path)) is not None:
        raise Unusable(conflict)
    return desired


async def _reading(arguments: argparse.Namespace, kind: Kind) -> Reading[Credential] | None:
    """The credential. With `--ready` one that cannot be used is None instead: it does not make the pod unready."""
    try:
        reading = await signin.reading(arguments, kind)
    except Unusable:
        if arguments.ready:
            return None
        raise
    return None if arguments.ready and reading.secret is None else reading
