"""`health_status` in the shape of the Cloud API. Pure; the number of the request decides the order of the entities."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from wahealth.playground.simulator.client import Json
from wahealth.playground.simulator.cloud.settings import EntitySettings

_WORST_FIRST = ("BLOCKED", "LIMITED", "AVAILABLE")
_TEXTS = {
    138024: ("Calls by SIP are not set up.", "Set up SIP for this number."),
    138025: ("Calls by SIP are blocked.", "Look at the settings of calling."),
    141000: ("The phone number is not registered.", "Register the phone number."),
    141002: ("The message template cannot be used.", "Look at the template."),
    141006: ("There is no way to pay.", "Add a payment method to the account."),
    141010: ("The business is not verified.", "Verify the business."),
    141014: ("The account is banned.", "Appeal the decision."),
    131000: ("The business profile is incomplete.", "Complete the profile."),
}
_NO_TEXT = ("An error that the simulator has no text for.", "None is known.")


def merged_entities(types: Iterable[str], *sets: Mapping[str, EntitySettings]) -> dict[str, EntitySettings]:
    """By type: all that stand in `sets`, of which later ones win, and defaults for those of `types` that do not."""
    merged = {type_: EntitySettings() for type_ in types}
    for one in sets:
        merged |= one
    return merged


def health_status(
    entities: Mapping[str, EntitySettings], ids: Mapping[str, str], outer: str | None, request_number: int
) -> Json:
    """`ids`: by type; an entity of another type has an id of its own. `outer`: the word for all of it."""
    listed = [
        _entity(type_, ids.get(type_, _other_id(type_)), one) for type_, one in entities.items() if not one.left_out
    ]
    random.Random(request_number).shuffle(listed)
    return {"can_send_message": outer or _worst(entities.values()), "entities": listed}


def _entity(type_: str, id_: str, one: EntitySettings) -> Json:
    entity: Json = {"entity_type": type_, "id": id_}
    if one.can_send_message is not None:
        entity["can_send_message"] = one.can_send_message
    if one.can_receive_call_sip is not None:
        entity["can_receive_call_sip"] = one.can_receive_call_sip
    if one.errors:
        entity["errors"] = [_error(error) for error in one.errors]
    if one.additional_info:
        entity["additional_info"] = one.additional_info
    return entity


def _error(error: int | Json) -> Json:
    if isinstance(error, dict):
        return error
    description, solution = _TEXTS.get(error, _NO_TEXT)
    return {"error_code": error, "error_description": description, "possible_solution": solution}


def _worst(entities: Iterable[EntitySettings]) -> str:
    """Of messages and of calls, as in the vendor's own example: calling alone can make the outer word BLOCKED."""
    listed = [one for one in entities if not one.left_out]
    said = {word for one in listed for word in (one.can_send_message, one.can_receive_call_sip)}
    return next((word for word in _WORST_FIRST if word in said), "AVAILABLE")


def _other_id(type_: str) -> str:
    return f"9{sum(type_.encode()):014}"
