"""Runs an exec plugin as client-go does: the program prints the credential."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from wahealth.kubeconfig.context import Cluster, Plugin
from wahealth.kubeconfig.problem import NotUsable
from wahealth.kubeconfig.trust import KeyPair


class Given(NamedTuple):
    """The credential that a plugin printed: a token (or empty), a certificate with its key, or both."""

    token: str
    own: KeyPair | None


async def given(plugin: Plugin, cluster: Cluster, environ: Mapping[str, str]) -> Given:
    """Runs the plugin and returns its credential; its stderr is passed through. Raises `NotUsable`."""
    interactive = plugin.interactive != "Never" and sys.stdin is not None and sys.stdin.isatty()
    if plugin.interactive == "Always" and not interactive:
        raise NotUsable(f"{_called(plugin)} needs input from a user: run this in a terminal")
    info = json.dumps(_info(plugin, cluster, interactive))
    try:
        process = await asyncio.create_subprocess_exec(
            plugin.command,
            *plugin.arguments,
            env={**environ, **dict(plugin.variables), "KUBERNETES_EXEC_INFO": info},
            stdin=None if interactive else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        hint = plugin.hint or "install it, or fix the kubeconfig"
        raise NotUsable(f"{_called(plugin)} cannot be run ({error.strerror}): {hint}") from None
    printed, _ = await process.communicate()
    if process.returncode != 0:
        raise NotUsable(f"{_called(plugin)} failed (exit code {process.returncode}): see its output above")
    return _read(plugin, printed)


def _info(plugin: Plugin, cluster: Cluster, interactive: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {"interactive": interactive}
    if plugin.told_of_cluster:
        authorities = base64.b64encode(cluster.authorities or b"").decode()
        told = {
            "server": cluster.server,
            "tls-server-name": cluster.name,
            "insecure-skip-tls-verify": not cluster.verified,
            "certificate-authority-data": authorities,
            "proxy-url": cluster.proxy,
            "config": cluster.extension,
        }
        spec["cluster"] = {key: value for key, value in told.items() if value}
    return {"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec}


def _read(plugin: Plugin, printed: bytes) -> Given:
    try:
        document = json.loads(printed)
        status = document["status"]
        token, certificate, key = (
            str(status.get(name) or "") for name in ("token", "clientCertificateData", "clientKeyData")
        )
        right = (document["kind"], document["apiVersion"]) == ("ExecCredential", plugin.api_version)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        right, token, certificate, key = False, "", "", ""
    if not right or bool(certificate) is not bool(key) or not (token or certificate):
        raise NotUsable(f"{_called(plugin)} does not print an ExecCredential of {plugin.api_version}: update it")
    return Given(token, KeyPair(certificate.encode(), key.encode()) if certificate else None)


def _called(plugin: Plugin) -> str:
    return f"the kubeconfig's exec plugin {Path(plugin.command).name}"
