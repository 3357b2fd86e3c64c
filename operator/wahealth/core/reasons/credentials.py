"""Reasons about credentials: CredentialsValid, RestartRequired. No sentence reveals a value or its length."""

from __future__ import annotations

from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import AtDesk, Row

KEY_ACCEPTED = Row(Reason.KEY_ACCEPTED, "The client accepts the {what}")
NOT_TRIED = Row(Reason.NOT_PROBED_YET, "The {what} has not been tried yet")

TOO_SHORT = Row(Reason.KEY_TOO_SHORT, "The {what} is too short: {allowed}{also}")
EMPTY = Row(
    Reason.KEY_TOO_SHORT,
    "The {what} is empty",
    "put it into the Secret",
    desk=AtDesk("The {what} is empty", "put it into its file"),
)
TOO_LONG = Row(Reason.KEY_TOO_LONG, "The {what} is too long: {allowed}{also}")
TOKEN_AS_KEY = Row(
    Reason.KEY_TOO_LONG,
    "The API key is too long: {allowed}. It looks like a token",
    "name it in spec.auth.bearerToken",
    desk=AtDesk("The API key is too long: {allowed}. It looks like a token", "name it with --token-file"),
)
WITH_ITS_SCHEME = Row(
    Reason.KEY_INVALID_CHARACTERS,
    "The {what} begins with the word {word}",
    "put into the Secret only what comes after it",
    desk=AtDesk("The {what} begins with the word {word}", "leave only what comes after it"),
)
STRAY_CHARACTER = Row(Reason.KEY_INVALID_CHARACTERS, "The {what} {stray}: {carrier}")

KEY_REFUSED = Row(
    Reason.KEY_REJECTED,
    "The client rejects the API key",
    "compare the Secret with WA_API_KEY of waweb",
    desk=AtDesk("The client rejects the API key", "compare it with WA_API_KEY of waweb"),
)
TOKEN_REFUSED = Row(
    Reason.KEY_REJECTED,
    "The client rejects the token",
    "put one that it accepts into the Secret",
    desk=AtDesk("The client rejects the token", "give one that it accepts"),
)
TOKEN_EXPIRED = Row(
    Reason.TOKEN_EXPIRED,
    "The token has expired",
    "put a new one into the Secret",
    desk=AtDesk("The token has expired", "give a new one"),
)
LOGIN_REFUSED = Row(
    Reason.LOGIN_FAILED,
    "The client rejects user name and password",
    "compare the Secret with the users of waweb",
    desk=AtDesk("The client rejects user name and password", "compare them with the users of waweb"),
)
ACCESS_FORBIDDEN = Row(
    Reason.ACCESS_FORBIDDEN,
    "The request is forbidden (HTTP 403)",
    "look at what is in front of waweb, such as a proxy, and at what the {what} may be used for",
)
PROXY_SIGN_IN = Row(
    Reason.PROXY_SIGN_IN,
    "Something in front of waweb requires its own sign-in (HTTP 401, which asks for {wants})",
    "let these requests pass without one, or point spec.target at waweb itself",
    note="Something in front of waweb requires its own sign-in (HTTP 401)",
    desk=AtDesk(
        "Something in front of waweb requires its own sign-in (HTTP 401, which asks for {wants})",
        "let these requests pass without one, or probe waweb itself",
    ),
)
LOGIN_DENIED = Row(
    Reason.LOGIN_FAILED,
    "The client rejects user name and password (code 1005)",
    "compare the Secret with the users of waweb, and check whether this build of the client has expired",
    desk=AtDesk(
        "The client rejects user name and password (code 1005)",
        "compare them with the users of waweb, and check whether this build of the client has expired",
    ),
)
LOGIN_INCOMPLETE = Row(
    Reason.LOGIN_FAILED,
    "The client requires more than user name and password for a login (code 1008)",
    "check whether this user's password must be changed first",
)
LOGIN_FORBIDDEN = Row(
    Reason.ACCESS_FORBIDDEN,
    "The login is forbidden (HTTP 403)",
    "look at what is in front of waweb, such as a proxy, and at what this user may do",
)
LOGIN_BEHIND_SIGN_IN = Row(
    Reason.PROXY_SIGN_IN,
    "Something in front of waweb requires its own sign-in before it lets a login through (HTTP 401)",
    "let logins pass without one, or probe waweb itself",
)
PASSWORD_CHANGE_REQUIRED = Row(
    Reason.PASSWORD_CHANGE_REQUIRED,
    "The client requires a new password for this user before it accepts the login",
    "change it through the Webapp, and put the new one into the Secret",
    desk=AtDesk(
        "The client requires a new password for this user before it accepts the login",
        "change it through the Webapp, and give the new one",
    ),
)
LOGINS_LIMITED = Row(
    Reason.LOGIN_LIMITED,
    "waweb rejects all logins for now, after too many failed ones",
    "wait, and find out who sends them",
)
LOGIN_UNANSWERED = Row(Reason.LOGIN_FAILED, "The login returned no token", "look at waweb and at its database")
LOGIN_UNUSABLE = Row(
    Reason.LOGIN_FAILED,
    "The login was answered with something other than a token, such as a page, a redirect or a compressed body",
    "look at what serves the target's port",
    desk=AtDesk(
        "The login was answered with something other than a token, such as a page, a redirect or a compressed body",
        "look at what serves that port",
    ),
)
OWN_TOKEN_REFUSED = Row(
    Reason.LOGIN_FAILED,
    "The client rejects the token that its own login gave",
    "look at its database and its clock",
)

# Reasons of CredentialsValid=False for a well-formed credential; and those of them that no edit of the resource cures.
REFUSALS = frozenset(
    {
        Reason.KEY_REJECTED,
        Reason.LOGIN_FAILED,
        Reason.LOGIN_LIMITED,
        Reason.PASSWORD_CHANGE_REQUIRED,
        Reason.TOKEN_EXPIRED,
        Reason.ACCESS_FORBIDDEN,
        Reason.PROXY_SIGN_IN,
        Reason.TOKEN_REJECTED,
        Reason.PERMISSION_MISSING,
    }
)
FORBIDDING = frozenset({Reason.ACCESS_FORBIDDEN, Reason.PROXY_SIGN_IN, Reason.PERMISSION_MISSING})
MAY_PASS = FORBIDDING | {Reason.LOGIN_LIMITED}


def login_refused(code: int) -> Row:
    """The row for a rejected login, which names the vendor's error code unless it is 0."""
    if not code:
        return LOGIN_REFUSED
    means, desk = f"{LOGIN_REFUSED.means} (code {code})", LOGIN_REFUSED.desk
    return LOGIN_REFUSED._replace(means=means, desk=desk and desk._replace(means=means))


PREVIOUS_KEY_IN_USE = Row(
    Reason.PREVIOUS_KEY_IN_USE,
    "waweb still runs the previous API key on {pods}",
    "restart the web workload",
    event=Reason.WEB_RESTART_REQUIRED,
    note="Web pods still run another API key",
)
SOME_REFUSE = Row(
    Reason.PREVIOUS_KEY_IN_USE,
    "{pods} {refuse} the API key that other web pods accept",
    "restart the web workload",
    event=Reason.WEB_RESTART_REQUIRED,
    note="Web pods still run another API key",
)
RESTART_SKIPPED = Row(Reason.WEB_RESTART_SKIPPED, "{why}")
RESTART_TRIGGERED = Row(
    Reason.WEB_RESTART_TRIGGERED, "The web workload is restarted, to take the API key of the Secret"
)
KEY_ROTATED = Row(Reason.KEY_ROTATED, "The Secret holds another API key now; the web pods take it when they restart")
TOKEN_EXPIRING_THIS_WEEK = Row(
    Reason.TOKEN_EXPIRING_THIS_WEEK,
    "The token expires within 7 days",
    "renew it; status.credentials says when",
    desk=AtDesk("The token expires within 7 days", "renew it"),
)
TOKEN_EXPIRING_SOON = Row(
    Reason.TOKEN_EXPIRING_SOON,
    "The token expires within 24 hours",
    "renew it; status.credentials says when",
    desk=AtDesk("The token expires within 24 hours", "renew it"),
)
