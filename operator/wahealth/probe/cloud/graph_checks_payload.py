"""What the Graph API says of a token, an account and templates: bytes to reports. Pure, bounded like any answer.

Documented (pages "Debug token", "WhatsApp Business account" and "Message templates"). `debug_token` answers with HTTP
200 about a token that is not valid, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from wahealth.core.answer import Malformed
from wahealth.core.cloud.errors import GraphError
from wahealth.core.cloud.number_checks import MANAGEMENT, Template, TemplateStatus, TokenReport
from wahealth.core.cloud.wanted import LONGEST_ID, LONGEST_TEMPLATE_NAME
from wahealth.probe.cloud.graph_payload import graph_document
from wahealth.probe.payload import LONGEST_WORD
from wahealth.probe.printable import clean

MOST_SCOPES = 200
_LATEST = 253_402_300_799  # the last second of the year 9999
_STATUSES = {word.name: word for word in TemplateStatus if word is not TemplateStatus.UNKNOWN}


class TemplatePage(NamedTuple):
    """Some templates of an account. `after`: a cursor to the next page; empty: there is none."""

    templates: tuple[Template, ...]
    after: str = ""


def token_report_of(http_status: int, body: bytes, _: str = "") -> TokenReport | GraphError | Malformed:
    """What an answer of `debug_token` says, whatever it is: no bytes raise."""
    document = graph_document(http_status, body)
    if not isinstance(document, dict):
        return document
    data = document.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("is_valid"), bool):
        return Malformed("the body has no data about a token in it")
    scopes = data.get("scopes")
    return TokenReport(
        data["is_valid"],
        _id(data.get("app_id")),
        _instant(data.get("expires_at")),
        frozenset(_words(scopes)) if isinstance(scopes, list) else None,
        _accounts(data.get("granular_scopes")),
    )


def _accounts(granular: object) -> frozenset[str] | None:
    """The IDs that our permission is limited to."""
    if not isinstance(granular, list):
        return None
    ours = [one for one in granular[:MOST_SCOPES] if isinstance(one, dict) and one.get("scope") == MANAGEMENT]
    ids = [one["target_ids"] for one in ours if isinstance(one.get("target_ids"), list)]
    return frozenset(id_ for some in ids for id_ in map(_id, some) if id_) if ids else None


def account_seen_of(http_status: int, body: bytes, _: str = "") -> str | GraphError | Malformed:
    """The ID of the account that an answer is about, which is seen then."""
    document = graph_document(http_status, body)
    if not isinstance(document, dict):
        return document
    return _id(document.get("id")) or Malformed("the body has no id in it")


def templates_page_of(http_status: int, body: bytes, _: str = "") -> TemplatePage | GraphError | Malformed:
    """One page of an account's templates."""
    document = graph_document(http_status, body)
    if not isinstance(document, dict):
        return document
    listed = document.get("data")
    if not isinstance(listed, list):
        return Malformed("the body has no list of templates in it")
    found = (_template(entry) for entry in listed if isinstance(entry, dict))
    return TemplatePage(tuple(one for one in found if one is not None), _after(document.get("paging")))


def _template(entry: Mapping[str, Any]) -> Template | None:
    name, language, status = entry.get("name"), entry.get("language"), entry.get("status")
    if not isinstance(name, str) or not name:
        return None
    known = _STATUSES.get(status, TemplateStatus.UNKNOWN) if isinstance(status, str) else None
    words = clean(language, LONGEST_WORD) if isinstance(language, str) else ""
    return Template(clean(name, LONGEST_TEMPLATE_NAME), words, known)


def _after(paging: object) -> str:
    """Only where there is a next page; the last one has cursors, too."""
    if not isinstance(paging, dict) or not isinstance(paging.get("next"), str):
        return ""
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) and after.isascii() and len(after) <= _LONGEST_CURSOR else ""


_LONGEST_CURSOR = 1024


def _id(said: object) -> str:
    """Opaque; a number is written as one."""
    written = f"{said:.0f}" if isinstance(said, float) and said.is_integer() else said
    return written if isinstance(written, str) and written.isascii() and len(written) <= LONGEST_ID else ""


def _words(said: list[Any]) -> list[str]:
    return [clean(word, LONGEST_WORD) for word in said[:MOST_SCOPES] if isinstance(word, str)]


def _instant(seconds: object) -> datetime | None:
    """Of seconds since 1970; 0 stands for never."""
    if not isinstance(seconds, float) or not 0 < seconds <= _LATEST:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)
