"""The remedies for a certificate of waweb that is not trusted, and for a client certificate that cannot be shown.

Each assumes that a person has compared the fingerprint with that of waweb's own certificate.
"""

from __future__ import annotations

from wahealth.core.answer import Unreachable
from wahealth.core.certificate import Presented, Unfit, Untrusted
from wahealth.core.reasons.row import Surface

# Faults that no CA and no name can remedy: a person has to act first, and a pin bridges the time until then.
_RENEW = {
    Untrusted.EXPIRED: "renew it",
    Untrusted.NOT_YET_VALID: "compare the clock of this machine with that of the machine which made it",
    Untrusted.WEAK_KEY: "renew it with a stronger key",
    Untrusted.WEAK_AUTHORITY: "renew it by an authority with a stronger key",
}
_OF_NAME = frozenset({Untrusted.OTHER_NAME, Untrusted.OTHER_ADDRESS})


def way_out(why: Unreachable, at: Surface) -> str:
    """The remedy, in words: `why` has the cause and, if it could be seen, the certificate."""
    renew = _RENEW.get(why.untrusted) if why.untrusted else None
    if why.presented is not None and (proxy := _proxy_behind(why.presented.name)):
        return f"{proxy} presents it for a host it does not know, so {_KNOWN_HOST[at]}"
    if why.presented is None:
        return renew or _TRUST[at]
    pin = _PIN[at].format(fingerprint=why.presented.fingerprint)
    if renew:
        return f"{renew}; until then, if it is waweb's own, {pin}"
    if why.untrusted is Untrusted.OTHER_PIN:
        return f"if it is waweb's new one, {pin}"
    return f"if it is waweb's own, {pin}{_or_else(why.untrusted, why.presented, at)}"


def _proxy_behind(name: str) -> str:
    """The proxy whose placeholder certificate carries this name; empty if none.

    A proxy makes its placeholder itself, often again at each start, and it says nothing about waweb: nobody should pin
    it. Seen: "TRAEFIK DEFAULT CERT", and "Kubernetes Ingress Controller Fake Certificate".
    """
    return next((proxy for end, proxy in _PLACEHOLDERS.items() if f".{name}".endswith(end)), "")


_PLACEHOLDERS = {".traefik.default": "Traefik", ".ingress.local": "ingress-nginx"}
_KNOWN_HOST = {
    Surface.RESOURCE: "write into spec.tls.serverName the host by which it knows waweb",
    Surface.DESK: "ask for the host by which it knows waweb",
}


def _or_else(cause: Untrusted | None, presented: Presented, at: Surface) -> str:
    if at is Surface.RESOURCE:
        return f" or, with its CA in caRef, serverName: {presented.name}" if presented.name else ""
    if cause in _OF_NAME and presented.name:
        return f", or ask for the name that it carries, {presented.name}"
    return ", or give its CA with --ca"


_TRUST = {
    Surface.RESOURCE: "name its CA in spec.tls.caRef and its name in spec.tls.serverName",
    Surface.DESK: "give its CA with --ca",
}
_PIN = {
    Surface.RESOURCE: 'write into spec tls: {{verification: Pinned, pinnedSHA256: ["{fingerprint}"]}}',
    Surface.DESK: "give --pin {fingerprint}",
}

MADE_FIT = {
    Unfit.NO_CERTIFICATE: "put it there in PEM",
    Unfit.NO_KEY: "put it there in PEM",
    Unfit.ENCRYPTED: "store the key without one",
    Unfit.OTHER_KEY: "put two there that were made together, and the certificate before those of its authorities",
    Unfit.TOO_LONG: "make a new pair with a shorter one",
    Unfit.TOO_WEAK: "make a new pair with a stronger one",
    Unfit.OTHERWISE: "make a new pair",
}


def not_shown(why: Unfit) -> str:
    """Why the client certificate named on a command line cannot be used, and the remedy."""
    return f"--client-certificate and --client-key cannot be used because {why}: {MADE_FIT[why]}"
