"""Times in words: how long something has lasted, and when it was."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

_DAY = timedelta(days=1)


def lasting(seconds: float) -> str:
    """Such as "40 s", "14 min", "5 h", "25 d": one unit, rounded down, never negative."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 2 * 3600:
        return f"{whole // 60} min"
    return f"{whole // 3600} h" if whole < 48 * 3600 else f"{whole // 86400} d"


def since(then: datetime | None, now: datetime) -> str:
    """How long ago that was; empty if it is not known."""
    return lasting((now - then).total_seconds()) if then else ""


def clock(then: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """The time of day in a zone (None: the local one), with its day if that is more than a day away."""
    local, today = then.astimezone(zone), now.astimezone(zone)
    if abs(now - then) < _DAY:
        return f"{local:%H:%M:%S}"
    return f"{local:%b} {local.day} {local:%H:%M}" if local.year == today.year else f"{local:%Y-%m-%d}"


def zone_named(now: datetime, zone: tzinfo | None = None) -> str:
    """The zone in which times are told, such as "CET, UTC+01:00"."""
    local = now.astimezone(zone)
    name, offset = local.tzname() or "", f"UTC{local:%z}"[:-2] + f":{local:%z}"[-3:]
    return name if name == "UTC" else f"{name}, {offset}"
