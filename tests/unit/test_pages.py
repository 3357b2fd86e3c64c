"""The documentation: each link leads somewhere, each path exists, each command is run or says why it is not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from support.pages import DOCS, OTHERS, ROOT, Fence, anchors, fences, links, paths
from wahealth.api import v1alpha1 as api

PAGES = (*DOCS, *OTHERS)
LANGUAGES = {"sh", "text", "yaml"}
USUAL = {"target": {"workload": {"name": "web"}}, "auth": {"apiKey": {"secretKeyRef": {"name": "web-api-key"}}}}
COMMANDS = [(page, fence) for page in DOCS for fence in fences(page) if fence.language == "sh"]


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(page: str) -> None:
    assert [link for link in links(page) if not leads(page, link)] == []


def leads(page: str, link: str) -> bool:
    target, _, anchor = link.partition("#")
    path = (ROOT / page).parent / target if target else ROOT / page
    inside = path.resolve().is_relative_to(ROOT) and path.exists()
    return inside and (not anchor or anchor in anchors(str(path.resolve().relative_to(ROOT))))


@pytest.mark.parametrize("page", DOCS[1:])
def test_the_site_has_what_its_pages_link_to(page: str) -> None:
    """Files outside of docs/ are not on it, so they are named in code spans."""
    docs = ROOT / "docs"
    targets = [((ROOT / page).parent / link.partition("#")[0]).resolve() for link in links(page)]
    assert [str(target) for target in targets if not target.is_relative_to(docs)] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != "docs/development/renamed.md"])
def test_each_path_that_is_named_exists(page: str) -> None:
    assert [path for path in paths(page) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", DOCS)
def test_each_fence_says_its_language(page: str) -> None:
    """So that no command hides in one that is not looked at."""
    assert {fence.language for fence in fences(page)} <= LANGUAGES
    assert [fence.text for fence in fences(page) if fence.language != "sh" and fence.text.startswith("$ ")] == []


@pytest.mark.parametrize("page", DOCS)
def test_each_spec_that_is_shown_is_one(page: str) -> None:
    shown = [yaml.safe_load(fence.text) for fence in fences(page) if fence.language == "yaml"]
    for document in (one for one in shown if "spec" in one):
        api.Spec.model_validate(USUAL | document["spec"])


@pytest.mark.parametrize(("page", "fence"), COMMANDS, ids=[f"{page}: {fence.text[:30]}" for page, fence in COMMANDS])
def test_each_command_is_run_or_says_why_not(page: str, fence: Fence) -> None:
    if test := re.fullmatch("run by (.*)", fence.marker):
        assert page in read_by(ROOT / test[1]), f"{test[1]} does not read {page}"
    elif other := re.fullmatch("as in (.*)", fence.marker):
        assert fence.text in [one.text for one in fences(other[1]) if not one.marker.startswith("as in ")]
    else:
        assert re.fullmatch("not run: .{10,}", fence.marker), f"say what runs this, or why nothing does: {fence.text}"


def read_by(test: Path) -> set[str]:
    """The pages whose commands a test asks for: `commands(__file__, PAGE)`."""
    calls = [node for node in ast.walk(ast.parse(test.read_text())) if isinstance(node, ast.Call)]
    return {
        call.args[1].value
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "commands"
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id == "__file__"
        and isinstance(call.args[1], ast.Constant)
        and isinstance(call.args[1].value, str)
    }
