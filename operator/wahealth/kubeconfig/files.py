"""The files of the kubeconfig and their merged content, by client-go's rules.

The first file that defines a name wins, and so does the first current-context. A missing file is skipped, unless it is
the one that a flag names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from wahealth.kubeconfig.problem import NotUsable


class Entry(NamedTuple):
    """One object of a kubeconfig, such as a cluster, user or context, with typed access to its fields.

    `called` is its name in an error; relative paths in it start at `folder`. Each method raises `NotUsable` for a value
    of the wrong type.
    """

    called: str  # such as: user "admin" of /home/me/.kube/config
    values: Mapping[str, Any]
    folder: Path

    def text(self, key: str) -> str:
        """The value of a field; empty if it is missing."""
        value = self.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise NotUsable(f"{key} of {self.called} must be text: put it in quotes")
        return value

    def truth(self, key: str) -> bool:
        """The value of a field; false if it is missing."""
        value = self.values.get(key)
        if not isinstance(value, bool | None):
            raise NotUsable(f"{key} of {self.called} must be true or false, without quotes")
        return bool(value)

    def path(self, key: str) -> Path | None:
        """The file that a field names; None if it is missing."""
        written = self.text(key)
        return self.folder / written if written else None

    def texts(self, key: str) -> list[str]:
        """The strings of a list; empty if it is missing."""
        value = self.values.get(key) or []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise NotUsable(f"{key} of {self.called} must be a list of texts: put each in quotes")
        return value

    def within(self, key: str) -> Entry | None:
        """The object in a field, or None if it is missing."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise NotUsable(f"{key} of {self.called} must hold fields: see kubectl config view")
        return Entry(f"{key} of {self.called}", value, self.folder)

    def each(self, key: str) -> list[Entry]:
        """The objects of a list; empty if it is missing."""
        value = self.values.get(key) or []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise NotUsable(f"{key} of {self.called} must be a list: see kubectl config view")
        return [Entry(f"{key} of {self.called}", each, self.folder) for each in value]


Entries = dict[str, Entry]


class Kubeconfig(NamedTuple):
    """Clusters, users and contexts by name, and the name of the current context."""

    clusters: Entries
    users: Entries
    contexts: Entries
    current: str

    @property
    def empty(self) -> bool:
        """Whether it defines nothing. In a pod the ServiceAccount is used then."""
        return not (self.clusters or self.users or self.contexts or self.current)


_SINGULAR = {"clusters": "cluster", "users": "user", "contexts": "context"}


def read(named: Path | None, environ: Mapping[str, str]) -> Kubeconfig:
    """The kubeconfig of the file `named`, else of those in $KUBECONFIG, else of ~/.kube/config. Raises `NotUsable`."""
    if named is not None:
        return _merged([_file(named, needed=True)])
    return _merged([_file(path, needed=False) for path in _usual(environ)])


def _usual(environ: Mapping[str, str]) -> Sequence[Path]:
    paths = [Path(each) for each in environ.get("KUBECONFIG", "").split(os.pathsep) if each]
    return list(dict.fromkeys(paths)) or [Path(environ.get("HOME", "/")) / ".kube" / "config"]


def _merged(files: Sequence[Kubeconfig]) -> Kubeconfig:
    """All files in one; the first that defines a name wins."""
    current = next((file.current for file in files if file.current), "")
    backwards = files[::-1]
    return Kubeconfig(
        {name: entry for file in backwards for name, entry in file.clusters.items()},
        {name: entry for file in backwards for name, entry in file.users.items()},
        {name: entry for file in backwards for name, entry in file.contexts.items()},
        current,
    )


def _file(path: Path, needed: bool) -> Kubeconfig:
    nothing = Kubeconfig({}, {}, {}, "")
    try:
        written = path.read_bytes()
    except FileNotFoundError:
        if needed:
            raise NotUsable(f"the kubeconfig {path} does not exist: name another") from None
        return nothing
    except OSError as error:
        raise NotUsable(f"the kubeconfig {path} cannot be read ({error.strerror}): fix it, or name another") from None
    document = _document(written, path)
    whole = Entry(f"the kubeconfig {path}", document, path.parent.absolute())
    clusters, users, contexts = (_entries(whole, key, path) for key in _SINGULAR)
    return Kubeconfig(clusters, users, contexts, whole.text("current-context"))


def _document(written: bytes, path: Path) -> dict[str, Any]:
    """The content of a file in YAML or JSON; empty if the file is."""
    try:
        document = yaml.load(written, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, ValueError, RecursionError):
        raise NotUsable(f"the kubeconfig {path} is not YAML: see kubectl config view, and fix it") from None
    if document is None:
        return {}
    if not isinstance(document, dict) or document.get("kind", "Config") != "Config":
        raise NotUsable(f"{path} is not a kubeconfig, because its kind is not Config: name another file")
    return document


def _entries(whole: Entry, plural: str, path: Path) -> Entries:
    found: Entries = {}
    singular = _SINGULAR[plural]
    for item in whole.each(plural):
        name = item.text("name")
        if name in found:
            raise NotUsable(f'the kubeconfig {path} has two {plural} named "{name}": rename or remove one')
        inner = item.within(singular)
        called = f'{singular} "{name}" of {path}'
        found[name] = Entry(called, inner.values if inner else {}, whole.folder)
    return found
