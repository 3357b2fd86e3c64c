"""How the tests are shared out to workers, and how long properties are searched."""

from __future__ import annotations

import pytest
from hypothesis import settings

# No deadline: a busy machine proves nothing about a property.
settings.register_profile("dev", max_examples=20, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, print_blob=True)
settings.load_profile("dev")

# A worker takes whole files; with these it is busy longest, so they come first.
_LONGEST = (
    *("test_long_faults", "test_process", "test_faults_of_watches", "test_faults_of_some", "test_faults_of_all"),
    *("test_rights_to_look", "test_rights_to_write", "test_kills", "test_odd_faults", "test_away", "test_patience"),
    *("test_examples", "test_leadership", "test_monitoring", "test_fleet", "test_signin", "test_manifests"),
    "test_whose_pods",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files, then whatever needs a control plane, then the rest; in random order otherwise."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[int, bool]:
    name = item.path.stem
    return _LONGEST.index(name) if name in _LONGEST else len(_LONGEST), item.path.parent.name != "integration"
