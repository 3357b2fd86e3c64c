"""A certificate of our own and its key: taken as people have them, refused in words, and never shown."""

from __future__ import annotations

import copy
import pickle
import traceback
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from support import certificates
from wahealth.core.certificate import EXPIRED, NOT_YET_VALID, Unfit
from wahealth.core.reasons.trust import MADE_FIT
from wahealth.keypair import UnfitPair
from wahealth.playground.pki import Authority
from wahealth.probe.certificate import certificate_of
from wahealth.probe.pair import Pair
from wahealth.probe.trust import unverified

AUTHORITY = Authority.new("clients")
CERTIFICATE, KEY = AUTHORITY.issue("operator")
PEM, NO_ENCRYPTION = serialization.Encoding.PEM, serialization.NoEncryption()
PKCS8, OLD = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL


def written(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, form: serialization.PrivateFormat, password: bytes = b""
) -> bytes:
    hidden = serialization.BestAvailableEncryption(password) if password else NO_ENCRYPTION
    return key.private_bytes(PEM, form, hidden)


OWN = serialization.load_pem_private_key(KEY, None)
assert isinstance(OWN, ec.EllipticCurvePrivateKey)
TAKEN = {
    "as it was made": (CERTIFICATE, KEY),
    "with those who signed it": (CERTIFICATE + AUTHORITY.pem, KEY),
    "with CRLF": (CERTIFICATE.replace(b"\n", b"\r\n"), KEY.replace(b"\n", b"\r\n")),
    "with a byte order mark": (b"\xef\xbb\xbf" + CERTIFICATE, b"\xef\xbb\xbf" + KEY),
    "with words around": (b"subject=operator\n" + CERTIFICATE, b"Bag Attributes\n" + KEY),
    "both in each": (KEY + CERTIFICATE, CERTIFICATE + KEY),
    "a key in the old form": (CERTIFICATE, written(OWN, OLD)),
}
UNFIT = {
    "no certificate": (b"", KEY, Unfit.NO_CERTIFICATE),
    "no key": (CERTIFICATE, b"", Unfit.NO_KEY),
    "DER": (certificates.der(CERTIFICATE), KEY, Unfit.NO_CERTIFICATE),
    "a key that breaks off": (CERTIFICATE, KEY[:-30], Unfit.NO_KEY),
    "a broken certificate": (CERTIFICATE.replace(b"MII", b"AAA"), KEY, Unfit.OTHERWISE),
    "a broken key": (CERTIFICATE, KEY.replace(b"MI", b"AA"), Unfit.OTHERWISE),
    "no base64": (b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", KEY, Unfit.OTHERWISE),
    "a password": (CERTIFICATE, written(OWN, PKCS8, b"secret"), Unfit.ENCRYPTED),
    "a password in the old form": (CERTIFICATE, written(OWN, OLD, b"secret"), Unfit.ENCRYPTED),
    "another key": (CERTIFICATE, AUTHORITY.issue("other")[1], Unfit.OTHER_KEY),
    "who signed it before it": (AUTHORITY.pem + CERTIFICATE, KEY, Unfit.OTHER_KEY),
    "a key of another kind": (CERTIFICATE, written(rsa.generate_private_key(65537, 2048), PKCS8), Unfit.OTHER_KEY),
    "a key that is too long": (CERTIFICATE, KEY[:30] + b"A" * 5000 + KEY[30:], Unfit.TOO_LONG),
}


@pytest.mark.parametrize(("certificate", "key"), TAKEN.values(), ids=TAKEN)
def test_as_people_have_them(certificate: bytes, key: bytes) -> None:
    pair = Pair(certificate, key)
    assert pair.own.certificate == certificate_of(certificates.der(CERTIFICATE))
    assert unverified(pair).own == pair.own


@pytest.mark.parametrize(("certificate", "key", "why"), UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_shown_is_told_without_a_word_of_it(certificate: bytes, key: bytes, why: Unfit) -> None:
    with pytest.raises(UnfitPair) as told:
        unverified(Pair(certificate, key))
    assert told.value.why is why
    said = "".join(traceback.format_exception(told.value, chain=True))
    assert not [line for line in KEY.decode().splitlines()[1:-1] if line in said]


def test_each_fault_has_its_way_out() -> None:
    assert set(MADE_FIT) == set(Unfit)


def test_an_rsa_key_of_4096_bits_is_not_too_long() -> None:
    key = written(rsa.generate_private_key(65537, 4096), PKCS8)
    with pytest.raises(UnfitPair) as told:
        unverified(Pair(CERTIFICATE, key))
    assert told.value.why is Unfit.OTHER_KEY


def test_many_beginnings_cost_no_more_than_one() -> None:
    with pytest.raises(UnfitPair):
        Pair(CERTIFICATE, b"-----BEGIN PRIVATE KEY-----\n" * 35_000)


def test_no_repr_no_pickle_and_no_copy_has_the_key() -> None:
    pair = Pair(CERTIFICATE, KEY)
    shown = f"{pair!r} {pair} {[pair]!r} {unverified(pair)!r}"
    assert not [line for line in KEY.decode().splitlines()[1:-1] if line in shown]
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            way(pair)


def test_two_with_the_same_content_are_the_same() -> None:
    assert Pair(CERTIFICATE, KEY).digest == Pair(CERTIFICATE + b"\n", b"words\n" + KEY).digest
    assert Pair(CERTIFICATE, KEY).digest != Pair(*AUTHORITY.issue("operator")).digest


def test_when_its_time_is() -> None:
    own = Pair(CERTIFICATE, KEY).own
    assert own.lapse(own.not_before) == ""
    assert own.lapse(own.not_before - timedelta(seconds=1)) == NOT_YET_VALID
    assert own.lapse(own.certificate.not_after) == EXPIRED
