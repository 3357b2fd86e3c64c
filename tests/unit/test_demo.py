"""The demo's screen: what gives way on a narrow terminal, and that nothing that is copied is cut."""

from __future__ import annotations

import itertools
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from wahealth.playground.demo.colours import drawn
from wahealth.playground.demo.columns import WEIGHTS, fitting
from wahealth.playground.demo.folding import folded, folded_command
from wahealth.playground.demo.keys import Keys, key_of
from wahealth.playground.demo.look import Look, event_line, harmless, path_of
from wahealth.playground.demo.page import Kind, Line, Screen, command_page, page
from wahealth.playground.demo.steps import STEPS, Command
from wahealth.playground.numbers import PERIOD, cloud_file
from wahealth.playground.simulator.cloud.settings import CloudFile

ROWS = (
    ("NAMESPACE", "NAME", "MODE", "READY", "GATEWAY", "CONNECTED", "PRIMARY", "SINCE", "AGE", "REASON", "MESSAGE"),
    (
        "acme",
        "support",
        "Multiconnect",
        "True",
        "Connected",
        "4/4",
        "support-master-0",
        "32s",
        "35s",
        "Fine",
        "All is well",
    ),
    ("gamma", "sales", "", "False", "Unknown", "", "", "9m", "35s", "Bad", "A key is"),
    ("gamma", "other", "", "Unknown", "Unknown", "", "", "9m", "35s", "Odd", "It waits"),
)
WIDTHS = (12, 10, 15, 10, 12, 12, 19, 8, 6, 9, 0)
TABLE = "".join("".join(map(str.ljust, row, WIDTHS)) + "\n" for row in ROWS)  # as kubectl pads it
COMMANDS = (
    Command("export KUBECONFIG=/tmp/wahealth-playground-12345678/admin.kubeconfig"),
    Command("kubectl delete pod -n acme support-coreapp-5d49cb486b-rr54j", "the active coreapp"),
    Command('kubectl patch secret -n acme a-key -p \'{"stringData":{"WA_API_KEY":"the-next-api-key-of-it"}}\'', "why"),
)


def event(number: int, type_: str = "Normal", message: str = "Something is as it is; nothing to do.") -> dict[str, Any]:
    about = {"metadata": {"namespace": "acme"}, "involvedObject": {"name": "support"}, "type": type_, "count": 1}
    return {**about, "reason": f"Event{number}", "message": message, "lastTimestamp": f"2026-01-01T10:00:{number:02}Z"}


class TestColumns:
    @pytest.mark.parametrize("width", [80, 100, 140, 300])
    def test_each_line_fits_and_since_stays(self, width: int) -> None:
        lines = fitting(TABLE, width)
        assert max(map(len, lines)) <= width
        assert {"NAME", "READY", "SINCE"} <= set(lines[0].split())
        assert "…" not in "".join(lines)

    def test_columns_go_in_the_order_of_their_weight(self) -> None:
        there = [set(fitting(TABLE, width)[0].split()) for width in range(200, 12, -1)]
        gone = [name for before, after in itertools.pairwise(there) for name in before - after]
        assert gone == sorted(gone, key=WEIGHTS.index, reverse=True)
        assert gone[:2] == ["AGE", "PRIMARY"]

    def test_a_column_that_stays_keeps_its_cells(self) -> None:
        head, *rows = fitting(TABLE, 50)
        assert head.split() == ["NAMESPACE", "NAME", "READY", "GATEWAY", "SINCE"]
        assert rows[1].split() == ["gamma", "sales", "False", "Unknown", "9m"]

    def test_the_sentence_is_never_a_column(self) -> None:
        assert "MESSAGE" not in fitting(TABLE, 500)[0]

    def test_nothing_is_no_table(self) -> None:
        assert fitting("", 80) == []


class TestFolding:
    @pytest.mark.parametrize("width", [30, 80, 140])
    def test_a_sentence_keeps_its_words(self, width: int) -> None:
        sentence = "10:00:00  Warning  acme/support  " + " ".join(f"word{n}" for n in range(40))
        lines = folded(sentence, width, indent=10)
        assert max(map(len, lines)) <= width
        assert all(line.startswith(" " * 10) for line in lines[1:])
        assert " ".join(lines).split() == sentence.split()

    @pytest.mark.parametrize(
        "words",
        [
            ["kubectl", "get", "wac", "-A", "-w"],
            ["kubectl", "patch", "secret", "-n", "acme", "s", "-p", '{"stringData":{"WA_API_KEY":"a-key-of-length"}}'],
            ["export", "KUBECONFIG=/a/" + "very-long-folder/" * 12 + "admin.kubeconfig"],
            ["alias", "kubectl=/a folder with 'quotes'/" + "b" * 150],
        ],
    )
    def test_a_shell_takes_a_folded_command_as_the_same_words(self, words: list[str]) -> None:
        import shlex

        command = shlex.join(words)
        widths = range(20, 160, 7)
        script = "".join("printf '%s\\0' " + "\n".join(folded_command(command, width)) + "\n" for width in widths)
        printed = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
        assert printed.split("\0")[:-1] == words * len(widths)

    @pytest.mark.parametrize("width", [40, 80, 100])
    def test_no_line_of_a_command_is_longer_than_the_terminal(self, width: int) -> None:
        for command in COMMANDS:
            assert max(map(len, folded_command(command.text, width))) <= width


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


SEEN = Look(TABLE, tuple(event(n) for n in range(30)), active="core-0")


class TestPage:
    @pytest.mark.parametrize("width", [80, 100, 140])
    @pytest.mark.parametrize("height", [24, 40, 60])
    def test_it_fits_and_ends_with_the_keys(self, width: int, height: int) -> None:
        lines = page(SEEN, COMMANDS, Screen(width, height))
        assert len(lines) <= height
        assert max(map(len, texts(lines))) <= width
        keys = " ".join(line.text for line in lines if line.kind is Kind.KEYS)
        assert all(f"{step.key} {step.words}" in keys for step in STEPS)
        assert lines[-1].kind is Kind.KEYS

    def test_what_a_terminal_shows_is_the_page(self) -> None:
        lines = page(SEEN, COMMANDS, Screen(80, 24), said="Killed the active coreapp core-0 of acme/support.")
        console = Console(width=80, height=24, force_terminal=False, record=True)
        with console.capture() as captured:
            console.print(drawn(lines), end="")
        assert captured.get().splitlines() == [text.rstrip() for text in texts(lines)]

    def test_commands_stand_where_there_is_room_and_else_behind_a_key(self) -> None:
        tall, low = (page(SEEN, COMMANDS, Screen(80, height)) for height in (60, 18))
        assert any(line.kind is Kind.COMMAND for line in tall)
        assert not any(line.kind is Kind.COMMAND for line in low)
        assert "c show the commands" in low[-1].text
        assert texts(command_page(COMMANDS, Screen(80, 24)))[1] == COMMANDS[0].text

    def test_without_keys_they_stand_there_always_and_no_key_is_offered(self) -> None:
        lines = page(SEEN, COMMANDS, Screen(80, 24, keys=False))
        assert any(line.kind is Kind.COMMAND for line in lines)
        assert not any(line.kind is Kind.KEYS for line in lines)

    def test_rows_look_as_their_verdict(self) -> None:
        kinds = [line.kind for line in page(SEEN, (), Screen(100, 40))[:4]]
        assert kinds == [Kind.HEAD, Kind.GOOD, Kind.BAD, Kind.UNSURE]

    def test_the_last_events_are_whole(self) -> None:
        long = event(40, "Warning", " ".join(["word"] * 60))
        lines = page(SEEN._replace(events=(*SEEN.events, long)), COMMANDS, Screen(80, 24))
        shown = " ".join(line.text for line in lines if line.kind is Kind.WARNING)
        assert shown.split() == event_line(long).split()

    def test_what_is_gone_is_told_with_the_key_that_brings_it_back(self) -> None:
        lines = page(Look(troubles=("Deleted: Namespace acme and 3 more.",), mendable=True), COMMANDS, Screen(80, 24))
        assert lines[0] == Line("Deleted: Namespace acme and 3 more.", Kind.BAD)
        assert "Press n" in lines[1].text


class TestWords:
    def test_an_instruction_to_the_terminal_is_harmless(self) -> None:
        line = event_line(event(1, message="\x1b]0;title\x07\x1b[2J\u202enext\r\nline"))
        assert not any(ord(char) < 32 for char in line.replace("\n", ""))
        assert "\u202e" not in line
        assert harmless("a\nb") == "a\nb"

    def test_where_an_object_is(self) -> None:
        named = {"metadata": {"name": "a", "namespace": "n"}}
        assert path_of({"apiVersion": "v1", "kind": "Secret", **named}) == "/api/v1/namespaces/n/secrets/a"
        definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
        path = path_of({**definition, "metadata": {"name": "a.b"}})
        assert path == "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a.b"


class TestKeys:
    @pytest.fixture
    def typing(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
        """A terminal of its own as the standard input; what is written there was typed."""
        leader, follower = pty.openpty()
        with os.fdopen(follower) as terminal:
            monkeypatch.setattr(sys, "stdin", terminal)
            yield leader
        os.close(leader)

    def test_one_key_is_enough_and_the_terminal_is_as_before(self, typing: int) -> None:
        import termios

        before = termios.tcgetattr(sys.stdin)
        with Keys() as keys:
            assert keys.there
            assert keys.wait(0) == ""
            os.write(typing, b"K")
            assert keys.wait(5) == "k"
        assert termios.tcgetattr(sys.stdin) == before

    def test_without_a_terminal_there_are_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with open(os.devnull) as nothing:  # noqa: PTH123 - as the shell gives it
            monkeypatch.setattr(sys, "stdin", nothing)
            with Keys() as keys:
                assert not keys.there
                assert keys.wait(0) == ""

    @pytest.mark.parametrize(("pressed", "key"), [(b"q", "q"), (b"\x1b[A", " "), (b"\xc3\xa9", " "), (b"", "")])
    def test_an_arrow_is_no_letter(self, pressed: bytes, key: str) -> None:
        assert key_of(pressed) == key


def test_the_simulated_vendor_admits_what_the_numbers_ask_in_an_hour() -> None:
    """The operator keeps no budget where a simulator answers, and the demo stays open for longer than it is watched."""
    described = CloudFile.model_validate(cloud_file())
    tokens = {one.app for one in described.tokens.values()}
    assert all(described.apps[app].calls > 2 * 3600 / PERIOD for app in tokens)
