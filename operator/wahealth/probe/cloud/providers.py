"""The providers of the Cloud API: how each is asked about a number, and at which path."""

from __future__ import annotations

from collections.abc import Mapping

from wahealth.core.cloud.wanted import CloudDesired, Provider
from wahealth.probe.client import Ask
from wahealth.probe.cloud import dialog360
from wahealth.probe.cloud.graph_number import NumberAsker, number_path


def askers() -> Mapping[Provider, Ask]:
    """One for each provider. What they remember is their own."""
    return {Provider.GRAPH: NumberAsker(), Provider.DIALOG360: dialog360.ask_dialog360}


def path_of(wanted: CloudDesired) -> str:
    """Where the number is asked about."""
    if wanted.provider is Provider.DIALOG360:
        return dialog360.PATH
    return number_path(wanted.graph_version, wanted.number)
