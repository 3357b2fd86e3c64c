"""Certificates that a proxy makes for itself: told as what they are, and never to be pinned."""

from __future__ import annotations

import pytest

from wahealth.core.answer import FailureReason, Unreachable
from wahealth.core.certificate import Presented, Untrusted
from wahealth.core.reasons.row import Surface
from wahealth.core.reasons.trust import way_out

TRAEFIK, INGRESS = "3f0a9c.81bb2d.traefik.default", "ingress.local"


def said(name: str, at: Surface, why: Untrusted = Untrusted.UNKNOWN_AUTHORITY) -> str:
    return way_out(Unreachable(FailureReason.TLS_VERIFICATION_FAILED, why.value, why, Presented("ab" * 32, name)), at)


@pytest.mark.parametrize("why", [Untrusted.UNKNOWN_AUTHORITY, Untrusted.SIGNS_ITSELF, Untrusted.OTHER_NAME])
@pytest.mark.parametrize(("name", "proxy"), [(TRAEFIK, "Traefik"), (INGRESS, "ingress-nginx")])
def test_a_placeholder_is_told_as_what_it_is(name: str, proxy: str, why: Untrusted) -> None:
    resource, desk = said(name, Surface.RESOURCE, why), said(name, Surface.DESK, why)
    assert resource == (
        f"{proxy} presents it for a host it does not know, so write into spec.tls.serverName the host by which"
        " it knows waweb"
    )
    assert desk.endswith("so ask for the host by which it knows waweb")
    assert "pinned" not in resource
    assert "--pin" not in desk


@pytest.mark.parametrize("name", ["waweb.example", "traefik.default.example", "not-ingress.local", ""])
def test_another_one_may_be_waweb_s_own(name: str) -> None:
    assert "pinnedSHA256" in said(name, Surface.RESOURCE)
