"""Classification of the Graph API's errors by their code: a table.

Documented (pages "Error handling" of the Graph API and "Error codes" of the Cloud API): `{"error": {"message", "type",
"code", "error_subcode"?, "is_transient"?, …}}`. The HTTP status does not classify: an expired token comes with 400 or
401, throttling with 400, 403 or 429. So the code decides, and the status only if no code is known.
"""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.rules import first_match
from wahealth.core.strenum import FastStrEnum


class ErrorClass(FastStrEnum):
    """The subject of an error. Only DOWN and NOT_FOUND say something about the phone number."""

    CREDENTIAL = "Credential"  # the token is not accepted
    PERMISSION = "Permission"  # the token may not do this
    THROTTLE = "Throttle"  # we ask too often; further requests prolong it
    TRANSIENT = "Transient"  # a fault of the vendor that passes
    NOT_FOUND = "NotFound"  # the number is gone, or was never visible to this token
    OUR_REQUEST = "OurRequest"  # the request itself is not understood, such as an unknown field
    DOWN = "Down"  # the number or its account may not send
    UNKNOWN = "Unknown"  # a code that this version does not know, and a status that does not help either


CODES: dict[ErrorClass, tuple[int, ...]] = {
    ErrorClass.CREDENTIAL: (0, 102, 104, 190),
    ErrorClass.PERMISSION: (3, 10, *range(200, 300), 131005),
    ErrorClass.THROTTLE: (4, 17, 32, 613, 80007, 80008, 130429),
    ErrorClass.TRANSIENT: (1, 2, 131000, 131016, 131057, 133004),
    ErrorClass.NOT_FOUND: (33, 803),
    ErrorClass.OUR_REQUEST: (2500,),
    ErrorClass.DOWN: (368, 130497, 131031, 131042, 131045, 133010),
}
_CLASS_OF = {code: kind for kind, codes in CODES.items() for code in codes}
INVALID_PARAMETER = 100  # a code that stands for several things, distinguished by the subcode and the text
NOT_FOUND_SUBCODE = 33
_TEXTS = (("appsecret_proof", ErrorClass.PERMISSION), ("nonexisting field", ErrorClass.OUR_REQUEST))
TOKEN_REJECTED, EXPIRED_SUBCODE = 190, 463
_STATUSES = {401: ErrorClass.CREDENTIAL, 403: ErrorClass.PERMISSION, 404: ErrorClass.NOT_FOUND}


class Clues(NamedTuple):
    """Everything that an error is classified by."""

    status: int  # HTTP status
    code: int | None  # None: the body has none
    subcode: int | None
    message: str
    is_transient: bool


def error_class(
    status: int, code: int | None, subcode: int | None, message: str, is_transient: bool = False
) -> ErrorClass:
    """The class of an error. `status`: HTTP status; `code` and `subcode`: None if the body has none.

    `message` is read for code 100 only, and `is_transient` only if the code is not known.
    """
    return first_match(RULES, Clues(status, code, subcode, message, is_transient))


def _too_many_requests(clues: Clues) -> ErrorClass | None:
    return ErrorClass.THROTTLE if clues.status == 429 else None


def _invalid_parameter(clues: Clues) -> ErrorClass | None:
    if clues.code != INVALID_PARAMETER:
        return None
    if clues.subcode == NOT_FOUND_SUBCODE:
        return ErrorClass.NOT_FOUND
    said = clues.message.lower()
    return next((kind for text, kind in _TEXTS if text in said), ErrorClass.OUR_REQUEST)


def _known_code(clues: Clues) -> ErrorClass | None:
    return None if clues.code is None else _CLASS_OF.get(clues.code)


def _called_transient(clues: Clues) -> ErrorClass | None:
    return ErrorClass.TRANSIENT if clues.is_transient or clues.status >= 500 else None


def _status_alone(clues: Clues) -> ErrorClass:
    return _STATUSES.get(clues.status, ErrorClass.UNKNOWN)


# The rules; the order is the precedence.
RULES = (_too_many_requests, _invalid_parameter, _known_code, _called_transient, _status_alone)


class GraphError(NamedTuple):
    """An error that the Cloud API answered. Its message is not kept, because it may repeat ids, times and tokens."""

    kind: ErrorClass
    status: int  # HTTP status
    code: int | None = None  # None: the body has none, or is not JSON
    subcode: int | None = None
    retry_after: float = 0.0  # seconds that the vendor wants to be left alone
    unknown_field: str = ""  # the field that does not exist, where that is the error

    @property
    def token_expired(self) -> bool:
        """Whether the token was valid once and has expired, so that another of the same kind helps."""
        return (self.code, self.subcode) == (TOKEN_REJECTED, EXPIRED_SUBCODE)


def throttle(seconds: float) -> GraphError:
    """The error that stands for a pause of so many seconds, where no answer of its own asked for it."""
    return GraphError(ErrorClass.THROTTLE, 0, retry_after=seconds)
