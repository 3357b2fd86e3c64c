"""The flags of `wahealth check`. Its help must fit one screen: one line per option, at 80 columns."""

from __future__ import annotations

import argparse
from pathlib import Path

from wahealth.core.cloud.versions import DEFAULT
from wahealth.core.egress.origin import HEALTH
from wahealth.core.egress.proxy import NotAProxy, Proxy, proxy_of
from wahealth.core.facts import ALLOWED_SHARDS, AUTO
from wahealth.core.readiness.depth import Depth
from wahealth.core.readiness.node import PodRole
from wahealth.core.status import CLIENT_MODES
from wahealth.core.strenum import FastStrEnum

KEY_VARIABLE, TOKEN_VARIABLE = "WA_API_KEY", "WA_TOKEN"
LONGEST_TIMEOUT = 60  # seconds, as in the resource


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s {URL | --cloud ID | --dialog360} [options]"
    parser.description = "One probe, with the full verdict. Exit code 0 healthy, 1 not, 2 unknown."
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, max_help_position=26)
    forms = ["table", "json", "yaml"]
    parser.add_argument("-o", "--output", metavar="F", choices=forms, default="table", help=", ".join(forms))
    parser.add_argument(
        "--timeout", type=_seconds, default=14, metavar="S", help="seconds in all, at most 60 (default: 14)"
    )
    where = parser.add_argument_group("what to probe, and what the client should be")
    _add_where(where)
    _add_expected(where)
    variables = f"${KEY_VARIABLE} or ${TOKEN_VARIABLE}"
    _add_signin(parser.add_argument_group(f"how to sign in, in one of these ways; else with {variables}"))
    _add_ready(parser.add_argument_group("for an exec probe"))


def _add_where(group: argparse._ArgumentGroup) -> None:
    group.add_argument("url", metavar="URL", nargs="?", help="of waweb: https://10.1.2.3; http:// with --insecure")
    group.add_argument("--cloud", metavar="ID", help="a phone number of the Cloud API, by its ID")
    group.add_argument("--dialog360", action="store_true", help="the phone number of a 360dialog key")
    group.add_argument("--account", metavar="ID", help="of the WhatsApp Business account that has the number")
    group.add_argument("--graph-version", metavar="V", default=DEFAULT, help=f"of the Graph API (default: {DEFAULT})")
    group.add_argument("--path", metavar="P", default=HEALTH, help=f"of the health node (default: {HEALTH})")
    group.add_argument("--egress-proxy", type=_proxy, metavar="U", help="probe through this proxy: http://HOST:PORT")
    trust = group.add_mutually_exclusive_group()
    trust.add_argument("--ca", type=Path, metavar="F", help="trust these certificates (PEM), for any name")
    trust.add_argument("--pin", metavar="SHA256", help="trust only the certificate with this fingerprint")
    group.add_argument("--client-certificate", type=Path, metavar="F", help="present it (PEM), with --client-key")
    group.add_argument("--client-key", type=Path, metavar="F", help="key (PEM) of --client-certificate")
    trust.add_argument("--egress-ca-file", type=Path, metavar="F", help="trust these besides the public authorities")
    trust.add_argument("--insecure", action="store_true", help="verify nothing: any server gets the credential")


def _add_signin(group: argparse._ArgumentGroup) -> None:
    way = group.add_mutually_exclusive_group()
    way.add_argument("--key-file", type=Path, metavar="F", help="API key")
    way.add_argument("--key-from", metavar="SECRET", help="API key: secret/NAME[:ENTRY] of the cluster")
    way.add_argument("--token-file", type=Path, metavar="F", help="bearer token")
    way.add_argument("--token-from", metavar="SECRET", help="bearer token: secret/NAME:ENTRY of the cluster")
    group.add_argument("--app-secret-file", type=Path, metavar="F", help="secret of the token's app, for --cloud")
    way.add_argument("--username", metavar="U", help="log in as this user, with --password-file")
    group.add_argument("--password-file", type=Path, metavar="F", help="password of --username")
    way.add_argument("--login-from", metavar="SECRET", help="log in: secret/NAME[:USERNAME_ENTRY:PASSWORD_ENTRY]")
    group.add_argument("-n", "--namespace", metavar="N", help="of SECRET (default: that of the context)")


def _add_expected(group: argparse._ArgumentGroup) -> None:
    modes = [AUTO, *(mode.value for mode in CLIENT_MODES)]
    group.add_argument("--mode", metavar="M", choices=modes, default=AUTO, help=", ".join(modes))
    group.add_argument("--shards", metavar="N", type=int, choices=ALLOWED_SHARDS, help="of Multiconnect")


def _add_ready(group: argparse._ArgumentGroup) -> None:
    depths, roles = _words(Depth), _words(PodRole)
    group.add_argument("--ready", action="store_true", help="print whether this pod is ready; exit code 0 or 1")
    group.add_argument("--depth", metavar="D", choices=depths, default=Depth.REACHABLE, help=", ".join(depths))
    group.add_argument("--pod-role", metavar="R", choices=roles, default=PodRole.WEB, help=", ".join(roles))
    group.add_argument("--pod-name", metavar="N", help="this pod (default: $POD_NAME, the host name)")
    group.add_argument("--pod-ip", metavar="IP", help="this pod (default: $POD_IP)")


def _proxy(written: str) -> Proxy:
    try:
        return proxy_of(written)
    except NotAProxy as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _words(of: type[FastStrEnum]) -> list[str]:
    """The values as they are typed; argparse would print members of an enum as Python does."""
    return [word.value for word in of]


def _seconds(written: str) -> float:
    try:
        seconds = float(written)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"must be more than 0 and at most {LONGEST_TIMEOUT} seconds")
    return seconds
