"""How waweb is asked, for its health and for a token, and what its responses say. Connects to nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wahealth.core.answer import Malformed, Outcome
from wahealth.core.egress.origin import HEALTH, authority
from wahealth.core.egress.proxy import Proxy
from wahealth.core.signin.flow import LoginOutcome
from wahealth.probe.challenge import foreign_scheme
from wahealth.probe.credential import Credential
from wahealth.probe.login import LOGIN, login_outcome_of
from wahealth.probe.message import Request, Response, Route, json_headers
from wahealth.probe.payload import outcome_of
from wahealth.probe.semantics import is_read, is_redirect, seconds_of, waiting
from wahealth.probe.trust import Trust


@dataclass(frozen=True, slots=True)
class HealthEndpoint:
    """Where waweb answers. `host`: the name or the address to ask; `addresses` of it, where they are known, else it is
    looked up. `through`: a proxy, which looks the host up itself.

    `trust` None: plain HTTP. `server_name`: what the certificate must carry, and what SNI says; Host too, unless
    `host_header` says another.
    """

    host: str
    addresses: tuple[str, ...]
    port: int = 443
    trust: Trust | None = None
    server_name: str = ""
    path: str = HEALTH
    host_header: str = ""
    through: Proxy | None = None

    @classmethod
    def at(cls, address: str, port: int, trust: Trust | None) -> HealthEndpoint:
        return cls(address, (address,), port, trust)

    @property
    def host_sent(self) -> str:
        scheme = "http" if self.trust is None else "https"
        return self.host_header or authority(scheme, self.server_name or self.host, self.port)

    @property
    def name_verified(self) -> str:
        """A name may be written with a dot at its end; a certificate carries none."""
        return self.server_name or self.host.removesuffix(".")


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """Who is asked, by whom. `credential` None: nobody is signed in. `timeout`: seconds for the whole exchange.
    `period`: seconds after which the same place is asked again; 0: at once. `shows_certificate`: the presented
    certificate is not known yet, and is wanted although the connection may have been made for another question."""

    endpoint: HealthEndpoint
    credential: Credential | None
    timeout: float
    period: float = 0.0
    shows_certificate: bool = False


def health_request(probe_request: ProbeRequest) -> Request:
    """A question for the health of the client, at the endpoint's own path."""
    return _request("GET", probe_request.endpoint.path, probe_request)


def login_request(probe_request: ProbeRequest) -> Request:
    """A question for a token. Where waweb's health is below a path of a proxy, its login is there, too."""
    before, health, _ = probe_request.endpoint.path.rpartition(HEALTH)
    request = _request("POST", (before if health else "") + LOGIN, probe_request)
    return replace(request, headers=(*request.headers, ("Content-Length", "0")))


def _request(method: str, target: str, probe_request: ProbeRequest) -> Request:
    place = probe_request.endpoint
    return Request(
        method,
        target,
        json_headers(place.host_sent, probe_request.credential),
        Route(place.host, place.port, place.trust, place.name_verified, place.through),
        place.addresses,
        probe_request.timeout,
        probe_request.period,
        probe_request.shows_certificate,
    )


async def read_health(credential: Credential | None, response: Response) -> Outcome:
    """What a response to `health_request` says; `credential`: what it was signed in with. Raises `ProbeError`."""
    return waiting(await _outcome(credential, response), response.headers.first("retry-after"))


async def _outcome(credential: Credential | None, response: Response) -> Outcome:
    if not is_read(response.status):
        return outcome_of(response.status, b"", _location(credential, response), _wants(credential, response))
    body = await response.body()
    return body if isinstance(body, Malformed) else outcome_of(response.status, _without(credential, body))


async def read_login(credential: Credential | None, response: Response) -> LoginOutcome[Credential]:
    """What a response to `login_request` says; `credential`: the login. Raises `ProbeError`."""
    status, seconds = response.status, seconds_of(response.headers.first("retry-after"))
    if status == 429 or is_redirect(status):
        return login_outcome_of(status, b"", seconds, _location(credential, response))
    body = await response.body()
    if isinstance(body, Malformed):
        if status in {200, 201}:
            return body
        body = b""
    return login_outcome_of(status, body, seconds, wants=_wants(credential, response))


def _without(credential: Credential | None, said: bytes) -> bytes:
    return said if credential is None else credential.out_of(said)


def _location(credential: Credential | None, response: Response) -> str:
    return _without(credential, response.headers.first("location").encode()).decode()


def _wants(credential: Credential | None, response: Response) -> str:
    challenges = response.headers.all("www-authenticate")
    return foreign_scheme(challenges, credential.scheme if credential else "")
