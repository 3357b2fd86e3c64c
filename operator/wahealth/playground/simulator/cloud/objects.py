"""Numbers, accounts, templates and tokens as JSON, each with the requested fields alone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from wahealth.playground.simulator.client import Json
from wahealth.playground.simulator.cloud.entities import health_status, merged_entities
from wahealth.playground.simulator.cloud.graph_errors import Refusal, envelope, refusal
from wahealth.playground.simulator.cloud.settings import (
    AccountSettings,
    ErrorSettings,
    NumberSettings,
    ObjectSettings,
    TokenSettings,
)

_NUMBER_BY_DEFAULT = (
    *("verified_name", "code_verification_status", "display_phone_number", "quality_rating", "platform_type"),
    *("throughput", "webhook_configuration"),
)
_OF_NUMBER = (
    *("status", "quality_rating", "name_status", "code_verification_status", "platform_type", "account_mode"),
    *("display_phone_number", "verified_name"),
)
_ACCOUNT_BY_DEFAULT = ("name", "timezone_id", "message_template_namespace")
_OF_ACCOUNT = ("name", "account_review_status", "business_verification_status")
_TEMPLATE_BY_DEFAULT = ("name", "language", "status", "category")

Made = Mapping[str, Callable[[], Any]]


class View(NamedTuple):
    """What one request asks for."""

    fields: tuple[str, ...]  # empty: the default ones
    app: str  # whose token it is
    request_number: int  # of all requests to this simulator


def number_document(id_: str, number: NumberSettings, account: AccountSettings, view: View) -> Json:
    """Raises `Refusal`."""

    def health() -> Json:
        ids = {"PHONE_NUMBER": id_, "WABA": number.account, "BUSINESS": account.business, "APP": view.app}
        entities = merged_entities(ids, account.entities, number.entities)
        return health_status(entities, ids, number.can_send_message, view.request_number)

    made: Made = {
        **{name: partial(getattr, number, name) for name in _OF_NUMBER},
        "health_status": health,
        "throughput": lambda: {"level": number.throughput},
        "whatsapp_business_manager_messaging_limit": lambda: number.messaging_limit,
        "messaging_limit_tier": lambda: number.messaging_limit,
        "webhook_configuration": lambda: {"application": "https://webhook.invalid/"},
        "is_official_business_account": lambda: False,
    }
    return _selected(id_, number, made, view.fields or _NUMBER_BY_DEFAULT, "WhatsAppBusinessPhoneNumber")


def account_document(id_: str, account: AccountSettings, view: View) -> Json:
    """Raises `Refusal`."""

    def health() -> Json:
        ids = {"WABA": id_, "BUSINESS": account.business, "APP": view.app}
        return health_status(merged_entities(ids, account.entities), ids, account.can_send_message, view.request_number)

    made: Made = {
        **{name: partial(getattr, account, name) for name in _OF_ACCOUNT},
        "health_status": health,
        "timezone_id": lambda: "1",
        "message_template_namespace": lambda: "an_invented_namespace",
        "owner_business_info": lambda: {"id": account.business, "name": "An Invented Business"},
    }
    return _selected(id_, account, made, view.fields or _ACCOUNT_BY_DEFAULT, "WhatsAppBusinessAccount")


def _selected(id_: str, object_: ObjectSettings, made: Made, fields: Iterable[str], node_type: str) -> Json:
    document: Json = {}
    for name in fields:
        if name in object_.nonexisting:
            raise _nonexisting(name, node_type)
        if name in object_.fields:
            document[name] = object_.fields[name]
        elif name in made:
            document[name] = made[name]()
        elif name != "id":
            raise _nonexisting(name, node_type)
    return {name: value for name, value in document.items() if name not in object_.left_out} | {"id": id_}


def _nonexisting(name: str, node_type: str) -> Refusal:
    return refusal(100, message=f"(#100) Tried accessing nonexisting field ({name}) on node type ({node_type})")


def templates_page(account: AccountSettings, fields: Sequence[str], limit: int, after: int) -> Json:
    """Templates from number `after` on, `limit` of them, and where the next page begins."""
    wanted = (*(fields or _TEMPLATE_BY_DEFAULT), "id")
    every = [
        {
            "name": name,
            **one.model_dump(exclude={"quality"}),
            "quality_score": {"score": one.quality},
            "id": f"5{at:014}",
        }
        for at, (name, one) in enumerate(account.templates.items(), 1)
    ]
    page = [{name: one[name] for name in wanted if name in one} for one in every[after : after + limit]]
    paging: Json = {"cursors": {"before": str(after), "after": str(after + len(page))}}
    if after + len(page) < len(every):
        paging["next"] = f"?limit={limit}&after={after + len(page)}"
    return {"data": page, "paging": paging}


def token_document(token: TokenSettings | None, problem: ErrorSettings | None) -> Json:
    """What `debug_token` answers about a token; one that is not valid is an answer with HTTP 200, too."""
    document: Json = {"is_valid": problem is None, "scopes": token.scopes if token else []}
    if token is not None:
        document |= _details(token)
    if problem is not None:
        error = envelope(problem, "")[1]["error"]
        document["error"] = {"code": problem.code, "message": error["message"]}
        if problem.subcode is not None:
            document["error"]["subcode"] = problem.subcode
    return {"data": document}


def _details(token: TokenSettings) -> Json:
    return {
        "app_id": token.app,
        "application": "An Invented App",
        "type": "SYSTEM_USER",
        "user_id": "600000000000001",
        "issued_at": 1_700_000_000,
        "expires_at": token.expires_at,
        "data_access_expires_at": 0,
        "granular_scopes": [_granular(scope, token) for scope in token.scopes],
    }


def _granular(scope: str, token: TokenSettings) -> Json:
    return {"scope": scope} if token.accounts is None else {"scope": scope, "target_ids": token.accounts}
