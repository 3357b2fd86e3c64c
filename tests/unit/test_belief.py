"""When a change counts, where a scenario would hide the point."""

from __future__ import annotations

from builders import CONNECTED, DISCONNECTED, Story, facts, single
from wahealth.core.answer import Answered, Report
from wahealth.core.facts import Patience

# Believed at once, and no stretch in which changes are folded into flapping.
HASTY = Patience(period=400, failure_threshold=1, success_threshold=1)


def test_at_most_25_events_in_a_burst_then_one_in_five_minutes() -> None:
    up, down = facts(single(CONNECTED), patience=HASTY), facts(single(DISCONNECTED), patience=HASTY)
    story = Story()
    for _ in range(200):
        story.round(up)
        story.round(down)
    assert len(story.told) <= 25 + story.seconds / 300


def test_a_version_alone_is_written_and_told_to_nobody() -> None:
    story = Story().rounds(2, facts(single(CONNECTED)))
    told = list(story.told)
    story.round(facts(Answered(Report(CONNECTED, (), "v2.45.2"))))
    assert story.written.client_version == "v2.45.2"
    assert story.told == told
