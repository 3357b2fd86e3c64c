"""The sidecar's flags, each also a variable `WAHEALTH_…` of the environment; the flag wins."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from wahealth.core.egress.origin import HEALTH
from wahealth.core.facts import AUTO
from wahealth.core.readiness.depth import Depth
from wahealth.core.readiness.node import PodRole
from wahealth.core.status import CLIENT_MODES

LOOPBACK = "https://127.0.0.1:443"


class Flag:
    """One flag: its name without dashes, its help and its default. A `switch` takes no value."""

    def __init__(self, name: str, what: str, default: str = "", switch: bool = False) -> None:
        self.name, self.what, self.default, self.switch = name, what, default, switch

    @property
    def variable(self) -> str:
        """The name of the flag's environment variable, such as WAHEALTH_POD_ROLE."""
        return f"WAHEALTH_{self.name.replace('-', '_').upper()}"


FLAGS = (
    Flag("upstream", "Origin of waweb: in this pod, or of the web Service.", LOOPBACK),
    Flag("path", "Path of the health node, if a proxy is in front of waweb.", HEALTH),
    Flag("api-key-file", "File with the API key, such as a mounted Secret; read on every use."),
    Flag("token-file", "Instead of a key: file with a bearer token; read on every use."),
    Flag(
        "username-file",
        "Instead of a key: file with the user name of a login; read on every use, with --password-file.",
    ),
    Flag("password-file", "File with the password of that user; read on every use."),
    Flag("pod-role", f"What this pod is: {', '.join(PodRole)}.", PodRole.WEB),
    Flag("pod-name", "Name of this pod, to find its node in the answer; else $POD_NAME, else the host name."),
    Flag("pod-ip", "Address of this pod; else $POD_IP."),
    Flag("depth", f"Depth of /readyz without a parameter: {', '.join(Depth)}.", Depth.REACHABLE),
    Flag("mode", f"Mode that the client should have: {', '.join(CLIENT_MODES)}; Auto detects it.", AUTO),
    Flag("shards", "Number of shards in Multiconnect."),
    Flag("ca", "File with certificates (PEM) to trust."),
    Flag("pin", "SHA-256 fingerprint of the one certificate to trust."),
    Flag(
        "client-certificate", "File with the client certificate (PEM) to present if one is required; read on every use."
    ),
    Flag("client-key", "File with the key (PEM) of that certificate; read on every use."),
    Flag("server-name", "Name that the server's certificate must carry."),
    Flag("insecure", "Verify no certificate; the default if the upstream is on loopback.", switch=True),
    Flag("period", "Seconds from one probe to the next.", "10"),
    Flag("timeout", "Seconds that an answer may take in all.", "14"),
    Flag("listen", "Address and port to listen on for kubelet.", ":8086"),
    Flag("log-format", "Form of the logs on stderr: json or text.", "json"),
    Flag("log-level", "Lowest severity that is logged: debug, info, warning or error.", "info"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for flag in FLAGS:
        default = f" (default: {flag.default})" if flag.default else ""
        more: dict[str, str] = {"action": "store_const", "const": "true"} if flag.switch else {"metavar": "VALUE"}
        parser.add_argument(f"--{flag.name}", help=f"{flag.what}{default}", **more)  # type: ignore[arg-type]


def given_in(arguments: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, str]:
    """The value of each flag by its name: typed, else from the environment, else the default, which may be empty."""
    return {
        flag.name: getattr(arguments, flag.name.replace("-", "_")) or environment.get(flag.variable) or flag.default
        for flag in FLAGS
    }
