"""What there is to be seen at one moment. Whatever was deleted is told and ends nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from wahealth.playground.cluster.control_plane import ControlPlaneFailed
from wahealth.playground.environment import Environment, last_seen
from wahealth.playground.manifests import Document
from wahealth.probe import printable

_NOT_FOUND = re.compile(r'"code":\s*404|404 page not found')
_NAMED = 2  # of what is gone, by name


class Look(NamedTuple):
    """What there is to be seen. `table`: as kubectl prints it; `troubles`: what is gone or does not answer, as
    sentences; `mendable`: some of it can be created or started again; `active`, `primary`: the pods that may be
    killed, empty where there is none."""

    table: str = ""
    events: tuple[Document, ...] = ()
    troubles: tuple[str, ...] = ()
    mendable: bool = False
    active: str = ""
    primary: str = ""


def look(environment: Environment, gone: Sequence[Document] = ()) -> Look:
    """`gone`: the objects of the demo that do not exist (any more)."""
    troubles = [*_gone(gone), *_ended(environment)]
    mendable = bool(troubles)
    try:
        table = environment.plane.kubectl("get", "whatsappclients", "-A", "-o", "wide")
        clients = {client["metadata"]["name"]: client.get("status", {}) for client in environment.clients()}
        active = next(iter(clients.get("support", {}).get("connectedCoreapps", ())), "")
        primary = clients.get("marketing", {}).get("primaryMaster", "")
        return Look(harmless(table), tuple(environment.events()), tuple(troubles), mendable, active, primary)
    except ControlPlaneFailed as error:
        if not gone:
            troubles.append(f"The API server does not say what there is: {harmless(str(error))}")
        return Look(troubles=tuple(troubles), mendable=mendable)


def missing_of(environment: Environment, documents: Iterable[Document]) -> list[Document]:
    """Those that do not exist. Raises `ControlPlaneFailed` if the API server does not say."""
    return [document for document in documents if not _exists(environment, document)]


def _exists(environment: Environment, document: Document) -> bool:
    try:
        found = environment.plane.read(path_of(document))
    except ControlPlaneFailed as error:
        if _NOT_FOUND.search(str(error)):
            return False
        raise
    return "deletionTimestamp" not in found["metadata"]


def path_of(document: Document) -> str:
    """Where the API server has an object of the demo, all of whose kinds have a regular plural."""
    metadata, version = document["metadata"], document["apiVersion"]
    prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
    within = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{prefix}{within}/{document['kind'].lower()}s/{metadata['name']}"


def _gone(documents: Sequence[Document]) -> list[str]:
    if not documents:
        return []
    named = [f"{document['kind']} {_name(document)}" for document in documents[:_NAMED]]
    more = f" and {len(documents) - _NAMED} more" if len(documents) > _NAMED else ""
    return [f"Deleted: {', '.join(named)}{more}."]


def _name(document: Document) -> str:
    metadata = document["metadata"]
    return "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))


def _ended(environment: Environment) -> list[str]:
    operator = environment.operator
    if operator is None or operator.alive():
        return []
    return [f"The operator has ended. The last line of its log: {harmless(operator.log_tail(1).strip())}"]


def event_line(event: Document) -> str:
    """One event in one line: when, what kind, of whom, what."""
    times = event.get("count") or 1
    again = f" (x{times})" if times > 1 else ""
    client = f"{event['metadata']['namespace']}/{event['involvedObject']['name']}"
    time = last_seen(event)[11:19]
    return harmless(f"{time}  {event['type']:<7}  {client:<14}  {event['reason']}{again}: {event['message']}")


def harmless(text: str) -> str:
    """Without what a terminal would take for an instruction; lines stay lines."""
    return "\n".join(printable.harmless(line, len(line)) for line in text.split("\n"))
