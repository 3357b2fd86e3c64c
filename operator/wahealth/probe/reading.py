"""What stands in a Secret, or in a file: something to sign in with, or what is wrong with its form. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wahealth.core.credential_form import app_secret_problem
from wahealth.core.reasons.row import Surface
from wahealth.core.signin.flow import Reading
from wahealth.core.signin.kinds import Kind, form_problem
from wahealth.probe.credential import Credential, api_key, bearer_token, dialog360_key, login
from wahealth.probe.login import expiry_of

_MADE: dict[Kind, Callable[..., Credential]] = {
    Kind.API_KEY: api_key,
    Kind.TOKEN: bearer_token,
    Kind.LOGIN: login,
    Kind.DIALOG360_KEY: dialog360_key,
}


def reading_of(
    kind: Kind, values: Sequence[bytes], at: Surface = Surface.RESOURCE, app_secret: bytes | None = None
) -> Reading[Credential]:
    """`values`: user name and password of a login, one of anything else; `at`: where what is wrong is read.
    `app_secret`: of the app that issued a token; None: no proof of it is needed."""
    problem = form_problem(kind, values, at) or (app_secret_problem(app_secret, at) if app_secret is not None else None)
    if problem is not None:
        return Reading(form=problem)
    made = _MADE[kind](*values)
    credential = made if app_secret is None else made.proved_by(app_secret)
    return Reading(credential, expires=expiry_of(values[0]) if kind is Kind.TOKEN else None)
