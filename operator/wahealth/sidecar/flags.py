"""What may be typed, or set as `WAHEALTH_…` in the environment; the flag wins."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from wahealth.core.facts import AUTO
from wahealth.core.origin import HEALTH
from wahealth.core.readiness.depth import Depth
from wahealth.core.readiness.node import PodRole
from wahealth.core.status import Mode

LOOPBACK = "https://127.0.0.1:443"


class Flag:
    """A flag, its variable and its default."""

    def __init__(self, name: str, what: str, default: str = "", switch: bool = False) -> None:
        self.name, self.what, self.default, self.switch = name, what, default, switch

    @property
    def variable(self) -> str:
        return f"WAHEALTH_{self.name.replace('-', '_').upper()}"


FLAGS = (
    Flag("upstream", "Origin of waweb: of this pod, or of the web Service.", LOOPBACK),
    Flag("path", "Path of the health node, if a proxy is in front of waweb.", HEALTH),
    Flag("api-key-file", "File with the API key, as a Secret is mounted; read anew on every use."),
    Flag("token-file", "Instead: file with a bearer token, the same."),
    Flag("username-file", "Instead: file with the name of a user to log in as, the same; with --password-file."),
    Flag("password-file", "File with the password of that user, the same."),
    Flag("pod-role", f"What this pod is: {', '.join(PodRole)}.", PodRole.WEB),
    Flag("pod-name", "Name of this pod, by which it finds itself; else $POD_NAME, else the host name."),
    Flag("pod-ip", "Address of this pod; else $POD_IP."),
    Flag("depth", f"How deep /readyz looks by itself: {', '.join(Depth)}.", Depth.REACHABLE),
    Flag("mode", f"What the client should be: {', '.join(Mode)}; Auto: it is detected.", AUTO),
    Flag("shards", "Shards of Multiconnect."),
    Flag("ca", "File with certificates (PEM) to trust."),
    Flag("pin", "SHA-256 fingerprint of the one certificate to trust."),
    Flag("client-certificate", "File with the certificate (PEM) to show where one is wanted; read anew on every use."),
    Flag("client-key", "File with the key (PEM) of that certificate, the same."),
    Flag("server-name", "Name that the certificate carries."),
    Flag("insecure", "Verify nobody; so by default where the upstream is on loopback.", switch=True),
    Flag("period", "Seconds from one question to the next.", "10"),
    Flag("timeout", "Seconds an answer may take in all.", "14"),
    Flag("listen", "Address and port for kubelet.", ":8086"),
    Flag("log-format", "Form of the logs on stderr: json or text.", "json"),
    Flag("log-level", "Least severity logged: debug, info, warning or error.", "info"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for flag in FLAGS:
        default = f" (default: {flag.default})" if flag.default else ""
        more: dict[str, str] = {"action": "store_const", "const": "true"} if flag.switch else {"metavar": "VALUE"}
        parser.add_argument(f"--{flag.name}", help=f"{flag.what}{default}", **more)  # type: ignore[arg-type]


def given_in(arguments: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, str]:
    """By the name of the flag; empty where there is no default."""
    return {
        flag.name: getattr(arguments, flag.name.replace("-", "_")) or environment.get(flag.variable) or flag.default
        for flag in FLAGS
    }
