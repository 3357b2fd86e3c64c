"""The table of reasons: whole, fed with what it needs, in words of the place where it is read."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import wahealth
from wahealth.core.answer import FailureReason, Unreachable
from wahealth.core.certificate import Presented, Untrusted
from wahealth.core.reasons import asking, client, credentials, pods, progress, spec
from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import NOTHING, Row, Surface
from wahealth.core.reasons.table import rows
from wahealth.core.reasons.trust import way_out

ROWS = [row for found in rows().values() for row in found]
SOURCES = Path(wahealth.__file__).parent
MODULES = {
    "asking": asking,
    "client": client,
    "credentials": credentials,
    "pods": pods,
    "progress": progress,
    "spec": spec,
}
SPEAKING = {"true", "false", "unknown", "normal", "warning", "says", "tells"}


def test_each_reason_has_a_row_and_each_row_is_spoken_of_in_whole_sentences() -> None:
    named = {row.reason for row in ROWS} | {row.event for row in ROWS}
    assert not set(Reason) - named
    for row in ROWS:
        assert row.means[0].isupper() or row.means.startswith(("{", "spec.", "waweb ")), row
        assert not row.means.endswith("."), row
        assert not row.step or row.step[0].islower() or row.step.startswith("{"), row
        assert not row.step.endswith("."), row


def test_each_way_to_be_unreached_has_a_row_of_its_own_reason() -> None:
    for unreached in FailureReason:
        assert asking.row_of(Unreachable(unreached)).reason.value == unreached.value
        assert asking.row_named(unreached).reason.value == unreached.value or unreached is FailureReason.HTTP_STATUS
    assert asking.row_named("OfAnotherVersion").event is Reason.HEALTH_NODE_UNREACHABLE


def test_whatever_is_wrong_is_told_with_what_to_do() -> None:
    wrong = (*asking.HTTP_ROWS, *map(asking.row_of, map(Unreachable, FailureReason)))
    assert all(row.step and row.step != NOTHING for row in wrong)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def needed(row: Row, by: str) -> set[str]:
    told = bool(row.note) and by in {"normal", "warning", "tells"}
    return {name for words in (row, row.desk) if words for name in fields(row.note if told else words.means)} | {
        name for words in (row, row.desk) if words for name in fields(words.step)
    }


def calls() -> Iterator[tuple[str, str, Row, ast.Call]]:
    """Where, by which function, which row is spoken of. A row is named as an attribute of its module."""
    for path in SOURCES.rglob("*.py"):
        tree = ast.parse(path.read_text())
        names = {
            alias.asname or alias.name: alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "wahealth.core.reasons"
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                by = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                spoken = node.func.value if by in {"says", "tells"} else next(iter(node.args), None)  # type: ignore[attr-defined]
                if by in SPEAKING and isinstance(spoken, ast.Attribute) and isinstance(spoken.value, ast.Name):
                    module = MODULES.get(names.get(spoken.value.id, ""))
                    if module is not None:
                        yield f"{path.name}:{node.lineno}", by, getattr(module, spoken.attr), node


def test_every_sentence_is_given_what_varies_in_it() -> None:
    found = list(calls())
    assert len(found) > 70
    for where, by, row, call in found:
        given = {keyword.arg for keyword in call.keywords}
        assert None in given or needed(row, by) <= given, (where, row.reason)


def test_an_event_of_asking_is_the_same_sentence_each_time() -> None:
    for row in (*asking.HTTP_ROWS, *map(asking.row_of, map(Unreachable, FailureReason))):
        if row.reason is not Reason.TLS_VERIFICATION_FAILED:  # told as the condition says it, with the fingerprint
            assert all("{" not in row.tells(at) for at in Surface)


def test_no_event_says_that_waweb_answers_where_something_before_it_does() -> None:
    assert not any("waweb answers" in row.note for row in asking.HTTP_ROWS)


@pytest.mark.parametrize(
    "unreached", [FailureReason.REDIRECTED, FailureReason.BODY_TOO_LARGE, FailureReason.INVALID_RESPONSE]
)
def test_of_whoever_answers_nobody_says_that_it_does_not(unreached: FailureReason) -> None:
    row = asking.row_of(Unreachable(unreached))
    assert not any("not answer" in sentence for sentence in (row.means, row.note))


def test_who_types_a_command_is_told_of_no_resource() -> None:
    for row in ROWS:
        if row.desk is not None:
            said = f"{row.desk.means}: {row.desk.step}"
            assert not any(word in said for word in ("spec.", "status.", "Secret")), said


def test_what_a_row_without_words_for_the_desk_says_fits_there_too() -> None:
    elsewhere = {pods, spec, progress}  # what only a resource has
    for row in (row for module in MODULES.values() if module not in elsewhere for row in _of(module)):
        if row.desk is None:
            assert "spec." not in row.step, row


def _of(module: object) -> list[Row]:
    return [row for row in vars(module).values() if isinstance(row, Row)]


@pytest.mark.parametrize("cause", [Untrusted.EXPIRED, Untrusted.NOT_YET_VALID, Untrusted.WEAK_KEY])
@pytest.mark.parametrize("at", list(Surface))
def test_no_authority_and_no_name_is_asked_for_where_they_cannot_help(cause: Untrusted, at: Surface) -> None:
    why = Unreachable(FailureReason.TLS_VERIFICATION_FAILED, cause, cause, Presented("ab" * 32, "waweb.example"))
    said = way_out(why, at)
    assert not any(word in said for word in ("caRef", "serverName", "--ca"))
    assert "ab" * 32 in said


def test_the_way_out_of_a_certificate_is_one_that_this_reader_can_take() -> None:
    why = Unreachable(FailureReason.TLS_VERIFICATION_FAILED, "", Untrusted.SIGNS_ITSELF, Presented("ab" * 32, "waweb"))
    assert way_out(why, Surface.RESOURCE).startswith("if it is waweb's own, write into spec tls: {verification: Pinned")
    assert way_out(why, Surface.DESK) == f"if it is waweb's own, give --pin {'ab' * 32}, or give its CA with --ca"
    assert way_out(Unreachable(FailureReason.TLS_VERIFICATION_FAILED), Surface.DESK) == "give its CA with --ca"


@pytest.mark.parametrize("cause", [Untrusted.OTHER_NAME, Untrusted.OTHER_ADDRESS])
def test_where_the_name_is_what_differs_the_one_that_is_carried_is_told(cause: Untrusted) -> None:
    why = Unreachable(FailureReason.TLS_VERIFICATION_FAILED, cause, cause, Presented("ab" * 32, "waweb.example"))
    assert way_out(why, Surface.DESK).endswith(", or ask for the name that it carries, waweb.example")
    assert way_out(why, Surface.RESOURCE).endswith("serverName: waweb.example")
    nameless = replace(why, presented=Presented("ab" * 32))
    assert way_out(nameless, Surface.DESK).endswith(", or give its CA with --ca")
