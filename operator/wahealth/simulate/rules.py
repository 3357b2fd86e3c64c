"""Evaluates the CEL rules of the CustomResourceDefinition: which of them a resource breaks, in their own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import celpy
from celpy.adapter import json_to_cel
from celpy.evaluation import CELEvalError

from wahealth.api.crd import Schema, structural_schema
from wahealth.simulate.structure import Problem, Where


def broken(stored: Mapping[str, Any]) -> tuple[Problem, ...]:
    """The broken rules. `stored` is the resource with its defaults, because rules are evaluated after defaulting."""
    return tuple(_broken(_schema(), stored, ()))


def _broken(schema: Schema, value: Any, at: Where) -> Iterator[Problem]:
    for rule in schema.get("x-kubernetes-validations", ()):
        if not _holds(rule["rule"], value):
            yield Problem(at, (*at, *rule.get("fieldPath", "").split(".")[1:]), rule["message"])
    if isinstance(value, dict):
        for name, child in schema.get("properties", {}).items():
            if name in value:
                yield from _broken(child, value[name], (*at, name))


def _holds(rule: str, value: Any) -> bool:
    try:
        return bool(_program(rule).evaluate({"self": json_to_cel(value)}))
    except (CELEvalError, ValueError):  # a type that the rule does not expect, or a number of more than 64 bits
        return False  # as in the API server, a rule that cannot be evaluated is broken


@cache
def _schema() -> Schema:
    return structural_schema()


@cache
def _program(rule: str) -> celpy.Runner:
    environment = celpy.Environment()
    return environment.program(environment.compile(rule))
