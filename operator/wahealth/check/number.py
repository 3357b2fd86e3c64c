"""A phone number of the Cloud API instead of a client: what goes with --cloud and --dialog360, and what does not."""

from __future__ import annotations

import argparse
import re

from wahealth.check.unusable import Unusable
from wahealth.core.cloud.versions import DEFAULT
from wahealth.core.cloud.wanted import GRAPH_VERSION, LONGEST_ID, OPAQUE_ID, ORIGINS, CloudDesired, Provider
from wahealth.core.egress.origin import HEALTH
from wahealth.core.facts import AUTO
from wahealth.core.signin.kinds import Kind

_NO_TARGET = "name the URL of waweb, or a phone number of the Cloud API with --cloud or --dialog360"
_NO_ID = "--cloud must be the ID of a phone number, as the Business Manager shows it, not the number itself"
_NO_ACCOUNT = "--account must be the ID of a WhatsApp Business account, as the Business Manager shows it"
_NO_VERSION = "--graph-version must be a version such as v26.0"
_TOKEN_ALONE = "--cloud is signed in with a token: name it with --token-file or --token-from"  # noqa: S105 - no secret
_KEY_ALONE = "--dialog360 is signed in with its API key: name it with --key-file or --key-from"
_OF_GRAPH = {"graph_version": DEFAULT, "account": None, "app_secret_file": None}
_NOT_FOR_A_NUMBER = {
    "path": HEALTH,
    "mode": AUTO,
    "shards": None,
    "ready": False,
    "insecure": False,
    "client_certificate": None,
}


def provider_of(arguments: argparse.Namespace) -> Provider | None:
    """Whose number is asked about; None: a client of waweb. Raises `Unusable` for flags that apply to another one."""
    if arguments.cloud is not None and arguments.dialog360:
        raise Unusable("--cloud and --dialog360 exclude each other: remove one of them")
    for flag, default in _OF_GRAPH.items() if arguments.cloud is None else ():
        if getattr(arguments, flag) != default:
            raise Unusable(f"--{flag.replace('_', '-')} applies only with --cloud: name a phone number or remove it")
    if arguments.cloud is not None:
        return Provider.GRAPH
    return Provider.DIALOG360 if arguments.dialog360 else None


def target_of(arguments: argparse.Namespace, provider: Provider | None) -> str:
    """The origin to ask. Raises `Unusable`."""
    if arguments.url is not None:
        return str(arguments.url)
    if provider is None:
        raise Unusable(_NO_TARGET)
    return ORIGINS[provider]


def kind_for(provider: Provider | None, kind: Kind) -> Kind:
    """The kind of credential, of which an API key is another one at 360dialog."""
    return Kind.DIALOG360_KEY if provider is Provider.DIALOG360 and kind is Kind.API_KEY else kind


def number_of(arguments: argparse.Namespace, provider: Provider, kind: Kind) -> CloudDesired:
    """What is wanted of the number. Raises `Unusable`."""
    useless = [name for name, default in _NOT_FOR_A_NUMBER.items() if getattr(arguments, name) != default]
    flag = "--cloud" if provider is Provider.GRAPH else "--dialog360"
    wanted = _graph_number(arguments, kind) if provider is Provider.GRAPH else _dialog360_number(kind)
    if useless:
        raise Unusable(f"--{useless[0].replace('_', '-')} does not apply to {flag}: remove one of them")
    return wanted


def _graph_number(arguments: argparse.Namespace, kind: Kind) -> CloudDesired:
    account = arguments.account or ""
    if not _is_id(arguments.cloud):
        raise Unusable(_NO_ID)
    if account and not _is_id(account):
        raise Unusable(_NO_ACCOUNT)
    if re.fullmatch(GRAPH_VERSION, arguments.graph_version) is None:
        raise Unusable(_NO_VERSION)
    if kind is not Kind.TOKEN:
        raise Unusable(_TOKEN_ALONE)
    return CloudDesired(arguments.graph_version, number=arguments.cloud, account=account)


def _dialog360_number(kind: Kind) -> CloudDesired:
    if kind is not Kind.DIALOG360_KEY:
        raise Unusable(_KEY_ALONE)
    return CloudDesired("", provider=Provider.DIALOG360)


def _is_id(written: str) -> bool:
    return len(written) <= LONGEST_ID and re.fullmatch(OPAQUE_ID, written) is not None
