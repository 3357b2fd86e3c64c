"""Conflicts between fields of a spec, or between flags: one sentence each, with the names used there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.egress.origin import HEALTH, is_path
from wahealth.core.facts import ALLOWED_SHARDS, Desired
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import Mode


class Names(NamedTuple):
    """The names of fields where a person writes them: in a resource or on a command line."""

    mode: str
    shards: str
    path: str
    in_clear: str


RESOURCE = Names("mode", "multiconnect.shards", "target.path", "target.scheme HTTP")
FLAGS = Names("--mode", "--shards", "--path", "an http:// URL")


def shards_needed(names: Names) -> str:
    *most, last = map(str, ALLOWED_SHARDS)
    return f"{names.mode} Multiconnect needs {names.shards}: set it to {', '.join(most)} or {last}"


def shards_useless(names: Names) -> str:
    return f"{names.shards} applies only with {names.mode} Multiconnect or Auto: remove it or change the mode"


def login_elsewhere(names: Names) -> str:
    return f"a login is sent next to the health node, so {names.path} must end in {HEALTH}: correct one of them"


def tls_useless(what: str, names: Names) -> str:
    return f"{what} has no meaning with {names.in_clear}: remove {what} or change the scheme"


HALF_A_PAIR = "--client-certificate and --client-key belong together: name both or neither"
NO_PATH = "--path must be a path such as /support/v1/health, without query: correct it"

_AMONG_FLAGS: tuple[tuple[Callable[[Desired, str], bool], str], ...] = (
    (lambda said, _: said.mode is Mode.MULTICONNECT and said.shards is None, shards_needed(FLAGS)),
    (lambda said, _: said.shards is not None and said.mode not in {None, Mode.MULTICONNECT}, shards_useless(FLAGS)),
    (lambda _, path: not is_path(path), NO_PATH),
    (lambda said, path: said.signs_in_by is Kind.LOGIN and not path.endswith(HEALTH), login_elsewhere(FLAGS)),
)


def among_flags(said: Desired, path: str) -> str | None:
    """The first conflict among the flags, as a sentence; None if there is none. `path`: of the health node."""
    return next((sentence for is_there, sentence in _AMONG_FLAGS if is_there(said, path)), None)
