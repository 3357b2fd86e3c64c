"""Names for completion: of clients, namespaces, nodes and Secrets from the API server, of contexts from the kubeconfig.

An API server has a second for it. Whatever goes wrong, nothing is completed and nothing is said.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections.abc import Iterable

from wahealth.core.reasons.parted import reasons
from wahealth.kubeconfig import files
from wahealth.kubeconfig.login import Choice, login_by
from wahealth.kubeconfig.problem import NotUsable
from wahealth.wa import document as read
from wahealth.wa.cluster import CLIENTS, JSON, NAMESPACES, NODES, SECRETS, Cluster, Kind, path
from wahealth.wa.document import Document
from wahealth.wa.problem import Unusable
from wahealth.wa.refused import Refused
from wahealth.wa.words import Candidate, Wanted

_SECONDS = 1.0
_MOST = 500
_TABLE = f"{JSON};as=Table;g=meta.k8s.io;v=v1"  # what kubectl get shows, without the objects themselves
_PLAIN = re.compile(r"[\w.:@/-]{1,253}", re.ASCII)
_KINDS = {
    Wanted.CLIENT: CLIENTS,
    Wanted.SECRET: SECRETS,
    Wanted.NODE: NODES,
    Wanted.NAMESPACE: NAMESPACES,
    Wanted.OPERATOR_NAMESPACE: NAMESPACES,
}
_TOLD = ("Ready", "Gateway")  # columns that say what a client is


def names(wanted: Iterable[Wanted], typed: argparse.Namespace) -> list[Candidate]:
    """All names; `typed` has the values of flags that were typed before."""
    return [candidate for each in wanted for candidate in _names(each, typed) if _PLAIN.fullmatch(candidate.word)]


def _names(wanted: Wanted, typed: argparse.Namespace) -> list[Candidate]:
    if wanted is Wanted.REASON:
        return [Candidate(reason) for reason in reasons()]
    try:
        if wanted is Wanted.CONTEXT:
            return [Candidate(name) for name in files.read(typed.kubeconfig, os.environ).contexts]
        if wanted not in _KINDS:
            return []
        choice = Choice(typed.kubeconfig, typed.context, typed.user)
        return asyncio.run(_bounded(choice, wanted, typed.namespace))
    except (NotUsable, Unusable, Refused, TimeoutError, OSError):
        return []


async def _bounded(choice: Choice, wanted: Wanted, namespace: str) -> list[Candidate]:
    async with asyncio.timeout(_SECONDS):
        cluster = Cluster(await login_by(choice, os.environ), os.environ)
        where = (namespace or cluster.namespace) if wanted in {Wanted.CLIENT, Wanted.SECRET} else ""
        return await _listed(cluster, _KINDS[wanted], where, "secret/" if wanted is Wanted.SECRET else "")


async def _listed(cluster: Cluster, kind: Kind, namespace: str, before: str) -> list[Candidate]:
    table = await cluster.get(path(kind, namespace, limit=_MOST), _TABLE)
    columns = [read.text(each, "name") for each in read.objects(table, "columnDefinitions")]
    told = [columns.index(name) for name in _TOLD if name in columns]
    return [
        Candidate(before + read.text(row, "object", "metadata", "name"), _said(row, told))
        for row in read.objects(table, "rows")
    ]


def _said(row: Document, told: Iterable[int]) -> str:
    cells = read.at(row, "cells")
    found = [cells[n] for n in told if n < len(cells)] if isinstance(cells, list) else []
    return ", ".join(read.text({"cell": each}, "cell") for each in found if each)
