"""What is looked at besides a number: through the gatherer, over responses that are scripted by path."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any, TypeVar

import looptime

from support.builders import any_targets, at, resource
from support.phone_numbers import body, envelope, response
from support.played import Played
from wahealth.api.credential_source import CredentialSource
from wahealth.api.v1alpha1 import Tls
from wahealth.core.answer import Unreachable
from wahealth.core.cloud.number_checks import EVERY, MANAGEMENT, NumberChecks, Template, TemplateStatus, TokenReport
from wahealth.core.cloud.quota import BudgetKey, Quota
from wahealth.core.cloud.wanted import Provider
from wahealth.core.signin.flow import Reading
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import Credential, bearer_token
from wahealth.probe.message import Reader, Request
from wahealth.probe.trust import Trust, unverified

T = TypeVar("T")
TOKEN, NUMBER, ACCOUNT, PERIOD = "canary-of-some-length", "900000000000001", "900000000000002", 300
GOOD = {
    "data": {
        "is_valid": True,
        "app_id": "400000000000001",
        "expires_at": 1_798_761_600,
        "scopes": [MANAGEMENT],
        "granular_scopes": [{"scope": MANAGEMENT, "target_ids": [ACCOUNT]}],
    }
}
APP, EXPIRES = "400000000000001", datetime(2027, 1, 1, tzinfo=UTC)
REPORT = TokenReport(True, APP, EXPIRES, frozenset({MANAGEMENT}), frozenset({ACCOUNT}))
NOT_FOUND = 400, envelope(100, 33)


class Secrets(Played):
    async def secret(self, namespace: str, source: CredentialSource, labelled: bool = False) -> Reading[Credential]:
        return Reading(bearer_token(TOKEN.encode()))

    async def trust(self, entry: ResourceEntry, tls: Tls | None) -> Trust:
        return unverified()


class Graph(Prober):
    """Answers by the last part of the path; what is not scripted is not there."""

    def __init__(self, **said: Any) -> None:
        super().__init__()
        self.said = {"number": (200, body()), "debug_token": GOOD, **said}
        self.targets: list[str] = []

    async def exchange(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        self.targets.append(request.target)
        assert TOKEN not in repr(request)
        await asyncio.sleep(0.01)
        path = request.target.partition("?")[0].rpartition("/")[2]
        said = self.said.get({NUMBER: "number", ACCOUNT: "account"}.get(path, path), NOT_FOUND)
        said = said(request.target) if callable(said) else said
        status, text = said if isinstance(said, tuple) else (200, json.dumps(said).encode())
        return ProbeResponse(await read(response(status, text)))

    def asked(self, what: str) -> int:
        return sum(f"/{what}?" in target for target in self.targets)


def number(uid: str = "1", account: str = ACCOUNT, templates: tuple[str, ...] = ()) -> ResourceEntry:
    target = {"phoneNumberID": NUMBER, **({"accountID": account} if account else {})}
    auth = {"bearerToken": {"secretKeyRef": {"name": "t", "key": "token"}}}
    spec: dict[str, Any] = {"target": {"cloud": target}, "auth": auth, "probe": {"periodSeconds": PERIOD}}
    return entry_of(resource(uid, **spec, cloud={"templates": [*templates]}))


def looked(graph: Graph, rounds: int, *entries: ResourceEntry, quota: Quota | None = None) -> NumberChecks | None:
    """What is known of the last of these numbers after so many rounds of each, all at the same time."""
    targets = any_targets(Inventory(), lookup=lambda _: ["192.0.2.1"])
    gatherer = Gatherer(Inventory(), targets, Secrets(), graph, {Provider.GRAPH: quota or Quota()})

    async def story() -> NumberChecks | None:
        found: NumberChecks | None = None
        for _ in range(rounds):
            now = at(asyncio.get_running_loop().time())
            facts = await asyncio.gather(*(gatherer.facts(entry, now) for entry in entries))
            found = facts[-1].checks
            await asyncio.sleep(PERIOD)
        return found

    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        return runner.run(story())


def test_token_and_account_are_looked_at_in_every_tenth_round() -> None:
    graph = Graph(account={"id": ACCOUNT})
    assert looked(graph, EVERY, number()) == NumberChecks(REPORT, account_seen=True)
    assert (graph.asked("debug_token"), graph.asked(ACCOUNT)) == (1, 1)
    graph = Graph(account={"id": ACCOUNT})
    looked(graph, EVERY + 1, number())
    assert (graph.asked("debug_token"), graph.asked(ACCOUNT)) == (2, 2)


def test_numbers_of_one_token_ask_about_it_once() -> None:
    graph = Graph()
    looked(graph, 1, *(number(str(uid), account="") for uid in range(5)))
    assert graph.asked("debug_token") == 1


def test_nor_do_they_repeat_a_question_that_was_refused() -> None:
    graph = Graph(debug_token=(400, envelope(200)))
    assert looked(graph, 1, *(number(str(uid), account="") for uid in range(5))) == NumberChecks()
    assert graph.asked("debug_token") == 1


def test_the_budget_is_the_apps_once_the_vendor_has_named_it() -> None:
    quota = Quota()
    looked(Graph(account={"id": ACCOUNT}), 2, number(), quota=quota)
    assert quota.period(BudgetKey(APP, ACCOUNT), 0.0) > 0


def test_an_account_that_the_token_does_not_see() -> None:
    assert looked(Graph(), 1, number()) == NumberChecks(REPORT, account_seen=False)
    known = looked(Graph(account=(500, b"")), 1, number())
    assert known == NumberChecks(REPORT)  # a fault of the vendor says nothing


def test_a_number_that_is_not_found_is_looked_for_by_its_account() -> None:
    graph = Graph(number=NOT_FOUND, account={"id": ACCOUNT})
    assert looked(graph, 1, number()) == NumberChecks(REPORT, account_seen=True)


def test_nothing_is_looked_at_with_a_token_that_is_rejected() -> None:
    graph = Graph(number=(401, envelope(190, 463)))
    assert looked(graph, 1, number()) is None
    assert all("/debug_token?" not in target for target in graph.targets)


def template(name: str, language: str = "en", status: str = "APPROVED") -> dict[str, str]:
    return {"name": name, "language": language, "status": status}


def pages(target: str) -> dict[str, Any]:
    """Three pages, as the vendor's cursors lead from one to the next."""
    page = int(target.partition("after=")[2] or 0)
    paging = {"cursors": {"before": "x", "after": str(page + 1)}, **({"next": "https://…"} if page < 2 else {})}
    return {"data": [template(f"other_{page}"), template(f"mine_{page}", status="PAUSED")], "paging": paging}


def test_templates_are_looked_for_on_every_page_and_prove_the_account() -> None:
    graph = Graph(message_templates=pages)
    found = looked(graph, 1, number(templates=("mine_2", "mine_0")))
    paused = TemplateStatus.PAUSED
    assert found == NumberChecks(REPORT, True, (Template("mine_0", "en", paused), Template("mine_2", "en", paused)))
    assert graph.asked("message_templates") == 3
    assert graph.asked(ACCOUNT) == 0


def test_templates_beyond_all_pages_are_not_called_missing() -> None:
    def endless(_: str) -> dict[str, Any]:
        return {"data": [template("other")], "paging": {"cursors": {"after": "x"}, "next": "https://…"}}

    known = looked(Graph(message_templates=endless), 1, number(templates=("mine",)))
    assert known is not None
    assert known.templates is None


def test_a_template_that_is_not_there() -> None:
    known = looked(Graph(message_templates={"data": []}), 1, number(templates=("mine",)))
    assert known is not None
    assert known.templates == ()


def test_what_is_known_stays_while_a_look_fails() -> None:
    entry, graph = number(templates=("mine",)), Graph(message_templates={"data": [template("mine")]})
    before = looked(graph, 1, entry)
    entry.probe.look_in, entry.probe.retry_after = 0, {}
    assert looked(Graph(debug_token=(500, b""), message_templates=(500, b"")), 1, entry) == before
    assert before is not None
    assert before.templates


def test_another_token_in_the_secret_is_looked_at_in_the_next_round() -> None:
    entry = number()
    looked(Graph(), 1, entry)
    entry.secret_changed("t")
    assert entry.probe.checks is None
    assert entry.probe.look_in == 0
