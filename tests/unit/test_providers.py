"""Each provider of the Cloud API has its row in every table that is read by provider."""

from __future__ import annotations

import pytest

from support.phone_numbers import answer, number_status
from wahealth.api.crd import structural_schema
from wahealth.api.v1alpha1 import Target
from wahealth.core.cloud.wanted import HOSTS, CloudDesired, Provider
from wahealth.core.status import Gateway
from wahealth.kube.reconciler import vote_of
from wahealth.kube.settings import OperatorSettings
from wahealth.kube.targets import limits_of, quotas_of
from wahealth.probe.cloud.providers import askers, path_of


def test_the_schema_names_all() -> None:
    spec = structural_schema()["properties"]["spec"]["properties"]
    assert set(spec["target"]["properties"]["cloud"]["properties"]["provider"]["enum"]) == set(Provider)


def test_the_operator_asks_all_at_their_own_hosts() -> None:
    settings = OperatorSettings(allow_cloud=True)
    assert {provider: origin.host for provider, origin in limits_of(settings, ()).cloud.items()} == HOSTS
    assert quotas_of(settings).keys() == askers().keys() == HOSTS.keys() == set(Provider)


@pytest.mark.parametrize("provider", Provider)
def test_a_number_of_each_can_be_asked_about_and_judged(provider: Provider) -> None:
    assert path_of(CloudDesired("v26.0", number="1", provider=provider)).startswith("/")
    assert number_status(answer(), provider=provider).gateway is Gateway.CONNECTED


def test_an_outage_of_one_freezes_no_other() -> None:
    numbers = (Target.model_validate({"cloud": {"provider": one, "phoneNumberID": "1"}}) for one in Provider)
    assert len({vote_of("acme", "uid", number).path for number in numbers}) == len(Provider)
