"""Verifies the API server's certificate as Go does, so that this program and kubectl come to the same result.

Python 3.13 and newer verify strictly by default and reject an authority without the extensions that RFC 5280 requires:
that of EKS has no key identifiers. Go does not check for them, accepts any given certificate as an authority and RSA
keys of 1,024 bits, and never matches a certificate's common name against the host.
"""

from __future__ import annotations

import ssl
from typing import NamedTuple

from wahealth import keypair
from wahealth.authorities import add_authorities
from wahealth.kubeconfig.problem import NotUsable

_CIPHERS = "@SECLEVEL=1:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:!aNULL:!eNULL"  # level 1 permits RSA keys of 1,024 bits


class KeyPair(NamedTuple):
    """A client certificate with its chain, and its key, both in PEM."""

    certificate: bytes
    key: bytes


def trust(authorities: bytes | None, verified: bool = True, own: KeyPair | None = None) -> ssl.SSLContext:
    """The TLS settings for an API server. `authorities` is in PEM; None means those of the system. `own` is the client
    certificate to present. Raises `NotUsable`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers(_CIPHERS)
    context.hostname_checks_common_name = False
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not verified:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    elif authorities is None:
        context.load_default_certs()
    elif not add_authorities(context, authorities):
        raise NotUsable("the certificate authority of the cluster is not a certificate in PEM: fix the kubeconfig")
    if own is not None:
        _show(context, own)
    return context


def _show(context: ssl.SSLContext, own: KeyPair) -> None:
    try:
        keypair.load(context, *own)
    except ValueError:
        raise NotUsable(
            "the client certificate and its key cannot be used together: the kubeconfig must hold both in PEM, the"
            " key without a password"
        ) from None
