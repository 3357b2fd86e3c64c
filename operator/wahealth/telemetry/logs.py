"""Logs on stderr: a constant message and its facts as fields, as text or as one JSON object a line."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

_TEXT = "%(asctime)s %(levelname)-7s %(message)s"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class TextFormatter(logging.Formatter):
    """The message, then the fields as key=value."""

    def format(self, record: logging.LogRecord) -> str:
        fields = [f"{k}={v}" for k, v in vars(record).items() if k not in _STANDARD]
        first, *rest = super().format(record).split("\n", 1)
        return "\n".join([" ".join([first, *fields]), *rest])


def set_up(level: str, form: Literal["json", "text"]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if form == "json" else TextFormatter(_TEXT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("wahealth").setLevel(level.upper())


def bug(error: Exception) -> dict[str, str]:
    """Its type and where it was raised, not what it says: a library's exception text may hold the key."""
    frames = reversed(traceback.extract_tb(error.__traceback__)[-5:])
    return {"error": type(error).__name__, "at": " < ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)}


def _json() -> JsonFormatter:
    return JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields={"levelname": "level"})
