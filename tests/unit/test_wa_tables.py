"""What `kubectl wa` keeps of its own agrees with what the operator has."""

from __future__ import annotations

from support.looked import client
from wahealth.api import labels
from wahealth.api import v1alpha1 as api
from wahealth.api.v1alpha1.timing import CLOUD_PERIOD, PERIOD
from wahealth.core.reasons.reason import Reason
from wahealth.kube import run
from wahealth.kube.settings import OperatorSettings
from wahealth.wa import client as read
from wahealth.wa.asks import ASKS
from wahealth.wa.commands import COMMANDS
from wahealth.wa.keys import LABEL
from wahealth.wa.remedies import command

# Reasons of conditions for which no command helps: waiting, another system, a file, or nothing to do at all.
WITHOUT = frozenset(
    {
        Reason.ACCEPTED,
        Reason.ACCOUNT_BANNED,
        Reason.ACCOUNT_LOCKED,
        Reason.AVAILABLE,
        Reason.CA_NOT_FOUND,
        Reason.CLIENT_CERTIFICATE_INVALID,
        Reason.CONNECTED,
        Reason.CREDENTIALS_UNKNOWN,
        Reason.DNS_LOOKUP_FAILED,
        Reason.ENTITY_BLOCKED,
        Reason.GRACE_PERIOD,
        Reason.HEALTH_NODE_ANSWERED,
        Reason.KEY_ACCEPTED,
        Reason.LOGIN_LIMITED,
        Reason.MINIMUM_CONNECTED,
        Reason.NEW_GENERATION,
        Reason.NOT_APPLICABLE,
        Reason.NOT_PROBED_YET,
        Reason.NOT_RATED,
        Reason.NUMBER_DELETED,
        Reason.NUMBER_MIGRATED,
        Reason.PASSWORD_CHANGE_REQUIRED,
        Reason.PAYMENT_METHOD,
        Reason.PERMISSION_MISSING,
        Reason.QUALITY_HIGH,
        Reason.QUALITY_LOW,
        Reason.QUALITY_MEDIUM,
        Reason.SPARES_AVAILABLE,
        Reason.TEMPLATES_APPROVED,
        Reason.TEMPLATE_NOT_APPROVED,
        Reason.TEMPLATE_NOT_FOUND,
        Reason.THROTTLED,
        Reason.TLS_VERIFICATION_FAILED,
        Reason.TOO_MANY_REQUESTS,
        Reason.UNREACHABLE,
        Reason.UNREGISTERED,
        Reason.VERSION_SUPPORTED,
        Reason.WAITING_FOR_REFERENCE,
    }
)
ALL = list(Reason)
OF_CONDITIONS = ALL[: ALL.index(Reason.WAITING_FOR_REFERENCE) + 1]


def test_each_reason_of_a_condition_has_a_command_or_none_that_helps() -> None:
    with_one = {reason for reason in OF_CONDITIONS if command(reason, client())}
    assert with_one | WITHOUT == set(OF_CONDITIONS)
    assert not with_one & WITHOUT


def test_each_command_does_something() -> None:
    assert set(ASKS) == set(COMMANDS)


def test_names_and_defaults_are_the_operators() -> None:
    assert labels.API_KEY == LABEL
    assert (read.GROUP, read.VERSION, read.PLURAL, read.KIND) == (api.GROUP, api.VERSION, api.PLURAL, api.KIND)
    assert (read.PERIOD, read.CLOUD_PERIOD) == (PERIOD, CLOUD_PERIOD)
    assert (OperatorSettings.model_fields["lease_name"].default, run._DEFAULT_NAMESPACE) == (read.LEASE, read.NAMESPACE)
