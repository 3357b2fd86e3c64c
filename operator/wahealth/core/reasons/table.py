"""All rows of all subjects: the reference of reasons (`docs/reasons.md`) is generated from them."""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

from wahealth.core.reasons import asking, client, credentials, number, pods, progress, spec
from wahealth.core.reasons.row import Row


class Subject(NamedTuple):
    """A group of rows. `rests_on`: the evidence for all of them, a whole sentence."""

    title: str
    module: ModuleType
    rests_on: str


SUBJECTS = (
    Subject(
        "The spec, and what it refers to",
        spec,
        "They rest on the resource and on the objects that it names, as the API server shows them; ModeMismatch on the "
        "shape of the answers.",
    ),
    Subject(
        "What is signed in with",
        credentials,
        "They rest on the value in the Secret (its length and its characters) and on what the health node says of it: "
        "HTTP 200, 401 or 403, and the vendor's error codes of a login.",
    ),
    Subject(
        "Asking the health node",
        asking,
        "They rest on how far a probe came: name lookup, connection, TLS handshake, HTTP status, body.",
    ),
    Subject(
        "The client and its nodes",
        client,
        "They rest on `gateway_status` and role of each node in the answer, on the pods that the API server shows, and "
        "on how long that has lasted. The vendor's pages stand at the rules.",
    ),
    Subject(
        "A phone number of the Cloud API",
        number,
        "They rest on the entities of `health_status`, on the number's own fields, and on the codes of the vendor's "
        "errors.",
    ),
    Subject(
        "What is written onto pods",
        pods,
        "They rest on the resources that name a pod, and on which of them is the oldest.",
    ),
    Subject("What is waited for", progress, "They rest on the other conditions, and on how long they have lasted."),
)


def rows() -> dict[Subject, tuple[Row, ...]]:
    """The rows by their subject, in the order in which their modules define them."""
    more = {asking: asking.HTTP_ROWS}
    return {
        subject: (
            *(row for row in vars(subject.module).values() if isinstance(row, Row)),
            *more.get(subject.module, ()),
        )
        for subject in SUBJECTS
    }
