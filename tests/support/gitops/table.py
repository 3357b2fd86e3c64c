"""The table of docs/gitops.md: what each tool says of a client in each state.

`make gitops-table` writes it again.
"""

from __future__ import annotations

from support.gitops import kubectl
from support.gitops.states import Object, at, deleting, edited, fresh
from support.gitops.tools import MANIFESTS, Said, ask

PAGE = MANIFESTS.parents[1] / "docs" / "gitops.md"
_BEGIN, _END = "<!-- Written by tests/support/gitops/table.py -->\n", "<!-- End -->\n"
_HEAD = (
    "| the client | Ready | kubectl | Helm 4 | Argo CD | configuration | serving | redundancy |\n"
    "|---|---|---|---|---|---|---|---|\n"
)
_WAIT = {"Current": "passes", "Failed": "fails", "InProgress": "waits", "Terminating": "waits"}


def states() -> dict[str, Object]:
    """By what a person would call it."""
    serving, stalled = at("failover-of-the-primary", 0), at("new-without-its-target", 120)
    return {
        "just applied, seen by nobody yet": fresh(),
        "new: initialises its database": at("uninitialized-new", 0),
        "new: not connected yet": at("new-and-bad", 0),
        "new: applied before its Secret": at("new-with-references-to-come", 30),
        "new: its workload never comes": stalled,
        "new: the key is too short": at("key-of-bad-form", 0),
        "serving, spares are there": serving,
        "serving, a single instance": at("single-disconnected", 0),
        "serving, 3 of 4 shards are enough": at("mc-partly", 120),
        "serving, a spare is lost": at("redundancy", 120),
        "failover, another one took over": at("failover-of-the-primary", 90),
        "failover, nobody took over": at("failover-that-stalls", 120),
        "disconnected": at("single-disconnected", 120),
        "3 of 4 shards, all are wanted": at("mc-too-few", 120),
        "back, for too short a time yet": at("success-in-a-row", 180),
        "served, then upgrades its database": at("suspended-during-an-upgrade", 120),
        "not registered": at("single-unregistered", 120),
        "not registered, which is optional": at("registration-optional", 0),
        "no web pod answers": at("round-nobody-answers", 120),
        "no web pod runs": at("round-no-pod", 120),
        "the certificate is not trusted": at("tls-not-trusted", 120),
        "served, then its Secret is gone": at("secret-goes", 360),
        "its Secret stays gone": at("secret-goes", 420),
        "the key is refused": at("key-refused-by-all", 120),
        "the key is refused for long": at("key-refused-by-all", 180),
        "waweb still runs the old key": at("key-rotation-secret-first", 300),
        "edited, not seen yet": edited(serving),
        "edited while down, looked at": at("edit-while-down", 180),
        "edited, the spec is invalid": at("edit-that-is-invalid", 60),
        "the mode is another than spec.mode": at("mode-mismatch", 60),
        "suspended": at("suspended", 60),
        "suspended from birth": at("suspended-from-birth", 0),
        "resumed, not judged yet": at("resumed-and-down", 180),
        "being deleted": deleting(serving),
        "being deleted while stalled": deleting(stalled),
    }


def table() -> str:
    found = states()
    rows = zip(found.items(), kubectl.ready([*found.values()]), ask([*found.values()]), strict=True)
    return _HEAD + "".join(_row(name, client, met, said) for (name, client), met, said in rows)


def _row(name: str, client: Object, met: bool, said: Said) -> str:
    flux = [_WAIT[said.flux[gate]] for gate in ("configuration", "serving", "redundancy")]
    cells = [name, _ready(client), "passes" if met else "waits", _WAIT[said.kstatus], said.argocd, *flux]
    return f"| {' | '.join(cells)} |\n"


def _ready(client: Object) -> str:
    found = next((c for c in client["status"]["conditions"] if c["type"] == "Ready"), None)
    return f"{found['status']} {found['reason']}" if found else "-"


def shown() -> str:
    """The table as it stands on the page."""
    return PAGE.read_text().partition(_BEGIN)[2].partition(_END)[0]


def write() -> None:
    before, begin, rest = PAGE.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    PAGE.write_text(before + begin + table() + end + after)


if __name__ == "__main__":
    write()
