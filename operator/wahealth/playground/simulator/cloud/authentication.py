"""Who asks the Graph API: the token, its app, and whether it may see what it asks for. Raises `Refusal`."""

from __future__ import annotations

import hashlib
import hmac

from wahealth.playground.simulator.cloud.graph_errors import Refusal, no_such_object, refusal
from wahealth.playground.simulator.cloud.settings import MANAGEMENT, AppSettings, ErrorSettings, TokenSettings
from wahealth.playground.simulator.cloud.world import Cloud

_NO_PROOF = "API calls from the server require an appsecret_proof argument"
_WRONG_PROOF = "Invalid appsecret_proof provided in the API argument"


def authenticate(cloud: Cloud, header: str, proof: str, now: float) -> TokenSettings:
    """The token that an Authorization header holds. `proof`: empty without one; `now`: seconds since 1970."""
    scheme, _, secret = header.partition(" ")
    if scheme != "Bearer" or not secret:
        raise refusal(104)
    token = cloud.token(secret)
    problem = token_problem(token, now)
    if problem is not None:
        raise Refusal(problem)
    assert token is not None
    _check_proof(cloud.apps[token.app], secret, proof)
    return token


def token_problem(token: TokenSettings | None, now: float) -> ErrorSettings | None:
    """Why a token is not accepted; None for a good one."""
    if token is None:
        return ErrorSettings(code=190)
    if not token.is_valid:
        return ErrorSettings(code=190, subcode=token.subcode, http_status=token.http_status)
    if token.expires_at and now >= token.expires_at:
        return ErrorSettings(code=190, subcode=463, http_status=token.http_status)
    return None


def check_permission(token: TokenSettings, account: str) -> None:
    """For an account that the token does not see the error is that of a wrong id."""
    if MANAGEMENT not in token.scopes:
        raise refusal(200, message=f"(#200) Requires the {MANAGEMENT} permission.")
    if token.accounts is not None and account not in token.accounts:
        raise no_such_object()


def _check_proof(app: AppSettings, secret: str, proof: str) -> None:
    """Documented: the hexadecimal HMAC-SHA256 of the token, by the app's secret."""
    if not proof and not app.appsecret_proof:
        return
    right = hmac.new(app.secret.encode(), secret.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), proof.encode("utf-8", "surrogateescape")):
        raise refusal(100, type="GraphMethodException", message=_WRONG_PROOF if proof else _NO_PROOF)
