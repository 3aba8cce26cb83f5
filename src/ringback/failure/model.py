"""The one value that says what went wrong."""

from typing import Literal

from ringback.failure.kind import Delivered, Layer, Retry
from ringback.failure.kinds import KINDS
from ringback.failure.names import KindName
from ringback.values import dataclass

Phase = Literal[
    "config", "pool", "dns", "connect", "proxy", "tls", "send", "wait", "body", "unknown"
]
"""How far the call had come: ``wait`` is for the first response byte."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom the call was for; what is not known is ``None``.

    Attributes:
        url: Without user information, query and fragment.
        scheme: Lower case.
        host: Name or address as the program wrote it.
        port: TCP port.
        address: The IP address (or Unix socket path) used last.
        proxy: ``host:port`` of the proxy the call went through.
    """

    url: str | None = None
    scheme: str | None = None
    host: str | None = None
    port: int | None = None
    address: str | None = None
    proxy: str | None = None


NO_TARGET = Target()


@dataclass(frozen=True, slots=True)
class AddressFailure:
    """How the attempt on one of several addresses ended."""

    address: str
    kind: KindName


class OfKind:
    """Whatever has a kind and a target, and with it what is known of the kind."""

    __slots__ = ()
    kind: KindName
    target: Target

    @property
    def layer(self) -> Layer:
        """The broken layer, from ``config`` to ``application``."""
        return KINDS[self.kind].layer

    @property
    def retry(self) -> Retry:
        """When another attempt can help."""
        return KINDS[self.kind].retry

    @property
    def meaning(self) -> str:
        """One sentence on what the kind means."""
        return KINDS[self.kind].meaning

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, in order; in its commands stands what is known of the target."""
        from ringback.failure.advice import filled, known_of  # noqa: PLC0415 - no failure yet

        known = known_of(self.target)
        return tuple(filled(step, known) for step in KINDS[self.kind].do)


@dataclass(frozen=True, slots=True)
class Failure(OfKind):
    """What went wrong with one attempt.

    Attributes:
        kind: Stable dotted name, see ``ringback.failure.KINDS``.
        phase: How far the call had come.
        delivered: May the peer have processed the request?
        message: One line for people, without credentials.
        target: Whom the call was for.
        addresses: One entry per address tried, so that the last does not mask the first.
        via: The inner kind where a proxy or a wrapper stands in front (``tcp.refused`` inside
            ``proxy.unreachable``).
        evidence: What decided, most telling first.
        confidence: 0 to 1; 1 is a number or class that means only this.
        errno: The operating system's number as Python reports it.
        code: EAI name, TLS reason or alert, HTTP status, driver code.
        cause: The exception, or ``None`` where only a text was there.
    """

    kind: KindName
    phase: Phase = "unknown"
    delivered: Delivered = "maybe"
    message: str = ""
    target: Target = NO_TARGET
    addresses: tuple[AddressFailure, ...] = ()
    via: KindName | None = None
    evidence: tuple[str, ...] = ()
    confidence: float = 1.0
    errno: int | None = None
    code: str | None = None
    cause: BaseException | None = None

    @property
    def retry(self) -> Retry:
        """When another attempt can help; the phase is taken into account."""
        known = KINDS[self.kind].retry
        if self.delivered == "no" and known == "idempotent":
            return "now" if self.kind.startswith("tcp.") else "backoff"
        return known
