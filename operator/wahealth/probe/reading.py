"""What stands in a Secret, or in a file: something to sign in with, or what is wrong with its form. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wahealth.core.reasons.row import Surface
from wahealth.core.signin.flow import Reading
from wahealth.core.signin.kinds import Kind, form_problem
from wahealth.probe.credential import Credential, api_key, bearer_token, login
from wahealth.probe.login import expiry_of

_MADE: dict[Kind, Callable[..., Credential]] = {Kind.API_KEY: api_key, Kind.TOKEN: bearer_token, Kind.LOGIN: login}


def reading_of(kind: Kind, values: Sequence[bytes], at: Surface = Surface.RESOURCE) -> Reading[Credential]:
    """`values`: user name and password of a login, one of anything else; `at`: where what is wrong is read."""
    problem = form_problem(kind, values, at)
    if problem is not None:
        return Reading(form=problem)
    return Reading(_MADE[kind](*values), expires=expiry_of(values[0]) if kind is Kind.TOKEN else None)
