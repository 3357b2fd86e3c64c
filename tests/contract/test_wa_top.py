"""`kubectl wa top`: a list in pages, the worst first."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.apiserver import CLIENTS, LEASES, ApiServer, listed, serving
from support.looked import NOW, healthy, lease, resource, words
from support.terminal import terminal
from wahealth import cli
from wahealth.wa.client import client_of
from wahealth.wa.fleet import row_of
from wahealth.wa.freshness import Operators, Watch
from wahealth.wa.top import Fleet, Progress, lines

ALL = f"{CLIENTS}/whatsappclients"
IN_ACME = f"{CLIENTS}/namespaces/acme/whatsappclients"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    with serving() as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path)))
        server.replies = {LEASES: 403, ALL: pages, IN_ACME: listed(healthy("one"))}
        yield server


def pages(query: Mapping[str, str]) -> dict[str, Any]:
    """Three pages of two, as the API server gives them if it is asked for pages."""
    assert query["limit"] == "500"
    n = int(query.get("continue", "0"))
    more = str(n + 1) if n < 2 else ""
    return listed(healthy(f"up-{n}"), resource(f"down-{n}", "beta"), more=more)


def test_all_pages_are_read_and_the_worst_comes_first(server: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.kubectl_wa(["top", "-A"]) == 0
    told = capsys.readouterr()
    printed = told.out.splitlines()
    assert printed[0] == "6 clients   3 DOWN   3 UP"
    assert printed[1] == "Disconnected 3"
    names = [row.split()[1] for row in printed if row.startswith(("acme ", "beta "))]
    assert names == ["down-0", "down-1", "down-2", "up-0", "up-1", "up-2"]
    assert "not known, because you may not list leases in wahealth-system: ask for that right." in told.out
    assert told.err == ""


def test_one_namespace_and_only_what_is_not_well(server: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.kubectl_wa(["top"]) == 0
    assert "1 client   1 UP" in capsys.readouterr().out
    assert cli.kubectl_wa(["top", "--bad"]) == 0
    assert "one" not in capsys.readouterr().out.splitlines()[-1].split()
    server.replies[IN_ACME] = listed()
    assert cli.kubectl_wa(["top"]) == 0
    assert capsys.readouterr().out == "There is no WhatsAppClient in acme; -A looks at all namespaces.\n"


def test_for_programs(server: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.kubectl_wa(["top", "-A", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["verdict"] for each in found] == ["DOWN"] * 3 + ["UP"] * 3
    assert found[0]["nodes"] == ["n7"]


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (403, "you may not list whatsappclients in all namespaces: ask for that right, or name a namespace with -n"),
        (410, "the list was too slow to be read in pages: try again"),
        ((404, {"message": "the server could not find it"}), "this cluster knows no WhatsAppClients: install wahealth"),
    ],
)
def test_a_list_that_may_not_be_read(
    server: ApiServer, reply: Any, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.replies[ALL] = reply
    assert cli.kubectl_wa(["top", "-A"]) == 69
    assert sentence in capsys.readouterr().err


def test_where_the_operator_is_gone_nothing_is_told_as_current(
    server: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.replies[LEASES] = listed(lease(10))
    assert cli.kubectl_wa(["top"]) == 0
    assert "1 client   1 UNKNOWN" in capsys.readouterr().out


def test_at_a_terminal_it_is_live_and_q_leaves(server: ApiServer) -> None:
    server.replies[IN_ACME] = lambda query: b"" if "watch" in query else listed(healthy("one"))
    with terminal("top") as at:
        assert "1 client" in at.until("live")
        at.types("q")
        at.until()
        assert at.process.wait() == 0


@pytest.mark.usefixtures("server")
def test_without_the_extra_it_is_a_list_that_says_how_to_get_it() -> None:
    with terminal("top", before="sys.modules['textual'] = None") as at:
        shown = at.until()
        assert at.process.wait() == 0
    assert "acme       one" in shown
    assert "pipx install 'wahealth-operator[terminal]'" in shown


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("words", [["--once"], ["-o", "json"]])
def test_who_wants_a_list_gets_no_more(words: list[str]) -> None:
    with terminal("top", *words) as at:
        shown = at.until()
        assert at.process.wait() == 0
    assert "one" in shown
    assert "pipx" not in shown
    assert "\x1b[?1049h" not in shown  # the other screen


def test_what_cannot_be_read_is_a_sentence_before_the_view_opens(server: ApiServer) -> None:
    server.replies[IN_ACME] = 403
    with terminal("top") as at:
        shown = at.until()
        assert at.process.wait() == 69
    assert shown == "kubectl wa top: you may not list whatsappclients in acme: ask for that right.\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_says_how_far_a_long_list_has_come_and_goes() -> None:
    stream, now = Terminal(), [0.0]
    progress = Progress(stream, lambda: now[0])
    progress(500)
    assert stream.getvalue() == ""
    now[0] = 3.0
    progress(1000)
    progress.end()
    assert stream.getvalue() == "\r1000 clients read …\r\x1b[K"


def test_where_no_terminal_is_nothing_is_said_on_the_way() -> None:
    stream, now = io.StringIO(), [0.0]
    progress = Progress(stream, lambda: now[0])
    now[0] = 9.0
    progress(500)
    progress.end()
    assert stream.getvalue() == ""


def test_a_long_name_pushes_out_no_verdict() -> None:
    rows = tuple(row_of(client_of(resource(name, "acme"))) for name in ("support", "a" * 250))
    shown = words(lines(Fleet("acme", rows, Operators(), NOW), 80)).splitlines()
    assert max(map(len, shown)) <= 80
    assert all("DOWN" in line for line in shown[-2:])
    assert f"{'a' * 12}…{'a' * 12}" in shown[-1]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_columns_go_by_their_weight(width: int) -> None:
    held = Operators((Watch("wahealth-7c9d-x", 2, 15),))
    seen = client_of(resource())
    found = Fleet("acme", (row_of(seen),), held, NOW)
    shown = words(lines(found, width)).splitlines()
    assert max(map(len, shown)) <= width
    assert "support" in shown[-1]
    assert "DOWN" in shown[-1]
    assert ("n7" in shown[-1]) is (width == 120)
