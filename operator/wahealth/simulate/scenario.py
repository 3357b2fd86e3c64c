"""The format of a scenario file, and its reading: what is wrong with one is a sentence with file and line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from wahealth.core.answer import Unreached


class NotAScenario(ValueError):
    """`file:line: what is wrong`."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class PodAnswer(Strict):
    """What one web pod answers: an error, or a status with a body in one of the forms."""

    error: Unreached | None = Field(None, description="A reason of the Reachable condition.")
    status: int = Field(200, ge=100, le=599)
    body: Any = None
    text: str | None = None
    body_file: Path | None = None
    payload: Path | None = Field(None, description="A fixture: its http_status and body.")
    key: str | None = Field(None, description="The API key this pod runs with; any other is answered with 401.")

    @model_validator(mode="after")
    def one_form(self) -> Self:
        forms = [name for name in ("error", "text", "body_file", "payload") if getattr(self, name) is not None]
        forms += ["body"] if "body" in self.model_fields_set else []
        if len(forms) != 1:
            raise ValueError("say what it answers with one of error, body, text, bodyFile, payload")
        return self

    def answer(self, folder: Path) -> tuple[int, bytes]:
        """HTTP status and body; paths are relative to `folder`."""
        if self.payload is not None:
            fixture = json.loads((folder / self.payload).read_text())
            return int(fixture["http_status"]), json.dumps(fixture["body"]).encode()
        if self.body_file is not None:
            return self.status, (folder / self.body_file).read_bytes()
        return self.status, self.text.encode() if self.text is not None else json.dumps(self.body).encode()


Entries = dict[str, str | bytes]


class NodePod(Strict):
    """The pod of a coreapp or a master: where it is, and on which Kubernetes node."""

    address: str | None = None
    node: str | None = None


class Step(Strict):
    """What changes at a moment, in seconds since the start; what is not named stays."""

    at: float = Field(ge=0)
    pods: dict[str, PodAnswer | None] = {}
    secrets: dict[str, Entries | None] = {}
    client: dict[str, Any] = {}
    node_pods: dict[str, NodePod | None] = Field({}, description="Pods of coreapps and masters; null: it is gone.")
    target: Literal["present"] | None = "present"


class Scenario(Strict):
    client: dict[str, Any]
    secrets: dict[str, Entries] = {}
    steps: list[Step] = Field(min_length=1)
    until: float = Field(ge=0, le=10_000_000)


def read(path: Path) -> Scenario:
    try:
        text = path.read_text()
        document = yaml.safe_load(text)
    except OSError as error:
        raise NotAScenario(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NotAScenario(f"{path}: is not UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None)
        line, why = mark.line + 1 if mark else 1, f": {problem}" if problem else ""
        raise NotAScenario(f"{path}:{line}: is not YAML{why}") from None
    try:
        scenario = Scenario.model_validate(document)
    except ValidationError as error:
        raise NotAScenario(_sentence(path, text, error)) from None
    _check_order(path, text, scenario)
    _check_answers(path, text, scenario)
    return scenario


def _check_order(path: Path, text: str, scenario: Scenario) -> None:
    for place, (before, after) in enumerate(pairwise(scenario.steps), 1):
        if after.at < before.at:
            where = _at(path, text, ["steps", place])
            raise NotAScenario(
                f"{where}: steps are to be in the order of `at`, and {after.at:g} is after {before.at:g}"
            )


def _check_answers(path: Path, text: str, scenario: Scenario) -> None:
    """Every answer once, so that what cannot be used is told before the replay and not in its middle."""
    for place, step in enumerate(scenario.steps):
        for name, pod in step.pods.items():
            try:
                if pod is not None and pod.error is None:
                    pod.answer(path.parent)
            except (OSError, ValueError, KeyError, TypeError):
                where, file = (
                    _at(path, text, ["steps", place, "pods", name]),
                    pod.payload or pod.body_file if pod else None,
                )
                what = f"{path.parent / file} cannot be used as an answer" if file else "its body is no JSON"
                raise NotAScenario(f"{where}: steps.{place}.pods.{name}: {what}") from None


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
