"""Equal parts of the specs of a fleet are held once."""

from __future__ import annotations

import gc
from weakref import ref

from support.builders import resource
from wahealth.api.convert import spec_of


def test_equal_parts_are_one_and_others_are_not() -> None:
    one, same = (spec_of(resource(name, probe={"periodSeconds": 40})) for name in ("a", "b"))
    other = spec_of(resource("c", probe={"periodSeconds": 41}))
    assert one.probe is same.probe
    assert one.grace is other.grace
    assert (one.probe.period_seconds, other.probe.period_seconds) == (40, 41)


def test_what_is_said_and_what_is_meant_by_default_are_told_apart() -> None:
    """A part may ask which of its fields were said."""
    said, meant = spec_of(resource(probe={"timeoutSeconds": 5})), spec_of(resource(probe={}))
    assert said.probe.model_fields_set != meant.probe.model_fields_set


def test_a_part_that_no_resource_has_any_more_is_let_go() -> None:
    spec = spec_of(resource(probe={"periodSeconds": 77}))
    part = ref(spec.probe)
    del spec
    gc.collect()
    assert part() is None
