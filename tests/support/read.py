"""What h11 makes of bytes: the reader that the fast lane's comparison is held against."""

from __future__ import annotations

import h11


def read(received: bytes) -> tuple[object, ...]:
    """Status, headers but for Date, body, and how the connection is left; or why it is no answer."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "w")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(received)
    found: list[object] = []
    try:
        while not isinstance(event := connection.next_event(), h11.EndOfMessage) and event is not h11.NEED_DATA:
            if isinstance(event, h11.Response):
                found += [event.status_code, [line for line in event.headers.raw_items() if line[0].lower() != b"date"]]
            elif isinstance(event, h11.Data):
                found.append(bytes(event.data))
    except h11.RemoteProtocolError:
        return ("none",)
    return (*found, connection.their_state, connection.trailing_data)
