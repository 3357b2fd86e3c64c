"""Envoy's route gives up after 15 s, and says 504: whoever asks through it by default waits less long than that for an
answer, so that it is heard; and as long on every way to ask."""

from __future__ import annotations

import argparse

from support.resources import changed
from wahealth.api.convert import spec_of, timing
from wahealth.check import flags as check
from wahealth.sidecar import flags as sidecar

OURS = 14


def test_the_default_is_the_same_for_a_resource_at_the_desk_and_in_a_sidecar() -> None:
    assert timing(spec_of(changed(spec__probe={"periodSeconds": 60}))).timeout == OURS
    assert timing(spec_of(changed(spec__probe={"periodSeconds": 10}))).timeout == 10
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    assert parser.parse_args(["https://waweb.example"]).timeout == OURS
    assert next(flag.default for flag in sidecar.FLAGS if flag.name == "timeout") == str(OURS)
