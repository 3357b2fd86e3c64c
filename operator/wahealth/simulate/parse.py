"""Reads a scenario file. An error in it becomes a sentence with file and line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from wahealth.simulate import admission
from wahealth.simulate.answers import HttpAnswer
from wahealth.simulate.scenario import Client, Scenario

MOST_CHARACTERS = 16 * 1024 * 1024  # in a client or in a body


class ScenarioError(ValueError):
    """What is wrong with a scenario, as `file:line: sentence` in one printable line."""

    def __init__(self, sentence: str) -> None:
        super().__init__("".join(c if c.isprintable() else "?" for c in sentence))


def load(path: Path) -> Scenario:
    """The scenario of a file, checked as a whole: form, order of steps, answers, admission. Raises `ScenarioError`."""
    text = _text(path)
    document = _document(path, text)
    try:
        scenario = Scenario.model_validate(document)
    except ValidationError as error:
        raise ScenarioError(_sentence(path, text, error)) from None
    _check_client(path, text, scenario)
    _check_order(path, text, scenario)
    _check_answers(path, text, scenario)
    if admission.is_checked():
        _check_admitted(path, text, scenario)
    return scenario


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ScenarioError(f"{path}:{line}: is not UTF-8") from None


def _document(path: Path, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        line, why = mark.line + 1 if mark else 1, f": {problem}" if problem else ""
        raise ScenarioError(f"{path}:{line}: is not YAML{why}") from None
    except RecursionError:
        raise ScenarioError(f"{path}:1: is nested too deep") from None
    except (ValueError, LookupError, AttributeError, TypeError):
        raise ScenarioError(
            f"{_unreadable(path, text)}: contains an impossible value, such as a 30th of February"
        ) from None


def _unreadable(path: Path, text: str) -> str:
    """File and line of the first value that YAML cannot convert, such as a 30th of February."""
    for event in yaml.parse(text):
        if isinstance(event, yaml.ScalarEvent) and not _is_readable(event):
            return f"{path}:{event.start_mark.line + 1 if event.start_mark else 1}"
    return f"{path}:1"


def _is_readable(event: yaml.ScalarEvent) -> bool:
    tag = f"!<{event.tag}> " if event.tag else ""
    try:
        yaml.safe_load(f"{tag}{event.value}" if event.implicit[0] or event.tag else "text")
    except (ValueError, LookupError, AttributeError, TypeError):
        return False
    except yaml.YAMLError:
        return True
    return True


def _check_client(path: Path, text: str, scenario: Scenario) -> None:
    clients: list[tuple[list[str | int], dict[str, Any]]] = [(["client"], scenario.client)]
    clients += [(["steps", place, "client"], step.client) for place, step in enumerate(scenario.steps)]
    for where, client in clients:
        if not _is_bounded(client):
            raise ScenarioError(f"{_at(path, text, where)}: client contains itself, is nested too deep or too large")


def _is_bounded(value: Any) -> bool:
    """Whether the value is small enough. An alias counts as often as it is used: ten lines of aliases can stand for
    more than fits into memory."""
    try:
        return _length(value, {}) <= MOST_CHARACTERS
    except RecursionError:
        return False


def _length(value: Any, known: dict[int, float]) -> float:
    if not isinstance(value, dict | list):
        return len(value) if isinstance(value, str | bytes) else 1
    if id(value) not in known:
        known[id(value)] = inf  # while it is being counted; only a value that contains itself reads this
        inner = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_length(one, known) for one in inner)
    return known[id(value)]


def _check_order(path: Path, text: str, scenario: Scenario) -> None:
    for place, (before, after) in enumerate(pairwise(scenario.steps), 1):
        if after.at < before.at:
            where = _at(path, text, ["steps", place])
            raise ScenarioError(
                f"{where}: steps must be in the order of `at`, and {after.at:g} comes after {before.at:g}"
            )


def _check_answers(path: Path, text: str, scenario: Scenario) -> None:
    """Tries every answer once, so that an unusable one is reported before the replay and not in the middle of it."""
    for place, step in enumerate(scenario.steps):
        for within, answer in step.answers():
            _check_answer(path, text, ("steps", place, *within), answer)


def _check_answer(path: Path, text: str, where: Sequence[str | int], answer: HttpAnswer) -> None:
    try:
        if answer.error is None:
            if not _is_bounded(answer.given):
                raise ValueError
            answer.answer(path.parent)
    except (OSError, ValueError, LookupError, TypeError, ArithmeticError, RecursionError):
        file, name = answer.payload or answer.body_file, ".".join(map(str, where))
        what = f"{path.parent / file} cannot be used as an answer" if file else "its body is not JSON, or too large"
        raise ScenarioError(f"{_at(path, text, where)}: {name}: {what}") from None


def _check_admitted(path: Path, text: str, scenario: Scenario) -> None:
    before: Client | None = None
    for client in scenario.clients():
        refusals = () if client.stored else admission.refusals(client.resource, before and before.resource)
        if refusals:
            step: list[str | int] = [] if client.place is None else ["steps", client.place]
            where = _at(path, text, [*step, "client", *refusals[0].field])
            when = "" if client.place is None else f" as of {client.at:g} s"
            raise ScenarioError(f"{where}: client{when}: {admission.told(refusals[0])}")
        before = client


def _at(path: Path, text: str, where: Sequence[str | int]) -> str:
    return f"{path}:{_line(yaml.compose(text), where)}"


def _sentence(path: Path, text: str, error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    where = [part for part in problem["loc"] if part not in {"str", "bytes"}]
    name = ".".join(map(str, where)) or "the file"
    return f"{_at(path, text, where)}: {name}: {problem['msg'].removeprefix('Value error, ')}"


def _line(node: yaml.Node | None, where: Sequence[str | int]) -> int:
    """The line of the deepest part of `where` that the file has."""
    line = node.start_mark.line + 1 if node is not None else 1
    for part in where:
        found = _child(node, part)
        if found is None:
            return line
        line, node = found
    return line


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    return None
