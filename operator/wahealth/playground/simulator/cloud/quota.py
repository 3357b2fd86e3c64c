"""A rolling quota of requests, and the headers that report it. Pure; time is an argument."""

from __future__ import annotations

import json
import math
from collections import deque
from dataclasses import dataclass, field

from wahealth.playground.simulator.cloud.settings import MANAGEMENT, AppSettings


@dataclass
class Quota:
    """The calls of one app for one account."""

    _calls: deque[float] = field(default_factory=deque)

    def call(self, app: AppSettings, now: float) -> bool:
        """Whether the call is within the quota. One that is not counts, too: asking on prolongs it."""
        self._forget(app, now)
        self._calls.append(now)
        return len(self._calls) <= app.calls

    def per_cent(self, app: AppSettings) -> int:
        return min(100, math.ceil(100 * len(self._calls) / app.calls)) if app.calls else 100

    def minutes_to_regain(self, app: AppSettings, now: float) -> int:
        """Until a call would be within the quota; 0 where one is, and a window where none ever is."""
        over = len(self._calls) - app.calls
        if over < 0:
            return 0
        ends = self._calls[over] + app.window_seconds if over < len(self._calls) else now + app.window_seconds
        return max(0, math.ceil(round((ends - now) / 60, 6)))  # a sum of floats may be a breath above a whole minute

    def _forget(self, app: AppSettings, now: float) -> None:
        while self._calls and self._calls[0] <= now - app.window_seconds:
            self._calls.popleft()


def usage_headers(quota: Quota, app: AppSettings, account: str, now: float) -> dict[str, str]:
    """`X-App-Usage` in per cent; `X-Business-Use-Case-Usage` by account, and with minutes."""
    used = {"call_count": quota.per_cent(app), "total_cputime": 1, "total_time": 1}
    regain = {"estimated_time_to_regain_access": quota.minutes_to_regain(app, now)}
    headers: dict[str, str] = {}
    if app.usage_headers in {"App", "Both"}:
        headers["X-App-Usage"] = json.dumps(used)
    if account and app.usage_headers in {"BusinessUseCase", "Both"}:
        headers["X-Business-Use-Case-Usage"] = json.dumps({account: [{"type": MANAGEMENT, **used, **regain}]})
    return headers
