"""The values of a diagnosis: what was asked, what was read, and what it comes to."""

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from ringback.failure.kind import Layer
from ringback.failure.names import KindName
from ringback.values import dataclass, field

Stage = Literal[
    "url", "host", "name", "proxy", "tcp", "neighbours", "path", "tls", "http", "service"
]
"""The stages of a call, in order.

``url``: what was asked. ``host``: this machine: interfaces, routes, resolver configuration, proxy
variables, hosts file, clock. ``name``: its addresses. ``neighbours``: other ports and hosts, where
they decide something. ``path``: the routers between. ``service``: the first words of a protocol
other than HTTP.
"""

STAGES: tuple[Stage, ...] = get_args(Stage)

State = Literal["ok", "failed", "noted", "skipped"]
"""How a reading came out: ``noted`` is a fact that is neither good nor bad by itself; ``skipped``
could not be read here (no permission, another platform, no time left)."""

Where = Literal[
    "",
    "this program",
    "this host",
    "this network",
    "DNS",
    "proxy",
    "path",
    "their host",
    "their service",
    "their certificate",
    "their application",
]
"""Where the fault lies; ``""`` where there is none, or where it is not known."""

HEALTHY: Final = "healthy"
"""The kind of a verdict when everything that was asked worked."""

VerdictKind = KindName | Literal["healthy"]
"""What a verdict may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be diagnosed, without credentials and query.

    Attributes:
        text: As it was written, without user information, query and fragment.
        scheme: Lower case: ``https``, ``tcp``, ``postgres`` …
        host: Name or address, as it was written; IPv6 without brackets.
        port: The port, given or the scheme's; 0 where there is none (``dns://name``).
        path: Of an HTTP URL, at least ``/``; what is sent carries the query, which is kept apart.
        query: Sent to the service, never shown or written.
        user: Name to log in with; told to a database, never shown or written.
        logs_in: Whether there are credentials, a name or a password.
        protocol: What is spoken behind TCP (and TLS): ``http``, ``none`` (connecting is all),
            ``dns`` (only the name is asked for) or a service of ``ringback.diagnosis.protocols``.
        tls: Whether TLS is begun at once.
        problems: What is wrong with the text, fatal or not, for people.
        kind: Failure kind where nothing can be tried with it; ``None``: it can be tried.
    """

    text: str
    scheme: str = ""
    host: str = ""
    port: int = 0
    path: str = "/"
    query: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    logs_in: bool = False
    protocol: str = "http"
    tls: bool = False
    problems: tuple[str, ...] = ()
    kind: KindName | None = None


class Facts(dict[str, Any]):
    """Facts of which those that are not there are not known: ``None``."""

    def __missing__(self, key: str) -> None:
        return None


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Facts({key: _known(held) for key, held in value.items()})
    return [_known(held) for held in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One thing that was tried, and what came of it.

    Attributes:
        layer: The stage it belongs to.
        what: What was tried, a stable word: ``connect``, ``getaddrinfo``, ``handshake`` …
        subject: With whom: an address and port, a nameserver, a name.
        state: How it came out.
        result: The same in one line, for people, without credentials.
        kind: Kind of failure that this reading alone shows; ``None``: none.
        at: When it began, in seconds after the diagnosis.
        seconds: How long it took.
        facts: What was found, as JSON has it; the keys are those of docs/reference/readings.md.
    """

    layer: Stage
    what: str
    subject: str = ""
    state: State = "noted"
    result: str = ""
    kind: KindName | None = None
    at: float = 0.0
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=Facts)

    def __post_init__(self) -> None:
        if not isinstance(self.facts, Facts):
            object.__setattr__(self, "facts", _known(self.facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What else it could be, where the readings cannot decide.

    Attributes:
        kind: As in ``Verdict``.
        cause: As in ``Verdict``.
        where: As in ``Verdict``.
        summary: One sentence.
        check: How to tell the two apart.
    """

    kind: VerdictKind
    cause: str
    where: Where
    summary: str
    check: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the readings come to.

    Attributes:
        kind: Kind of failure (``ringback.failure.KINDS``), ``healthy`` or ``unknown``.
        cause: The finer cause, the name of the rule that decided: ``firewall_drops`` …
        layer: The broken layer; ``none`` where there is none.
        where: Where the fault lies.
        confidence: 0 to 1.
        summary: One sentence.
        advice: What to do, in order.
        evidence: Indices of the readings that decided.
        alternatives: What else it could be.
        beside: Lesser faults, a sentence each, that do not explain the failure.
    """

    kind: VerdictKind
    cause: str
    layer: Layer
    where: Where
    confidence: float
    summary: str
    advice: tuple[str, ...] = ()
    evidence: tuple[int, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether everything that was asked worked."""
        return self.kind == HEALTHY


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A target, what was read, and the verdict.

    Attributes:
        target: What was asked, without credentials, query and fragment.
        verdict: What it comes to.
        readings: In the order of the stages, within one in the order they came.
        elapsed: Seconds the whole took.
        at: When it began, in seconds since 1970 UTC.
        complete: Whether nothing was cut off by the time limit or by Ctrl-C.
    """

    target: str
    verdict: Verdict
    readings: tuple[Reading, ...] = ()
    elapsed: float = 0.0
    at: float = 0.0
    complete: bool = True
