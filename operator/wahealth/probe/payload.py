"""The vendor's bytes → a report, or what is wrong with them. Pure; the only place that knows the vendor's JSON.

Shapes documented: `{"health": {"gateway_status": …}}` of a single instance, `{"health": {"<host>:<container>": {…}}}`
of High Availability and Multiconnect. Shapes seen besides: `meta` beside `health`, nodes with only `errors`, nodes
without a role, a 200 without `health`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from wahealth.core.answer import (
    Answered,
    FailureReason,
    Forbidden,
    GatewayStatus,
    Malformed,
    Node,
    Outcome,
    Report,
    Role,
    Throttled,
    Unauthorized,
    Unreachable,
)
from wahealth.probe.page import first_words
from wahealth.probe.printable import clean
from wahealth.probe.semantics import is_redirect, redirect
from wahealth.probe.strict_json import NotRead, document_of

_STATUSES = {
    "connected": GatewayStatus.CONNECTED,
    "connecting": GatewayStatus.CONNECTING,
    "disconnected": GatewayStatus.DISCONNECTED,
    "uninitialized": GatewayStatus.UNINITIALIZED,
    "unregistered": GatewayStatus.UNREGISTERED,
}
_ROLES = {
    "primary_master": Role.PRIMARY_MASTER,
    "secondary_master": Role.SECONDARY_MASTER,
    "coreapp": Role.COREAPP,
}
_KNOWN = {word: (status, None) for word, status in _STATUSES.items()}
MOST_NODES = 1_000  # documented (page "Multiconnect"): at most 32 shards
LONGEST_NAME = 253  # of a DNS name, and so of a pod
LONGEST_WORD = 63
_LONGEST_STEM = LONGEST_NAME - 8  # of a name that is numbered: room for a ~ and seven digits
_IS_CLEAN = re.compile(rf"[!-~]{{1,{LONGEST_NAME}}}").fullmatch


def outcome_of(http_status: int, body: bytes, location: str = "", wants: str = "") -> Outcome:
    """What an answer says. `location`: the header of a redirect; `wants`: the foreign scheme that a 401 asks for.

    Documented (page "Health"): 401 for a missing or invalid Authorization header; its body may be anything.
    """
    if http_status == 401:
        return Forbidden(wants) if wants else Unauthorized()
    if http_status == 403:
        return Forbidden()
    if http_status == 429:
        return Throttled()
    if is_redirect(http_status):
        return Unreachable(FailureReason.REDIRECTED, redirect(http_status, location))
    if http_status != 200:
        return http_error(http_status, body, first_words(http_status, body))
    return parse_health(body)


def http_error(status: int, body: bytes, words: str = "") -> Unreachable:
    """With the vendor's code, where the body has one; else with the `words` of whoever says it."""
    code = error_code(body)
    more = f"code {code}" if code else words
    detail = f"HTTP {status}, {more}" if more else f"HTTP {status}"
    return Unreachable(FailureReason.HTTP_STATUS, detail, status=status, code=code)


def error_code(body: bytes) -> int:
    """The vendor's own, such as 1014 (coreapp or database unreachable); 0 where there is none."""
    try:
        code = document_of(body)["errors"][0]["code"]
    except (ValueError, LookupError, TypeError):
        return 0
    return int(code) if type(code) is float and code.is_integer() and 0 < code < 10_000 else 0


def parse_health(body: bytes) -> Answered | Malformed:
    """The body of a 200. Of duplicate keys the last one counts."""
    try:
        document = document_of(body)
    except NotRead as error:
        return Malformed(error.problem)
    except ValueError:  # no JSON, no UTF-8, NaN, half a character
        if not body.strip():
            return Malformed("the body is empty")
        words = first_words(200, body)
        return Malformed(f"the body is not JSON{' but says ' if words else ''}{words}")
    health = document.get("health") if isinstance(document, dict) else None
    if not isinstance(health, dict) or not health:
        return Malformed("the body has no health in it")
    outcome = _answered(health, _version(document))
    if isinstance(outcome, Malformed) or not _is_deprecated(document):
        return outcome
    return Answered(outcome.report._replace(deprecated=True))


def _answered(health: Mapping[str, Any], version: str | None) -> Answered | Malformed:
    if isinstance(health.get("gateway_status"), str):
        status, word = _status(health["gateway_status"])
        return Answered(Report(status, (), version, word))
    keys = [key for key, entry in health.items() if isinstance(entry, dict)]
    if not keys:
        no_word = "gateway_status" in health
        return Malformed("its gateway_status is no word" if no_word else "the body names no node and no gateway_status")
    if len(keys) > MOST_NODES:
        return Malformed(f"the body names {len(keys):,} nodes; no client has more than {MOST_NODES:,}")
    keys.sort()
    names = keys if all(map(_IS_CLEAN, keys)) else _clean_names(keys)
    nodes = tuple([_node(name, health[key]) for name, key in zip(names, keys, strict=True)])
    return Answered(Report(None, nodes, version))


def _clean_names(keys: Iterable[str]) -> Iterator[str]:
    """For each key a clean name of its own: two keys that are the same once cut or cleaned stay two nodes."""
    taken: set[str] = set()
    next_number: dict[str, int] = {}  # of a stem: none below is free, so no number is looked at twice
    for place, key in enumerate(keys):
        name = clean(key, LONGEST_NAME)
        if name in taken:
            stem = name[:_LONGEST_STEM]
            numbers = count(max(place, next_number.get(stem, 0)))
            number = next(number for number in numbers if f"{stem}~{number}" not in taken)
            next_number[stem] = number + 1
            name = f"{stem}~{number}"
        taken.add(name)
        yield name


def _node(name: str, entry: Mapping[str, Any]) -> Node:
    host, _, container = name.rpartition(":")
    status, word = _status(entry.get("gateway_status"))
    role, said = _role(entry.get("role"))
    return Node(name, host, container or name, role, status, word, said)


def _role(word: object) -> tuple[Role | None, str | None]:
    """The role, and the vendor's word where it is not one we know. No word: the node has none."""
    if not isinstance(word, str):
        return None, None
    known = _ROLES.get(word)
    return (known, None) if known else (None, clean(word, LONGEST_WORD))


def _status(word: object) -> tuple[GatewayStatus | None, str | None]:
    """The status, and the vendor's word where it is not one we know. No word: None, the node could not be asked."""
    if not isinstance(word, str):
        return None, None
    known = _KNOWN.get(word)
    return known or (GatewayStatus.UNKNOWN, clean(word, LONGEST_WORD))


def _is_deprecated(document: Mapping[str, Any]) -> bool:
    """Seen: `meta.api_status` is `stable`; of other words only this one asks anything of anybody."""
    meta = document.get("meta")
    said = meta.get("api_status") if isinstance(meta, dict) else None
    return isinstance(said, str) and said[:LONGEST_WORD].lower() == "deprecated"


def _version(document: Mapping[str, Any]) -> str | None:
    meta = document.get("meta")
    version = meta.get("version") if isinstance(meta, dict) else None
    if not isinstance(version, str) or not version:
        return None
    cleaned = clean(version, LONGEST_WORD)
    return cleaned if cleaned.startswith("v") else f"v{cleaned}"
