"""A scenario that `wahealth simulate` replays to the verdict of a status: invented answers with the same meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wahealth.wa import document as read
from wahealth.wa.client import Client, Endpoint, Node
from wahealth.wa.kept import Names, filled, spec

KEY, PREVIOUS = "a-key-of-enough-characters", "another-key-of-enough-characters"  # invented
_CHANGE = 20  # rounds until what is wrong begins
_WORDS = {name: name.lower() for name in ("Connected", "Connecting", "Disconnected", "Uninitialized", "Unregistered")}
_ROLES = {"PrimaryMaster": "primary_master", "SecondaryMaster": "secondary_master", "Coreapp": "coreapp"}
_ERRORS = frozenset(
    {
        *("DNSLookupFailed", "ConnectionRefused", "ConnectTimeout", "ReadTimeout", "TLSVerificationFailed"),
        *("TLSHandshakeFailed", "HTTPStatus", "Redirected", "BodyTooLarge"),
    }
)
_STATUSES: Mapping[str, dict[str, Any]] = {
    "InvalidResponse": {"text": "not JSON"},
    "AccessForbidden": {"status": 403, "text": ""},
    "ProxySignIn": {"status": 401, "headers": {"WWW-Authenticate": "Basic"}, "text": ""},
    "Throttled": {"status": 429, "text": ""},
}
_OF_FORM = {
    "APIKeyTooShort": "short",
    "APIKeyTooLong": "k" * 9000,
    "APIKeyInvalidCharacters": "a key with spaces in it",
}


def _error(status: int, code: int, subcode: int = 0) -> dict[str, Any]:
    return {"status": status, "body": {"error": filled(code=code, error_subcode=subcode or None)}}


def _blocked(kind: str, code: int) -> dict[str, Any]:
    kinds = ("PHONE_NUMBER", "WABA", "BUSINESS", "APP")
    entities: list[dict[str, Any]] = [{"entity_type": each, "can_send_message": "AVAILABLE"} for each in kinds]
    wrong = {"can_send_message": "BLOCKED", "errors": [{"error_code": code}]}
    entities[kinds.index(kind)] |= wrong
    return {"fields": {"health_status": {"can_send_message": "BLOCKED", "entities": entities}}}


_OF_NUMBER: Mapping[str, dict[str, Any]] = {
    "AccountBanned": {"fields": {"status": "BANNED"}},
    "AccountLocked": _error(400, 131031),
    "NumberDeleted": {"fields": {"status": "DELETED"}},
    "NumberMigrated": {"fields": {"status": "MIGRATED"}},
    "Unregistered": {"fields": {"status": "PENDING", "platform_type": "NOT_APPLICABLE"}},
    "PaymentMethod": _blocked("WABA", 141006),
    "EntityBlocked": _blocked("BUSINESS", 141010),
    "TokenExpired": _error(401, 190, 463),
    "TokenRejected": _error(400, 190, 460),
    "PermissionMissing": _error(403, 200),
    "NumberNotFound": _error(400, 100, 33),
    "Throttled": _error(400, 80007),
    "InvalidResponse": {"text": "not JSON"},
    "UnknownGatewayStatus": {"fields": {"health_status": None}},
}


def scenario(client: Client, names: Names) -> dict[str, Any]:
    """The scenario: at first all is well if it ever was, then comes what the status shows."""
    shown = spec(client.spec, names)
    first = [_step(client, 0, well=True, names=names)] if _began_well(client) else []
    now = _step(client, _CHANGE * client.period if first else 0, well=False, names=names)
    secrets = _secrets(client, shown, well=bool(first))
    if first:
        now |= filled(secrets=_changed(client, shown))
    return {
        "client": {"spec": {**shown, "suspend": False} if client.is_suspended and first else shown},
        "stored": True,
        "secrets": secrets,
        "steps": [*first, now],
        "until": now["at"] + _long_enough(client),
    }


def _began_well(client: Client) -> bool:
    """Whether all must be well before it is as it is now: a client that was seen keeps its mode, and what it had."""
    if _reason(client) == "UnknownGatewayStatus":  # of what was known before, a word that nobody knows says nothing
        return False
    if client.holds("Ready"):
        return bool(client.nodes) or _is_previous(client)
    return any(state.ready == "True" for state in client.history)


def _long_enough(client: Client) -> int:
    """Until every threshold and grace has ended; what is still within its grace is not waited for."""
    ready = client.conditions.get("Ready")
    if ready is not None and ready.reason in {"GracePeriod", "NotProbedYet"}:
        return 0
    grace = read.inner(client.spec, "grace")
    longest = max((read.whole(grace, key) or 0 for key in grace), default=0)
    return max(3600, 40 * client.period, 2 * longest)


def _is_previous(client: Client) -> bool:
    return read.text(client.status, "credentials", "keyInUse") == "Previous"


def _step(client: Client, at: int, well: bool, names: Names) -> dict[str, Any]:
    reason = _reason(client)
    if client.is_number:
        answer = {"fields": {}} if well else _of_number(reason)
        return {"at": at, "cloud": answer}
    if not well and reason in {"TargetNotFound", "TargetForbidden"}:
        return {"at": at, "target": None}
    pods = _pods(client, names, well)
    if not well and reason == "NoReadyEndpoints":
        return {"at": at, "pods": dict.fromkeys(pods)}
    suspended = {"client": {"spec": {"suspend": True}}} if client.is_suspended and not well else {}
    return {"at": at, "pods": pods, **filled(nodePods=_node_pods(client, names, well)), **suspended}


def _reason(client: Client) -> str:
    ready = client.conditions.get("Ready")
    return ready.reason if ready else ""


def _of_number(reason: str) -> dict[str, Any]:
    return {"error": reason} if reason in _ERRORS else _OF_NUMBER.get(reason, {"fields": {}})


def _pods(client: Client, names: Names, well: bool) -> dict[str, Any]:
    endpoints = client.endpoints or (Endpoint("web", True, "", None, None),)
    body = {"health": _health(client, names, well)}
    return {names.of("web", each.pod): _answer(each, client, body, well) for each in endpoints}


def _answer(endpoint: Endpoint, client: Client, body: dict[str, Any], well: bool) -> dict[str, Any]:
    accepts = PREVIOUS if _is_previous(client) else KEY
    by_login = bool(read.inner(client.spec, "auth", "userCredentials"))
    login: dict[str, Any] = {"login": _login(client, well)} if by_login else {}
    good = {"body": body, **login} if by_login else {"body": body, "key": accepts}
    if well:
        return good
    reason = endpoint.reason or ("" if endpoint.reachable else "ConnectionRefused")
    if reason in _STATUSES:
        return {**_STATUSES[reason], **login}
    if reason in _ERRORS:
        return {"error": reason}
    refused = endpoint.accepted is False and not _is_previous(client)
    return {"status": 401, "text": "", **login} if refused else good


def _login(client: Client, well: bool) -> dict[str, Any]:
    reason = _reason(client)
    refused = not well and reason == "LoginFailed"
    limited = {"limited": True} if not well and reason == "LoginLimited" else {}
    return {"username": "user", "password": "refused" if refused else KEY, "token": KEY, **limited}


def _health(client: Client, names: Names, well: bool) -> dict[str, Any]:
    if not client.nodes:
        is_unknown = not well and _reason(client) == "UnknownGatewayStatus"
        word = "another_status" if is_unknown else _WORDS.get(client.gateway, "connected")
        return {"gateway_status": "connected" if well else word}
    found = {}
    for number, node in enumerate(client.nodes):
        if well or node.verdict != "Missing":
            found[f"10.0.0.{number}:{_named(node, names)}"] = _good(client, node, number) if well else _said(node)
    return found


def _named(node: Node, names: Names) -> str:
    return names.of("coreapp" if node.role == "Coreapp" else "master", node.name)


def _said(node: Node) -> dict[str, Any]:
    role = filled(role=_ROLES.get(node.role, "another_role" if node.role else None))
    if not node.gateway:
        return {**role, "errors": [{"code": 1011}]}
    return {**role, "gateway_status": _WORDS.get(node.gateway, "another_status")}


def _good(client: Client, node: Node, number: int) -> dict[str, Any]:
    """The node while all was well: as many coreapps connected as there should be, and one primary master."""
    coreapps = [n for n, each in enumerate(client.nodes) if each.role == "Coreapp"]
    wanted = read.whole(client.status, "connected", "expected") or 1
    is_multiconnect = client.mode == "Multiconnect"
    is_primary = node.role == "PrimaryMaster" and is_multiconnect
    connected = number in coreapps[:wanted] or is_primary
    return {**_said(node), "gateway_status": "connected" if connected else "disconnected"} | {"errors": []}


def _node_pods(client: Client, names: Names, well: bool) -> dict[str, Any]:
    known = [(n, node) for n, node in enumerate(client.nodes) if node.pod]
    return {
        _named(node, names): None
        if node.verdict == "Stale" and not well
        else {"address": f"10.0.0.{n}", **filled(node=names.of("node", node.machine))}
        for n, node in known
    }


def _secrets(client: Client, shown: Mapping[str, Any], well: bool) -> dict[str, Any]:
    """The Secrets at the start."""
    name, entries = _entries(shown)
    if well:
        return {name: dict.fromkeys(entries, PREVIOUS if _is_previous(client) else KEY) | _user(entries)}
    found = _changed(client, shown).get(name, _good_entries(entries))
    return {} if found is None else {name: found}


def _changed(client: Client, shown: Mapping[str, Any]) -> dict[str, Any]:
    """What is another in the Secrets once something is wrong."""
    name, entries = _entries(shown)
    reasons = {each.reason for each in client.conditions.values() if each.status == "False"}
    if "SecretNotFound" in reasons or "SecretForbidden" in reasons:
        return {name: None}
    if "SecretKeyMissing" in reasons:
        return {name: {"another-entry": KEY}}
    for reason, value in _OF_FORM.items():
        if reason in reasons:
            return {name: dict.fromkeys(entries, value)}
    return {name: _good_entries(entries)} if _is_previous(client) else {}


def _good_entries(entries: tuple[str, ...]) -> dict[str, str]:
    return dict.fromkeys(entries, KEY) | _user(entries)


def _user(entries: tuple[str, ...]) -> dict[str, str]:
    return {"username": "user"} if "username" in entries else {}


def _entries(shown: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    auth = shown["auth"]
    if "userCredentials" in auth:
        return auth["userCredentials"]["secretRef"]["name"], ("username", "password")
    reference = next(iter(auth.values()))["secretKeyRef"]
    return reference["name"], (reference["key"],)
