"""`kubectl wa explain NAME`: the chain from the resource to its verdict, up to the link that is broken.

Nothing is recomputed: a link tells what the status says of it, or whether an object is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from wahealth.core.reasons.parted import parted
from wahealth.core.strenum import FastStrEnum
from wahealth.wa import document as read
from wahealth.wa.client import Client, Condition
from wahealth.wa.freshness import NOBODY_LOOKS
from wahealth.wa.looking import Look, pod_state
from wahealth.wa.remedies import command, secret_of
from wahealth.wa.screen import Line, Piece, Style, capital, line, sentence
from wahealth.wa.target import Referred, is_ready, target_of
from wahealth.wa.times import lasting, since


class LinkState(FastStrEnum):
    """What is known of a link; the value is its sign."""

    HOLDS = "✓"
    BROKEN = "✗"
    HIDDEN = "?"


class Link(NamedTuple):
    """A link. `says` is a sentence; `step` and `to_copy` are what to do next."""

    name: str
    state: LinkState
    says: str
    step: str = ""
    to_copy: str = ""


_LOOKS = {LinkState.HOLDS: Style.GOOD, LinkState.BROKEN: Style.BAD, LinkState.HIDDEN: Style.DOUBTFUL}
_HEAD = 14
_OF_TARGET = frozenset({"TargetNotFound", "TargetForbidden"})
_OF_SECRET = frozenset({"SecretNotFound", "SecretKeyMissing", "SecretForbidden"})
_OF_TRUST = frozenset({"CANotFound", "ClientCertificateInvalid"})
_OF_FORM = frozenset({"APIKeyTooShort", "APIKeyTooLong", "APIKeyInvalidCharacters"})
_NOT_UNDERSTOOD = frozenset({"HTTPStatus", "Redirected", "BodyTooLarge", "InvalidResponse"})
Rule = Callable[[Look, Referred], Link | None]


def chain(look: Look, found: Referred) -> list[Link]:
    """All links up to the first that is broken."""
    links: list[Link] = []
    for rule in _RULES:
        link = rule(look, found)
        if link is not None:
            links.append(link)
            if link.state is LinkState.BROKEN:
                break
    return links


def resource(look: Look, _: Referred) -> Link:
    """The spec is understood. What it refers to is of other links."""
    client = look.client
    if client.is_suspended:
        says = "spec.suspend is true, so nothing is probed."
        return Link("resource", LinkState.BROKEN, says, "set it to false to resume", command("Suspended", client))
    accepted = client.conditions.get("Accepted")
    elsewhere = _OF_TARGET | _OF_SECRET | _OF_TRUST
    if accepted is not None and accepted.status == "False" and accepted.reason not in elsewhere:
        return _broken("resource", accepted, client)
    return Link("resource", LinkState.HOLDS, "The spec is understood." if accepted else "It exists.")


def operator(look: Look, _: Referred) -> Link:
    """Somebody holds the Lease of the resource's shard."""
    watch = look.watch
    if watch is None:
        return Link("operator", LinkState.HIDDEN, capital(f"{look.operators.missing}."))
    renewed = f"renewed its Lease {lasting(watch.age)} ago"
    if watch.is_kept:
        return Link("operator", LinkState.HOLDS, f"{watch.holder} {renewed}.")
    says = f"{watch.holder} {renewed}, and no other has taken it."
    return Link(
        "operator", LinkState.BROKEN, says, "start the operator, or find out why it does not run", _operator(look)
    )


def _operator(look: Look) -> str:
    return command(NOBODY_LOOKS, look.client, look.operators.namespace)


def seen(look: Look, _: Referred) -> Link:
    """The operator has looked at this spec."""
    client = look.client
    ready = client.conditions.get("Ready")
    if client.is_behind:
        step = "wait a period; if that does not help, look at the operator's log"
        return Link(
            "seen", LinkState.BROKEN, "The status is of the spec before its last change.", step, _operator(look)
        )
    if ready is None or ready.reason == "WaitingForOperator":
        says, step = parted("WaitingForOperator", ready.message if ready else "No operator has processed it yet.")
        return Link("seen", LinkState.BROKEN, says, step, _operator(look))
    return Link("seen", LinkState.HOLDS, "The status is of the spec as it is now.")


def target(look: Look, found: Referred) -> Link:
    """What the spec names is there."""
    accepted, named = look.client.conditions.get("Accepted"), target_of(look.client)
    if accepted is not None and accepted.status == "False" and accepted.reason in _OF_TARGET:
        return _broken("target", accepted, look.client)
    if found.target is None:
        return Link("target", LinkState.HOLDS, "It is outside of the cluster, where nothing can be looked up.")
    called = f"{named.kind} {named.name}"
    if found.target.missing:
        return Link("target", LinkState.HIDDEN, capital(f"{found.target.missing}."))
    if found.target.objects:
        return Link("target", LinkState.HOLDS, f"{called} exists.")
    return Link(
        "target", LinkState.BROKEN, f"{called} does not exist.", "create it, or correct spec.target", _edit(look)
    )


def _edit(look: Look) -> str:
    return command("InvalidSpec", look.client)


def pods(look: Look, found: Referred) -> Link | None:
    """It has pods. Whether they are ready is told, but the operator probes every one that runs."""
    if found.pods is None:
        return None
    if found.pods.missing:
        return Link("pods", LinkState.HIDDEN, capital(f"{found.pods.missing}."))
    there, ready = found.pods.objects, sum(map(is_ready, found.pods.objects))
    running = [pod for pod in there if read.text(pod, "status", "phase") == "Running"]
    ill = [f"{read.text(pod, 'metadata', 'name')}: {state}" for pod in there if (state := pod_state(pod))]
    says = f"{len(running)} of {len(there)} run, {ready} ready{'; ' if ill else ''}{', '.join(ill[:3])}."
    if not running:
        none = says if there else "There are none."
        return Link("pods", LinkState.BROKEN, none, "look at the workload", command("NoReadyEndpoints", look.client))
    return Link("pods", LinkState.HOLDS, says)


def secret(look: Look, found: Referred) -> Link | None:
    """What signs in is there, and has the right form."""
    accepted, client = look.client.conditions.get("Accepted"), look.client
    valid = client.conditions.get("CredentialsValid")
    name, _ = secret_of(client)
    for condition, reasons in ((accepted, _OF_SECRET | _OF_TRUST), (valid, _OF_FORM)):
        if condition is not None and condition.status == "False" and condition.reason in reasons:
            return _broken("Secret", condition, client)
    if found.secret is None:
        return None
    if found.secret.missing:
        return Link("Secret", LinkState.HIDDEN, capital(f"{found.secret.missing}."))
    if not found.secret.objects:
        return Link("Secret", LinkState.BROKEN, f"Secret {name} does not exist.", "create it", "")
    return Link("Secret", LinkState.HOLDS, f"{name} exists, and nothing is said against its form.")


def network(look: Look, _: Referred) -> Link | None:
    """A pod answers at all."""
    reachable = look.client.conditions.get("Reachable")
    if reachable is None:
        return None
    if reachable.status == "True" or reachable.reason in _NOT_UNDERSTOOD:
        silent = [f"{each.pod}: {each.reason}" for each in look.client.endpoints if not each.reachable]
        also = f" But not {', '.join(silent[:3])}." if silent and reachable.status == "True" else ""
        return Link("network", LinkState.HOLDS, f"It answers.{also}")
    return _failing("network", reachable, look)


def answer(look: Look, _: Referred) -> Link | None:
    """The answer is a health report, and the credential is accepted."""
    reachable, valid = (look.client.conditions.get(kind) for kind in ("Reachable", "CredentialsValid"))
    if reachable is not None and reachable.status != "True":
        return _failing("answer", reachable, look)
    if valid is not None and valid.status == "False":
        return _broken("answer", valid, look.client)
    return Link("answer", LinkState.HOLDS, "It is understood, and the credential is accepted.") if valid else None


def verdict(look: Look, _: Referred) -> Link | None:
    """The rule that decided, and what may still change it."""
    available, ready = (look.client.conditions.get(kind) for kind in ("Available", "Ready"))
    decided = available or ready
    if decided is None:
        return None
    if decided.status != "True":
        return _failing("verdict", decided, look)
    return Link("verdict", LinkState.HOLDS, f"{decided.reason}{_for(decided, look)}: {decided.message}")


_RULES: tuple[Rule, ...] = (resource, operator, seen, target, pods, secret, network, answer, verdict)


def _broken(name: str, condition: Condition, client: Client) -> Link:
    means, step = parted(condition.reason, condition.message)
    return Link(name, LinkState.BROKEN, means, step, command(condition.reason, client))


def _failing(name: str, condition: Condition, look: Look) -> Link:
    """A condition that does not hold: broken, with its reason and how long."""
    means, step = parted(condition.reason, condition.message)
    says = f"{condition.reason}{_for(condition, look)}: {means}"
    return Link(name, LinkState.BROKEN, says, step, command(condition.reason, look.client))


def _for(condition: Condition, look: Look) -> str:
    lasted = since(condition.since, look.now)
    return f" for {lasted}" if lasted else ""


def waiting(look: Look) -> str:
    """What the operator waits for, and after how many rounds a change counts."""
    client = look.client
    probe = read.inner(client.spec, "probe")
    bad, good = (read.whole(probe, name) for name in ("failureThreshold", "successThreshold"))
    reconciling = client.conditions.get("Reconciling")
    now = f"{reconciling.message} " if reconciling is not None and reconciling.status == "True" else ""
    rounds = f"A worse result counts after {bad or 3} rounds, a better one after {good or 1}"
    return f"{now}{rounds}; a round comes every {lasting(client.period)}."


def lines(look: Look, links: list[Link], width: int) -> Iterator[Line]:
    """The links, one below the other; the last is the broken one, if any is."""
    yield line(Piece(look.client.name, Style.STRONG), f" · {look.client.namespace}")
    for link in links:
        head = f"  {link.state.value} {link.name}"
        sign = Piece(f"  {link.state.value} ", _LOOKS[link.state])
        first, *more = sentence(link.says, width, f"{head:<{_HEAD}}")
        yield line(sign, f"{link.name:<{_HEAD - 4}}", *first[1:])
        yield from more
        next_ = " " * _HEAD + "Next: "
        if link.step:
            yield from sentence(f"{capital(link.step)}.", width, next_, Style.STRONG)
        if link.to_copy:
            yield line("    ", link.to_copy)
    if links[-1].state is LinkState.BROKEN and links[-1].name != "verdict":
        yield from sentence("What comes after this link depends on it.", width, "  ", Style.FAINT)
    if not look.client.is_suspended:
        yield from sentence(waiting(look), width, "  ", Style.FAINT)


def document(look: Look, links: list[Link]) -> dict[str, Any]:
    """The same for programs."""
    shown = [
        {
            "link": link.name,
            "state": link.state.name.capitalize(),
            "says": link.says,
            "next": link.step or None,
            "command": link.to_copy or None,
        }
        for link in links
    ]
    return {"namespace": look.client.namespace, "name": look.client.name, "links": shown, "waitsFor": waiting(look)}
