"""The chart, rendered and judged by the real Helm."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.versions import chosen

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "wahealth"
RELEASE = ["wahealth", str(CHART), "--namespace=wahealth-system"]
CASES = {path.name.removesuffix("-values.yaml"): path for path in sorted((CHART / "ci").glob("*-values.yaml"))}

Document = dict[str, Any]


class Refused(Exception):
    """What Helm says against it."""


def helm(*arguments: str, given: str | None = None) -> str:
    done = subprocess.run([_program(), *arguments], input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout


@cache
def _program() -> Path:
    return provide(["helm"], say=lambda text: print(text, file=sys.stderr))["helm"]


def text(*flags: str, values: Document | None = None) -> str:
    """Of what `helm install` would send; without empty lines, of which each version of Helm has its own."""
    flags = (*flags, f"--kube-version={chosen().kubernetes}", "--values=-")
    rendered = helm("template", *RELEASE, *flags, given=yaml.safe_dump(values or {}))
    return "".join(line for line in rendered.splitlines(keepends=True) if line.strip())


class Strict(yaml.CSafeLoader):
    """A name that stands twice in a mapping is a mistake, as it is for kustomize; YAML's own loader takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value]
        twice = {name for name in names if names.count(name) > 1}
        assert not twice, f"line {node.start_mark.line + 1}: twice in one mapping: {twice}"
        return super().construct_mapping(node, deep)


def documents(values: Document | None = None, *flags: str) -> list[Document]:
    loaded = yaml.load_all(text(*flags, values=values), Loader=Strict)
    return [document for document in loaded if document]


def case(name: str) -> Document:
    """The values of a file in `ci/`."""
    found: Document = yaml.safe_load(CASES[name].read_text()) or {}
    return found
