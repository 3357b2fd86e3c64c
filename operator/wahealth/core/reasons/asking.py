"""Reasons about probing the health node: Reachable.

{who} are the pods without a usable answer; {does}, {was} and {answers} are the verbs that go with them; {detail} is
what is known besides the reason; {comma} precedes it if there is any.
"""

from __future__ import annotations

from wahealth.core.answer import (
    BROKE_OFF,
    NO_ANSWER,
    NOBODY_BEHIND,
    FailureReason,
    Unreachable,
    is_about_ours,
)
from wahealth.core.certificate import Objection
from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import AtDesk, Row

ANSWERED = Row(Reason.HEALTH_NODE_ANSWERED, "{answering}")
NOT_PROBED_YET = Row(Reason.NOT_PROBED_YET, "The client has not been probed yet")
THROTTLED = Row(
    Reason.HEALTH_NODE_ANSWERED,
    "{answering}",
    "raise spec.probe.periodSeconds, or find out who else probes it",
    Reason.THROTTLED,
    "The client asks to be probed less often (HTTP 429)",
    AtDesk("{answering}", "probe it less often, or find out who else does"),
)
RECOVERED = Row(Reason.HEALTH_NODE_RECOVERED, "The health node answers again", "nothing to do")


def _silent(reason: Reason, note: str, step: str, desk: str = "") -> Row:
    means = f"{{who}} {{does}} not answer ({reason}{{comma}}{{detail}})"
    at_desk = AtDesk(means, desk) if desk else None
    return Row(reason, means, step, Reason.HEALTH_NODE_UNREACHABLE, f"{note} ({reason})", at_desk)


def _answers(reason: Reason, what: str, step: str, desk: str) -> Row:
    """The row for an answer that is not a health report; `what` it is instead."""
    means = f"{{who}} {{answers}} with {what}{{comma}}{{detail}}"
    note = f"The health node answers with {what} ({reason})"
    return Row(reason, means, step, Reason.HEALTH_NODE_UNREACHABLE, note, AtDesk(means, desk))


def _says(means: str, step: str, desk: str = "") -> Row:
    """The row for an answer that reports an error; `means`: what the error is, empty if nothing is known about it."""
    said = f"{{who}} {{answers}} {{detail}}{means and ', because '}{means}"
    note = f"The health node answers with an error{means and ' because '}{means}"
    at_desk = AtDesk(said, desk) if desk else None
    return Row(Reason.HTTP_STATUS, said, step, Reason.HEALTH_NODE_UNREACHABLE, note, at_desk)


NO_READY_ENDPOINTS = Row(Reason.NO_READY_ENDPOINTS, "No web pod is running", "look at the pods of the target")
DNS_LOOKUP_FAILED = Row(
    Reason.DNS_LOOKUP_FAILED,
    "The target's name cannot be resolved{comma}{detail}",
    "correct the host in spec.target.url, or look at the cluster's DNS",
    Reason.HEALTH_NODE_UNREACHABLE,
    "The target's name cannot be resolved (DNSLookupFailed)",
    AtDesk(
        "The target's name cannot be resolved{comma}{detail}",
        "correct the host of the URL, or look at this machine's DNS",
    ),
)
CONNECTION_REFUSED = _silent(
    Reason.CONNECTION_REFUSED,
    "No web pod accepts connections",
    "check whether waweb is running and listens on the target's port",
    "check whether waweb is running and listens on that port",
)
CONNECT_TIMEOUT = _silent(
    Reason.CONNECT_TIMEOUT,
    "No connection to a web pod could be made in time",
    "look at NetworkPolicies and at the pods' nodes",
)
READ_TIMEOUT = _silent(
    Reason.READ_TIMEOUT,
    "No web pod answers in time",
    "look at the coreapps and masters, which waweb asks one after the other, or raise spec.probe.timeoutSeconds",
    "look at the coreapps and masters, which waweb asks one after the other, or raise --timeout",
)
TLS_VERIFICATION_FAILED = Row(Reason.TLS_VERIFICATION_FAILED, "{who} {was} not asked because {detail}", "{way_out}")
TLS_HANDSHAKE_FAILED = _silent(
    Reason.TLS_HANDSHAKE_FAILED,
    "No TLS connection to a web pod could be made",
    "look at what serves the target's port, and at spec.target.scheme",
    "look at what serves that port",
)
CLIENT_CERTIFICATE_WANTED = _silent(
    Reason.TLS_HANDSHAKE_FAILED,
    "The server on waweb's port requires a client certificate that it accepts",
    "name the Secret of one that it accepts in spec.tls.clientCertificateRef",
    "give one that it accepts with --client-certificate and --client-key",
)
CLIENT_CERTIFICATE_LAPSED = _silent(
    Reason.TLS_HANDSHAKE_FAILED,
    "The server on waweb's port rejects a client certificate that is not valid now",
    "put a valid one into the Secret of spec.tls.clientCertificateRef",
    "give a valid one with --client-certificate and --client-key",
)
NOBODY_BEHIND_IT = _silent(
    Reason.TLS_HANDSHAKE_FAILED,
    "Whatever accepts connections for waweb closes them before TLS begins",
    "check whether waweb runs behind it; if it does, the proxy expects another name (spec.tls.serverName) or a "
    "protocol before TLS (PROXY)",
    "check whether waweb runs behind it; if it does, the proxy expects another name, or a protocol before TLS (PROXY)",
)
NO_WHOLE_ANSWER = _silent(
    Reason.INVALID_RESPONSE,
    "The connection to each web pod ends before an answer is complete",
    "look at what serves the target's port: whether it speaks HTTP/1.1, and what waweb's log says",
    "look at what serves that port: whether it speaks HTTP/1.1, and what waweb's log says",
)
FORBIDDEN_BY_PROXY = _silent(
    Reason.CONNECTION_REFUSED,
    "The operator's proxy does not allow the target's host",
    "allow the host and the port of spec.target.url in the rules of this proxy",
    "allow the host and the port of the URL in the rules of this proxy",
)
NO_WAY_BEHIND_PROXY = _silent(
    Reason.CONNECTION_REFUSED,
    "The operator's proxy gets no connection to the target",
    "check whether waweb is running and listens on the target's port, and whether the proxy can resolve its name and "
    "may connect there",
    "check whether waweb is running and listens on that port, and whether the proxy can resolve its name and "
    "may connect there",
)
NO_WAY_IN_TIME = _silent(
    Reason.CONNECT_TIMEOUT,
    "The operator's proxy gets no connection to the target in time",
    "check whether the proxy can reach it and works for others, and look at the firewalls between it and waweb",
    "check whether the proxy can reach it and works for others, and look at the firewalls between it and waweb",
)
REDIRECTED = _answers(
    Reason.REDIRECTED,
    "a redirect, which is never followed",
    "point spec.target at waweb itself",
    "give the URL at which waweb itself answers",
)
BODY_TOO_LARGE = _answers(
    Reason.BODY_TOO_LARGE,
    "more data than any client sends",
    "look at what serves the target's port",
    "look at what serves that port",
)
INVALID_RESPONSE = Row(
    Reason.INVALID_RESPONSE,
    "{who} {answers} with something other than a health report ({detail})",
    "look at what serves the target's port",
    Reason.INVALID_HEALTH_RESPONSE,
    "The health node answers with something other than a health report",
    AtDesk("{who} {answers} with something other than a health report ({detail})", "look at what serves that port"),
)

# Seen (domain): the vendor's error codes that come with HTTP 500 and 503, and where to look for the cause.
_OF_CODE = {
    1000: _says("of an unspecified fault", "look at waweb's log"),
    1006: _says(
        "it does not know this path",
        "correct spec.target.path and the port of the target",
        "correct --path and the port",
    ),
    1011: _says("it is not ready yet", "wait a few minutes, then look at its coreapp and its database"),
    1014: _says("its coreapp or its database cannot be reached", "look at these"),
    1016: _says("it is overloaded", "look at its load and at its database"),
    1017: _says("a master is taking over", "wait for the failover, then look at the masters"),
    1018: _says("a coreapp is taking over", "wait for the failover, then look at the coreapps"),
    1023: _says("its database fails", "look at the database"),
}
_BEFORE_WAWEB = _says("something in front of it gets no answer from waweb", "look at the web pods behind it")
_OF_STATUS = {404: _OF_CODE[1006], 502: _BEFORE_WAWEB, 503: _BEFORE_WAWEB, 504: _BEFORE_WAWEB}
_SERVER_ERROR = _says("", "look at waweb's log")
_NO_HEALTH = Row(
    Reason.HTTP_STATUS,
    "{who} {answers} {detail}, but a health report comes with HTTP 200 only",
    "look at what is in front of waweb, such as a proxy or a cache",
    Reason.HEALTH_NODE_UNREACHABLE,
    "The health node answers with an HTTP status that carries no health report",
)
_OTHER = _says("", "look at what is in front of waweb, such as a proxy with rules or limits of its own")


_OF_REASON = {
    FailureReason.DNS_LOOKUP_FAILED: DNS_LOOKUP_FAILED,
    FailureReason.CONNECTION_REFUSED: CONNECTION_REFUSED,
    FailureReason.CONNECT_TIMEOUT: CONNECT_TIMEOUT,
    FailureReason.READ_TIMEOUT: READ_TIMEOUT,
    FailureReason.TLS_VERIFICATION_FAILED: TLS_VERIFICATION_FAILED,
    FailureReason.TLS_HANDSHAKE_FAILED: TLS_HANDSHAKE_FAILED,
    FailureReason.REDIRECTED: REDIRECTED,
    FailureReason.BODY_TOO_LARGE: BODY_TOO_LARGE,
    FailureReason.INVALID_RESPONSE: INVALID_RESPONSE,
    FailureReason.NO_READY_ENDPOINTS: NO_READY_ENDPOINTS,
}


_OF_PROXY = {FailureReason.CONNECTION_REFUSED: NO_WAY_BEHIND_PROXY, FailureReason.CONNECT_TIMEOUT: NO_WAY_IN_TIME}
_OF_ENDING = {NOBODY_BEHIND: NOBODY_BEHIND_IT, NO_ANSWER: NO_WHOLE_ANSWER, BROKE_OFF: NO_WHOLE_ANSWER}


def row_of(why: Unreachable) -> Row:
    """The row for a failed probe."""
    if why.by_proxy:
        return FORBIDDEN_BY_PROXY if why.status == 403 else _OF_PROXY[why.reason]
    if why.reason is FailureReason.HTTP_STATUS:
        return of_http(why.status, why.code)
    if is_about_ours(why):
        return CLIENT_CERTIFICATE_LAPSED if why.objection is Objection.LAPSED else CLIENT_CERTIFICATE_WANTED
    return _OF_ENDING.get(why.detail) or _OF_REASON[why.reason]


def row_named(reason: str) -> Row:
    """The row for the reason in a status, which says no more than that, and which another version may have written."""
    return next((row for known, row in _OF_REASON.items() if known == reason), _SERVER_ERROR)


def of_http(status: int, code: int) -> Row:
    """The row for an answer with this HTTP status and the vendor's error code (0: none)."""
    if 200 <= status < 400:
        return _NO_HEALTH
    return _OF_CODE.get(code) or _OF_STATUS.get(status) or (_SERVER_ERROR if status >= 500 else _OTHER)


HTTP_ROWS = (*_OF_CODE.values(), _BEFORE_WAWEB, _SERVER_ERROR, _OTHER, _NO_HEALTH)
