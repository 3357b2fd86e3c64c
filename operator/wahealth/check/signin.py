"""The credential of a probe from the command line: from a file, a Secret of the cluster, or a variable."""

from __future__ import annotations

import argparse
import os

from wahealth.check.flags import KEY_VARIABLE, TOKEN_VARIABLE
from wahealth.check.unusable import NOT_THERE, Unusable, read
from wahealth.core.reasons.row import Surface
from wahealth.core.signin.flow import Reading
from wahealth.core.signin.kinds import Kind
from wahealth.probe.credential import Credential
from wahealth.probe.reading import reading_of

_FILES = {"key_file": Kind.API_KEY, "token_file": Kind.TOKEN, "password_file": Kind.LOGIN}
_SECRETS = {"key_from": Kind.API_KEY, "token_from": Kind.TOKEN, "login_from": Kind.LOGIN}
_VARIABLES = {KEY_VARIABLE: Kind.API_KEY, TOKEN_VARIABLE: Kind.TOKEN}
_NOTHING = (
    "name an API key with --key-file, a token with --token-file, a login with --username and --password-file, or"
    f" a Secret with --key-from, --token-from or --login-from; or set ${KEY_VARIABLE} or ${TOKEN_VARIABLE}"
)
_BOTH_SET = f"${KEY_VARIABLE} and ${TOKEN_VARIABLE} are both set: unset one of them, or name a file"
_HALF_A_LOGIN = "--username and --password-file belong together: name both or neither"
_TOO_MANY_LOGINS = (
    "--ready would log in each time it is run, and logins are limited: sign in with an API key or a token, or run"
    " wahealth sidecar"
)


def kind_of(arguments: argparse.Namespace) -> Kind:
    """The kind of credential that flags and environment name. Raises `Unusable` for flags that contradict each
    other."""
    if (arguments.username is None) is not (arguments.password_file is None):
        raise Unusable(_HALF_A_LOGIN)
    named = [kind for flag, kind in (_FILES | _SECRETS).items() if getattr(arguments, flag) is not None]
    in_variables = [kind for variable, kind in _VARIABLES.items() if variable in os.environ]
    if not named and len(in_variables) > 1:
        raise Unusable(_BOTH_SET)
    kind = next(iter(named or in_variables), Kind.API_KEY)
    if arguments.ready and kind is Kind.LOGIN:
        raise Unusable(_TOO_MANY_LOGINS)
    return kind


async def reading(arguments: argparse.Namespace, kind: Kind) -> Reading[Credential]:
    """The credential, or what is wrong with its form. Raises `Unusable` if there is none or it cannot be read."""
    app_secret = None if arguments.app_secret_file is None else read(arguments.app_secret_file)
    return reading_of(kind, await _values(arguments, kind), Surface.DESK, app_secret)


async def _values(arguments: argparse.Namespace, kind: Kind) -> list[bytes]:
    for flag in _FILES:
        if (path := getattr(arguments, flag)) is not None:
            return [os.fsencode(arguments.username), read(path)] if kind is Kind.LOGIN else [read(path)]
    for flag in _SECRETS:
        if (reference := getattr(arguments, flag)) is not None:
            return await _from_cluster(flag, reference, kind, arguments.namespace)
    for variable in _VARIABLES:
        if variable in os.environ:
            return [os.environb[variable.encode()]]
    raise Unusable(_NOTHING)


async def _from_cluster(flag: str, reference: str, kind: Kind, namespace: str | None) -> list[bytes]:
    from wahealth.check.cluster import NotAReference, NotThere, values_from

    try:
        return await values_from(reference, kind, namespace)
    except NotAReference as error:
        raise Unusable(f"--{flag.replace('_', '-')} must be {error}") from None
    except NotThere as error:
        raise Unusable(str(error), NOT_THERE) from None
