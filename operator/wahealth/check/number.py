"""A phone number of the Cloud API instead of a client: what goes with --cloud, and what does not."""

from __future__ import annotations

import argparse
import re

from wahealth.check.unusable import Unusable
from wahealth.core.cloud.versions import DEFAULT
from wahealth.core.cloud.wanted import GRAPH_VERSION, LONGEST_ID, OPAQUE_ID, ORIGINS, CloudDesired, Provider
from wahealth.core.egress.origin import HEALTH
from wahealth.core.facts import AUTO
from wahealth.core.signin.kinds import Kind
from wahealth.probe.cloud.graph_number import number_path

_NO_TARGET = "name the URL of waweb, or a phone number of the Cloud API with --cloud"
_NO_ID = "--cloud must be the ID of a phone number, as the Business Manager shows it, not the number itself"
_NO_ACCOUNT = "--account must be the ID of a WhatsApp Business account, as the Business Manager shows it"
_NO_VERSION = "--graph-version must be a version such as v26.0"
_VERSION_ALONE = "--graph-version applies only with --cloud: name a phone number or remove it"
_TOKEN_ALONE = "--cloud is signed in with a token: name it with --token-file or --token-from"  # noqa: S105 - no secret
_NOT_FOR_A_NUMBER = {
    "path": HEALTH,
    "mode": AUTO,
    "shards": None,
    "ready": False,
    "insecure": False,
    "client_certificate": None,
}


def target_of(arguments: argparse.Namespace) -> str:
    """The origin to ask. Raises `Unusable`."""
    if arguments.url is None and arguments.cloud is None:
        raise Unusable(_NO_TARGET)
    if arguments.cloud is None and arguments.graph_version != DEFAULT:
        raise Unusable(_VERSION_ALONE)
    for flag in ("app_secret_file", "account") if arguments.cloud is None else ():
        if getattr(arguments, flag) is not None:
            raise Unusable(f"--{flag.replace('_', '-')} applies only with --cloud: name a phone number or remove it")
    return ORIGINS[Provider.GRAPH] if arguments.url is None else str(arguments.url)


def number_of(arguments: argparse.Namespace, kind: Kind) -> CloudDesired | None:
    """What is wanted of the number; None without --cloud. Raises `Unusable`."""
    if arguments.cloud is None:
        return None
    if not _is_id(arguments.cloud):
        raise Unusable(_NO_ID)
    if re.fullmatch(GRAPH_VERSION, arguments.graph_version) is None:
        raise Unusable(_NO_VERSION)
    if kind is not Kind.TOKEN:
        raise Unusable(_TOKEN_ALONE)
    account = arguments.account or ""
    if account and not _is_id(account):
        raise Unusable(_NO_ACCOUNT)
    useless = [name for name, default in _NOT_FOR_A_NUMBER.items() if getattr(arguments, name) != default]
    if useless:
        raise Unusable(f"--{useless[0].replace('_', '-')} does not apply to --cloud: remove one of them")
    return CloudDesired(arguments.graph_version, account=account)


def _is_id(written: str) -> bool:
    return len(written) <= LONGEST_ID and re.fullmatch(OPAQUE_ID, written) is not None


def path_of(arguments: argparse.Namespace) -> str:
    return number_path(arguments.graph_version, arguments.cloud)
