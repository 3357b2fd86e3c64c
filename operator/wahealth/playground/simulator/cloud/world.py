"""All that one simulated Cloud API holds: numbers, accounts, apps, tokens and keys, and a count of the requests."""

from __future__ import annotations

import hmac
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from wahealth.playground.simulator.cloud.quota import Quota
from wahealth.playground.simulator.cloud.settings import (
    AccountSettings,
    AppSettings,
    CloudFile,
    KeySettings,
    NumberSettings,
    TokenSettings,
)


class Cloud:
    def __init__(self, file: CloudFile | None = None) -> None:
        start = file or CloudFile()
        self.server = start.server
        self.numbers = dict(start.numbers)
        self.accounts = defaultdict(AccountSettings, start.accounts)
        self.apps = defaultdict(AppSettings, start.apps)
        self.tokens = dict(start.tokens)  # by name
        self.keys = dict(start.keys)  # by name
        self.quotas: defaultdict[tuple[str, str], Quota] = defaultdict(Quota)  # by app and account
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)  # by id, or by path where there is none
        self.requests = 0

    def object(self, id_: str) -> NumberSettings | AccountSettings | None:
        """The number or the account of that id. An account is there as soon as a number belongs to it."""
        if id_ in self.numbers:
            return self.numbers[id_]
        is_there = id_ in self.accounts or any(number.account == id_ for number in self.numbers.values())
        return self.accounts[id_] if is_there else None

    def account_of(self, id_: str) -> str:
        """The account whose quota a request about `id_` counts in; empty where there is none."""
        object_ = self.object(id_)
        if isinstance(object_, NumberSettings):
            return object_.account
        return "" if object_ is None else id_

    def token(self, secret: str) -> TokenSettings | None:
        return next((token for token in self.tokens.values() if _same(token.secret, secret)), None)

    def key(self, secret: str) -> KeySettings | None:
        return next((key for key in self.keys.values() if _same(key.secret, secret)), None)

    def forget_calls(self, app: str) -> None:
        for key in [key for key in self.quotas if key[0] == app]:
            del self.quotas[key]

    def described(self) -> dict[str, Any]:
        """Without a secret."""
        kinds: dict[str, Mapping[str, BaseModel]] = {
            "numbers": self.numbers,
            "accounts": self.accounts,
            "apps": self.apps,
            "tokens": self.tokens,
            "keys": self.keys,
        }
        return {
            "server": shown(self.server),
            **{kind: {name: shown(one) for name, one in things.items()} for kind, things in kinds.items()},
            "counts": {name: dict(counts) for name, counts in sorted(self.counts.items())},
        }


def shown(settings: BaseModel) -> dict[str, Any]:
    """Of settings all but a secret."""
    return settings.model_dump(exclude={"secret"})


def monotonic() -> float:
    """Seconds: the clock of quotas."""
    return time.monotonic()


def epoch() -> float:
    """Seconds since 1970: the clock of `expires_at`."""
    return time.time()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogateescape"))
