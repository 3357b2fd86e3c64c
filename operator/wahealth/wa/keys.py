"""`kubectl wa check-key secret/NAME`: whether a credential has the right form. Its value is read, and never shown."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from wahealth.core.credential_form import app_secret_problem
from wahealth.core.reasons.parted import parted
from wahealth.core.signin.kinds import Kind, form_problem
from wahealth.core.status import Finding
from wahealth.probe.printable import harmless
from wahealth.wa import document as read
from wahealth.wa.client import Client, client_of
from wahealth.wa.cluster import CLIENTS, SECRETS, Cluster, path
from wahealth.wa.document import Document
from wahealth.wa.problem import NOT_UP, UP, USAGE, Unusable
from wahealth.wa.refused import Refused, Right, not_seen
from wahealth.wa.screen import Line, Piece, Style, capital, line, sentence

_REFERENCE = re.compile(r"secret/(?P<name>[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(:(?P<entry>[\w.-]{1,253}))?", re.ASCII)
_USUAL = "WA_API_KEY"
LABEL = "wahealth.io/api-key"  # its value names the entry
_APP_SECRET = "app secret"  # noqa: S105 - a word


class Use(NamedTuple):
    """Entries that are used together as one credential; `of` names the client, or nobody."""

    what: str
    entries: tuple[str, ...]
    of: str = ""


class Checked(NamedTuple):
    """A use, and what is wrong with the form of its entries; None: nothing."""

    use: Use
    problem: Finding | None


def named(reference: str) -> tuple[str, str]:
    """Name and entry (or empty) of a reference. Raises `Unusable`."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise Unusable("name it as secret/NAME or secret/NAME:ENTRY, such as secret/web-api-key:WA_API_KEY", USAGE)
    return match["name"], match["entry"] or ""


async def checked(cluster: Cluster, namespace: str, name: str, entry: str) -> list[Checked]:
    """Reads the Secret and checks it for each use. Raises `Unusable`."""
    try:
        secret = await cluster.get(path(SECRETS, namespace, name))
    except Refused as refused:
        if refused.status == 404:
            see = f"see kubectl get secrets -n {namespace}"
            raise Unusable(f"there is no Secret {name} in {namespace}: {see}") from None
        raise Unusable(not_seen(refused, Right("get", SECRETS.plural, namespace))) from None
    clients = await cluster.part(CLIENTS, namespace)
    uses = [use for each in clients.objects for use in uses_of(client_of(each), name)]
    return results(secret, [use for use in uses if not entry or entry in use.entries] or [_usual(secret, entry)])


def uses_of(client: Client, secret: str) -> Iterator[Use]:
    """What a client uses a Secret as."""
    auth = read.inner(client.spec, "auth")
    key, token = (read.inner(auth, kind, "secretKeyRef") for kind in ("apiKey", "bearerToken"))
    app, login = read.inner(auth, "bearerToken", "appSecretKeyRef"), read.inner(auth, "userCredentials", "secretRef")
    of_key = Kind.DIALOG360_KEY if client.is_number else Kind.API_KEY
    for what, reference in ((of_key, key), (Kind.TOKEN, token), (_APP_SECRET, app)):
        if read.text(reference, "name") == secret:
            yield Use(str(what), (read.text(reference, "key") or _USUAL,), client.name)
    if read.text(login, "name") == secret:
        entries = (read.text(login, "usernameKey") or "username", read.text(login, "passwordKey") or "password")
        yield Use(Kind.LOGIN.value, entries, client.name)


def _usual(secret: Document, entry: str) -> Use:
    """Where no client uses it: an API key in the entry that is named, labelled or usual."""
    return Use(Kind.API_KEY.value, (entry or read.text(secret, "metadata", "labels", LABEL) or _USUAL,))


def results(secret: Document, uses: Iterable[Use]) -> list[Checked]:
    """The form of the entries for each use. Raises `Unusable` for an entry that the Secret does not have."""
    return [Checked(use, _problem(use.what, [_value(secret, entry) for entry in use.entries])) for use in uses]


def _problem(what: str, values: Sequence[bytes]) -> Finding | None:
    return app_secret_problem(values[0]) if what == _APP_SECRET else form_problem(Kind(what), values)


def _value(secret: Document, entry: str) -> bytes:
    written = read.at(secret, "data", entry)
    try:
        return base64.b64decode(written if isinstance(written, str) else "?", validate=True)
    except ValueError:
        called, missing = read.text(secret, "metadata", "name"), harmless(entry, 253)
        raise Unusable(f"Secret {called} has no entry {missing}: name one that it has, as NAME:ENTRY") from None


def code(found: Iterable[Checked]) -> int:
    """0 if all have the right form, else 1."""
    return NOT_UP if any(each.problem for each in found) else UP


def lines(found: Iterable[Checked], width: int) -> Iterator[Line]:
    """A line for each use, with what is wrong below."""
    for use, problem in found:
        whose = f" of {use.of}" if use.of else ""
        head = f"{' and '.join(use.entries)}, the {use.what}{whose}: "
        if problem is None:
            yield line(Piece("✓ ", Style.GOOD), f"{head}its form is right.")
            continue
        means, step = parted(problem.reason, problem.message)
        yield from sentence(f"{head}{problem.reason}. {means}", width, "✗ ", Style.BAD)
        if step:
            yield from sentence(f"{capital(step)}.", width, "  Next: ", Style.STRONG)
    yield from sentence("Whether the client accepts it is told by kubectl wa status.", width, "  ", Style.FAINT)


def document(found: Iterable[Checked]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "entries": list(use.entries),
            "kind": use.what,
            "client": use.of or None,
            "right": problem is None,
            "reason": problem.reason if problem else None,
            "message": problem.message if problem else None,
        }
        for use, problem in found
    ]
