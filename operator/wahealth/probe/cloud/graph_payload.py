"""The Cloud API's bytes → a report, an error, or what is wrong with them. Pure; the only place that knows its JSON.

Graph answers `{"health_status": {…}, "status": …, "id": …}` and `{"error": {…}}`; 360dialog serves the same health and
puts an envelope of its own around its own errors, which says nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from wahealth.core.answer import Malformed
from wahealth.core.cloud.errors import ErrorClass, GraphError, error_class
from wahealth.core.cloud.report import (
    Entity,
    EntityError,
    EntityType,
    HealthStatus,
    Messaging,
    NumberFields,
    NumberReport,
    NumberStatus,
    Platform,
    Quality,
)
from wahealth.core.cloud.wanted import GRAPH_VERSION
from wahealth.core.strenum import FastStrEnum
from wahealth.probe.page import first_words
from wahealth.probe.payload import LONGEST_WORD, MOST_NODES
from wahealth.probe.printable import clean
from wahealth.probe.strict_json import NotRead, document_of

NumberOutcome = NumberReport | GraphError | Malformed
Word = TypeVar("Word", bound=FastStrEnum)

MOST_TEXTS = 20  # of an entity's errors, and of its additional_info
LONGEST_TEXT = 300
_LONGEST_MESSAGE = 1_000  # of an error, looked at for two phrases
_LARGEST_CODE = 10_000_000
_UNPRINTABLE = dict.fromkeys((*range(0x20), 0x7F), "?") | dict.fromkeys(b"\t\n\r", " ")  # of ASCII
_TYPES = {
    "PHONE_NUMBER": EntityType.PHONE_NUMBER,
    "WABA": EntityType.BUSINESS_ACCOUNT,
    "BUSINESS": EntityType.BUSINESS,
    "APP": EntityType.APP,
    "MESSAGE_TEMPLATE": EntityType.MESSAGE_TEMPLATE,
    "FLOW": EntityType.FLOW,
}
_MESSAGING = {word.name: word for word in Messaging if word is not Messaging.UNKNOWN}
_STATUSES = {word.name: word for word in NumberStatus}
_QUALITIES = {**{word.name: word for word in Quality}, "NA": Quality.NOT_APPLICABLE}
_PLATFORMS = {word.name: word for word in Platform}
_ORDER = {word: place for place, word in enumerate(EntityType)}


def number_outcome_of(http_status: int, body: bytes, served_version: str = "") -> NumberOutcome:
    """What an answer about one number says, whatever it is: no bytes raise.

    `served_version`: the answer's header `facebook-api-version`. A body without the vendor's envelope says nothing with
    any HTTP status but 200, where it is `Malformed` if it is not JSON, and 429. Of duplicate keys the last one counts.
    """
    document = graph_document(http_status, body)
    return _report(document, served_version) if isinstance(document, dict) else document


def graph_document(http_status: int, body: bytes) -> dict[str, Any] | GraphError | Malformed:
    """The JSON object of a good answer; or its error, or why it is neither. No bytes raise."""
    try:
        document = document_of(body)
    except ValueError as problem:
        return _unread(http_status, body, problem)
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, dict):
        return _error(http_status, error)
    if http_status != 200:
        return _without_envelope(http_status)
    return document if isinstance(document, dict) else Malformed("the body is no JSON object")


def _unread(http_status: int, body: bytes, problem: ValueError) -> GraphError | Malformed:
    if http_status != 200:
        return _without_envelope(http_status)
    if isinstance(problem, NotRead):
        return Malformed(problem.problem)
    if not body.strip():
        return Malformed("the body is empty")
    words = first_words(http_status, body)
    return Malformed(f"the body is not JSON{' but says ' if words else ''}{words}")


def _without_envelope(http_status: int) -> GraphError:
    """An error that is not in the vendor's form: of a proxy on the way, or of the vendor's front. Only its wish to be
    left alone counts."""
    return GraphError(ErrorClass.THROTTLE if http_status == 429 else ErrorClass.TRANSIENT, http_status)


def _error(http_status: int, error: Mapping[str, Any]) -> GraphError:
    code, subcode = _whole(error.get("code")), _whole(error.get("error_subcode"))
    message = error.get("message")
    text = message[:_LONGEST_MESSAGE] if isinstance(message, str) else ""
    kind = error_class(http_status, code, subcode, text, error.get("is_transient") is True)
    unknown = _UNKNOWN_FIELD.search(text) if kind is ErrorClass.OUR_REQUEST else None
    return GraphError(kind, http_status, code, subcode, unknown_field=unknown[1] if unknown else "")


_UNKNOWN_FIELD = re.compile(r"nonexisting field \(([a-z_]{1,64})\)")


def _report(document: Mapping[str, Any], served_version: str) -> NumberReport | Malformed:
    id_, health = _word(document.get("id")), document.get("health_status")
    if health is None:
        if id_ is None:
            return Malformed("the body has no id and no health_status in it")
        return NumberReport(id_, None, _fields(document), _version(served_version))
    if not isinstance(health, dict):
        return Malformed("its health_status is no JSON object")
    read = _health(health)
    if isinstance(read, Malformed):
        return read
    return NumberReport(id_, read, _fields(document), _version(served_version))


def _health(health: Mapping[str, Any]) -> HealthStatus | Malformed:
    entries = [entry for entry in _list(health.get("entities")) if isinstance(entry, dict)]
    if len(entries) > MOST_NODES:
        return Malformed(f"the body names {len(entries):,} entities, and no more than {MOST_NODES:,} are read")
    messaging, reported = _known(_MESSAGING, health.get("can_send_message"), Messaging.UNKNOWN)
    return HealthStatus(messaging, tuple(sorted(map(_entity, entries), key=_sort_key)), reported)


def _sort_key(entity: Entity) -> tuple[object, ...]:
    """A total order: two entities that are not told apart by it are equal."""
    words = (entity.id, entity.reported_type or "", entity.messaging or "", entity.reported_messaging or "")
    return _ORDER[entity.type], *words, entity.errors, entity.additional_info


def _entity(entry: Mapping[str, Any]) -> Entity:
    type_, reported_type = _known(_TYPES, entry.get("entity_type"), EntityType.OTHER)
    messaging, reported = _known(_MESSAGING, entry.get("can_send_message"), Messaging.UNKNOWN)
    said = _list(entry.get("errors"))
    errors = [_entity_error(one) for one in said[:MOST_TEXTS] if isinstance(one, dict)]
    if len(said) > MOST_TEXTS:
        errors.append(EntityError(0))  # what was not read is nothing that anybody ignores
    info = [_text(one) for one in _list(entry.get("additional_info"))[:MOST_TEXTS] if isinstance(one, str)]
    return Entity(
        type_ or EntityType.OTHER,
        _word(entry.get("id")) or "",
        messaging,
        tuple(errors),
        tuple(info),
        reported_type,
        reported,
    )


def _entity_error(one: Mapping[str, Any]) -> EntityError:
    code = _whole(one.get("error_code")) or 0
    return EntityError(code, _text(one.get("error_description")), _text(one.get("possible_solution")))


def _fields(document: Mapping[str, Any]) -> NumberFields:
    status, reported_status = _known(_STATUSES, document.get("status"), NumberStatus.UNKNOWN)
    quality, reported_quality = _known(_QUALITIES, document.get("quality_rating"), Quality.UNKNOWN)
    platform, reported_platform = _known(_PLATFORMS, document.get("platform_type"), Platform.UNKNOWN)
    return NumberFields(
        status=status,
        quality=quality,
        platform=platform,
        reported_status=reported_status,
        reported_quality=reported_quality,
        reported_platform=reported_platform,
        messaging_limit=_word(document.get("whatsapp_business_manager_messaging_limit")),
    )


def _known(words: Mapping[str, Word], said: object, otherwise: Word) -> tuple[Word | None, str | None]:
    """The word, and the vendor's own where it is not one we know. No word: None."""
    if not isinstance(said, str):
        return None, None
    known = words.get(said)
    return (known, None) if known else (otherwise, clean(said, LONGEST_WORD))


def _word(said: object) -> str | None:
    """Cut, and nothing in it that is not printable ASCII; None of what is no word."""
    return clean(said, LONGEST_WORD) if isinstance(said, str) and said else None


def _text(said: object) -> str:
    """A sentence, cut and cleaned in the same way, with single blanks; empty for what is none."""
    if not isinstance(said, str):
        return ""
    return " ".join(said[:LONGEST_TEXT].encode("ascii", "replace").decode().translate(_UNPRINTABLE).split())


def _whole(number: object) -> int | None:
    """A code; every number of a document is a float."""
    if type(number) is not float or not 0 <= number < _LARGEST_CODE or not number.is_integer():
        return None
    return int(number)


def _list(said: object) -> list[Any]:
    return said if isinstance(said, list) else []


def _version(header: str) -> str | None:
    return header if re.fullmatch(GRAPH_VERSION, header) else None
