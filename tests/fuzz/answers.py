"""A fuzz target: whatever a health node answers, over several rounds, is a value and a status that can be written.

    python tests/fuzz/answers.py SECONDS [SEED]     mutates the payloads seen, for as long as you like; the last quarter
                                                    of the time goes to the hunt for dear ones (`fuzz.dear`), a tenth
                                                    to the comparison of the fast lane (`fuzz.repeats`)
    atheris / AFL                                   call `one_input(bytes)`

The seed of each run is printed; a finding prints the answers that led to it, and exit code 1.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fuzz import dear, repeats
from wahealth.api.convert import status_document, written_status
from wahealth.core.answer import Answered, Malformed, PodOutcome
from wahealth.core.facts import Desired, Facts
from wahealth.core.instant import Instant
from wahealth.core.reconcile import reconcile
from wahealth.core.restore import restore_state
from wahealth.core.status import Status
from wahealth.probe.payload import outcome_of, parse_health

PAYLOADS = Path(__file__).parents[1] / "fixtures" / "payloads"
START = datetime(2026, 1, 1, tzinfo=UTC)
LARGEST_STATUS = 64 * 1024
SEPARATOR = b"\0"  # between the answers of two rounds
TOKENS = (
    b"null", b"[]", b"{}", b"NaN", b"-1e999", b"9" * 400, b'"\\ud800"', b"\xff", b"\xef\xbb\xbf", b"true",
    b'"connected"', b'"disconnected"', b'"connecting"', b'"uninitialized"', b'"unregistered"', b'"gateway_status"',
    b'"role"', b'"coreapp"', b'"primary_master"', b'"secondary_master"', b'"health"', b'"errors"', b":", b",",
    b"\\u0000", b"[" * 500, b'"' + b"a" * 300 + b":b\\n\\u001b[31m" + b'"', SEPARATOR,
)  # fmt: skip


def one_input(data: bytes) -> None:
    """Each part is the body of one round's answer. Raises what it finds."""
    facts = Facts(Desired(), 1)
    written, state = Status(), None
    for number, body in enumerate(data.split(SEPARATOR)[:8]):
        outcome = parse_health(body) if number % 3 else outcome_of(200, body)
        assert isinstance(outcome, Answered | Malformed), outcome
        now = Instant(number * 30.0, START + timedelta(seconds=30 * number))
        state = state or restore_state(written, 1, facts.desired.thresholds, now)
        todo = reconcile(state, _asked(facts, outcome), written, now)
        state, written = todo.state, todo.status or written
        _can_be_written(written)


def _asked(facts: Facts, outcome: Answered | Malformed) -> Facts:
    return Facts(facts.desired, facts.generation, (PodOutcome("web-0", "10.0.0.1", outcome),))


def _can_be_written(status: Status) -> None:
    document = status_document(status)
    text = json.dumps(document, allow_nan=False)
    assert text.isascii(), "a character that is no plain one"
    assert text.isprintable(), "a control character"
    assert len(text) < LARGEST_STATUS, f"{len(text)} bytes"
    assert written_status({"status": json.loads(text)}) == status, "it does not read back"


# --- for as long as you like -----------------------------------------------------------------------------------------


def mutated(corpus: list[bytes], luck: random.Random) -> bytes:
    data = bytearray(luck.choice(corpus))
    for _ in range(luck.randint(1, 12)):
        luck.choice(MUTATIONS)(data, luck)
    return bytes(data)


def _insert(data: bytearray, luck: random.Random) -> None:
    at = luck.randint(0, len(data))
    data[at:at] = luck.choice(TOKENS)


def _flip(data: bytearray, luck: random.Random) -> None:
    if data:
        data[luck.randrange(len(data))] ^= 1 << luck.randrange(8)


def _cut(data: bytearray, luck: random.Random) -> None:
    start = luck.randint(0, len(data))
    del data[start : start + luck.randint(0, 40)]


def _repeat(data: bytearray, luck: random.Random) -> None:
    start = luck.randint(0, len(data))
    data += data[start : start + luck.randint(1, 200)] * luck.randint(1, 5)


def _replace(data: bytearray, luck: random.Random) -> None:
    old = luck.choice(TOKENS[10:22])
    at = data.find(old)
    if at >= 0:
        data[at : at + len(old)] = luck.choice(TOKENS)


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (_insert, _flip, _cut, _repeat, _replace, _replace)


def main(seconds: float, seed: int) -> int:
    bodies = [json.dumps(json.loads(path.read_text())["body"]).encode() for path in sorted(PAYLOADS.glob("*.json"))]
    corpus = [*bodies, SEPARATOR.join(bodies[:8]), SEPARATOR.join(bodies[4:12])]
    luck, until, count = random.Random(seed), time.monotonic() + 0.65 * seconds, 0
    print(f"seed {seed}", flush=True)
    while time.monotonic() < until:
        data = mutated(corpus, luck)
        try:
            one_input(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            print(f"{type(error).__name__}: {error}\n{data!r}")
            return 1
        count += 1
        if count % 50 == 0 and len(corpus) < 2000:
            corpus.append(data[:4096])
    print(f"{count} inputs, nothing found", flush=True)
    return repeats.main(0.1 * seconds, seed) or dear.main(0.25 * seconds, seed)


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(given[0] if given else 60, given[1] if len(given) > 1 else random.randrange(2**32)))
