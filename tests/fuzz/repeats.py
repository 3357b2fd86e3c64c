"""A fuzz target: what the fast lane takes for the same answer, h11 reads as the same answer.

Dates are put in other places and other words, and bytes are changed at random; what is not taken for the same needs no
look, for h11 reads it at work.
"""

from __future__ import annotations

import json
import random
import time

from support.read import read
from wahealth.probe.repeat import Said

DATES = (b"Thu, 01 Jan 2026 00:00:30 GMT", b"Fri, 02 Jan 2026 10:01:00 GMT")
LINES = (b"Date: " + DATES[0], b"date: " + DATES[0], b"Server: waweb", b"X-Request-ID: 1", b"Connection: keep-alive")
PIECES = (
    *DATES, b"Thu, 99 Zzz 9999 99:99:99 GMT", b"\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b":", b"Date: ", b"0", b"GMT",
    b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"HTTP/1.1 200 OK\r\n",
)  # fmt: skip


def an_answer(luck: random.Random) -> bytes:
    body = json.dumps(
        {"health": {"gateway_status": luck.choice(("connected", f"\r\nDate: {DATES[0].decode()}"))}}
    ).encode()
    head = [b"Content-Length: %d" % len(body), *luck.choices(LINES, k=luck.randint(0, 4))]
    luck.shuffle(head)
    return b"\r\n".join([b"HTTP/1.1 200 OK", *head, b"", body])


def changed(answer: bytes, luck: random.Random) -> bytes:
    data = bytearray(answer)
    for _ in range(luck.randint(1, 3)):
        at = luck.randint(0, len(data))
        if luck.random() < 0.6 and (found := answer.find(DATES[0])) >= 0:
            at = found + luck.randint(0, len(DATES[0]))
        put = luck.choice(PIECES)
        data[at : at + luck.choice((0, len(put)))] = put
    return bytes(data)


def main(seconds: float, seed: int) -> int:
    luck, until, count, same = random.Random(seed), time.monotonic() + seconds, 0, 0
    while time.monotonic() < until:
        first = an_answer(luck)
        received = luck.choice((changed(first, luck), first.replace(DATES[0], DATES[1])))
        count += 1
        if Said(b"", first).is_repeated_by(received):
            same += 1
            if read(received) != read(first):
                print(f"taken for the same, and read otherwise:\n{first!r}\n{received!r}")
                return 1
    print(f"{count} answers compared, {same} taken for the same and read alike", flush=True)
    return 0
