"""A certificate and its key are given to a TLS context without a trace of them."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from wahealth import keypair
from wahealth.keypair import UnfitPair
from wahealth.playground.pki import Authority

AUTHORITY = Authority.new("clients")
CERTIFICATE, KEY = AUTHORITY.issue("operator")


@pytest.mark.parametrize("in_memory", [True, False], ids=["in memory", "in a private file"])
def test_nothing_is_left_behind(in_memory: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory nothing is written at all; elsewhere it is gone at once."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere" if in_memory else tmp_path))
    if not in_memory:
        monkeypatch.delattr(os, "memfd_create")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 - descriptors
    keypair.load(context, CERTIFICATE, KEY)
    with pytest.raises(UnfitPair):
        keypair.load(context, CERTIFICATE, AUTHORITY.issue("other")[1])
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208 - descriptors
    assert list(tmp_path.iterdir()) == []
