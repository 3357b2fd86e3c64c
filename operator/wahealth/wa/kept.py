"""What of a document may stay in a report: a list of what may, never of what must go.

Numbers, truths, times and words of closed sets stay. A name becomes a pseudonym, the same for the same name, so that
one sees what belongs together. Whatever else a user may write (messages, labels, hosts, paths, codes) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from wahealth.core.answer import Role
from wahealth.core.reasons.parted import reasons
from wahealth.core.status import ConditionType, Gateway, Mode, NodeVerdict
from wahealth.core.strenum import FastStrEnum
from wahealth.wa import document as read
from wahealth.wa.document import Document

OTHER = "(other)"  # in place of a word that is in no closed set
_VERSION = re.compile(r"v?\d{1,4}(\.\d{1,4}){0,3}", re.ASCII)


class Names:
    """Pseudonyms, by what is named: `web-0`, `coreapp-1`."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def of(self, what: str, name: str) -> str:
        """The pseudonym of a name; empty for an empty one."""
        if not name:
            return ""
        if (what, name) not in self._given:
            number = self._counts.get(what, 0)
            self._counts[what] = number + 1
            self._given[what, name] = f"{what}-{number}"
        return self._given[what, name]


def word(found: str, among: Iterable[str]) -> str:
    """A word of a closed set; for any other that it is another; empty stays empty."""
    return found if found in among or not found else OTHER


def words_of(of: type[FastStrEnum]) -> frozenset[str]:
    """The values of a closed set."""
    return frozenset(each.value for each in of)


REASONS = frozenset(reasons()) | {"Suspended"}
STATUSES = frozenset({"True", "False", "Unknown"})
GATEWAYS, MODES, VERDICTS, ROLES = words_of(Gateway), words_of(Mode), words_of(NodeVerdict), words_of(Role)
TYPES = words_of(ConditionType)


def version(found: str) -> str:
    """A version, of numbers alone."""
    return found if not found or _VERSION.fullmatch(found) else OTHER


def time(document: object, *keys: str) -> str | None:
    """A time, written anew."""
    return written(read.time(document, *keys))


def written(found: datetime | None) -> str | None:
    """A time as Kubernetes writes it; None if it is not known."""
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if found else None


def filled(**fields: object) -> dict[str, Any]:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


def spec(found: Document, names: Names) -> dict[str, Any]:
    """The spec, with invented names and without TLS: nothing is verified in a replay."""
    cloud = read.inner(found, "target", "cloud")
    return filled(
        mode=word(read.text(found, "mode"), MODES | {"Auto"}),
        suspend=read.truth(found, "suspend"),
        target=_cloud_target(cloud) if cloud else _target(read.inner(found, "target")),
        auth=_auth(read.inner(found, "auth"), names),
        multiconnect=_whole(found, "multiconnect", "shards"),
        expectations=filled(
            **_whole(found, "expectations", "minConnectedCoreapps", "minCoreapps", "minMasters"),
            registration=_one_of(found, ("Required", "Optional"), "expectations", "registration"),
        ),
        probe=_whole(found, "probe", "periodSeconds", "timeoutSeconds", "failureThreshold", "successThreshold"),
        grace=_whole(found, "grace", "uninitializedSeconds", "connectingSeconds", "failoverSeconds"),
        cloud=filled(
            limited=_one_of(found, ("Accepted", "Degraded"), "cloud", "limited"),
            quality=_one_of(found, ("Warn", "Ignore"), "cloud", "quality"),
        ),
    )


def _target(found: Document) -> dict[str, Any]:
    scheme = "HTTP" if read.text(found, "scheme") == "HTTP" else None
    if read.inner(found, "service"):
        scope = "Service" if read.text(found, "scope") == "Service" else None
        return filled(service=filled(name="web", port=read.whole(found, "service", "port")), scope=scope, scheme=scheme)
    if read.text(found, "url"):
        return {"url": "https://waweb.example.com"}
    kinds = ("Deployment", "StatefulSet", "DaemonSet", "Rollout", "DeploymentConfig")
    kind = _one_of(found, kinds, "workload", "kind")
    return filled(workload=filled(kind=kind, name="web", port=read.whole(found, "workload", "port")), scheme=scheme)


def _cloud_target(found: Document) -> dict[str, Any]:
    if read.text(found, "provider") == "Dialog360":
        return {"cloud": {"provider": "Dialog360"}}
    shown = version(read.text(found, "graphVersion"))
    return {"cloud": filled(phoneNumberID="900000000000001", graphVersion=shown if shown != OTHER else None)}


def _auth(found: Document, names: Names) -> dict[str, Any]:
    key, token = (read.inner(found, kind, "secretKeyRef") for kind in ("apiKey", "bearerToken"))
    login = read.inner(found, "userCredentials", "secretRef")
    if login:
        return {"userCredentials": {"secretRef": {"name": names.of("secret", read.text(login, "name"))}}}
    kind, entry, reference = ("bearerToken", "token", token) if token else ("apiKey", "WA_API_KEY", key)
    return {kind: {"secretKeyRef": {"name": names.of("secret", read.text(reference, "name") or "?"), "key": entry}}}


def _whole(found: Document, part: str, *keys: str) -> dict[str, Any]:
    return filled(**{key: read.whole(found, part, key) for key in keys})


def _one_of(found: Document, words: Iterable[str], *keys: str) -> str | None:
    """A word of a closed set; None for any other, which the schema's default replaces."""
    written = read.text(found, *keys)
    return written if written in words else None
