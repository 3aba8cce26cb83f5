"""The advice of a verdict, for this case: what is known is filled in, what was read is left out.

Rules and kinds advise in general: ``dig NAME``, ``ip route get ADDRESS``. A diagnosis knows the
name and the address, and has done many of these steps itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ringback.diagnosis.facts import (
    ChainFacts,
    ClockFacts,
    DescriptorsFacts,
    GetaddrinfoFacts,
    HandshakeFacts,
    NameserverFacts,
    NeighbourFacts,
    OldVersionsFacts,
    OtherNameFacts,
    PlainFacts,
    ProxyConnectFacts,
    ProxyDirectFacts,
    RedirectFacts,
    RequestFacts,
    RouteFacts,
    RouteToFacts,
    TcpAgainFacts,
    TcpConnectFacts,
    TlsSmallSegmentsFacts,
    UrlFacts,
)
from ringback.diagnosis.verdict.evidence import family
from ringback.failure.advice import filled, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ringback.diagnosis.model import Reading
    from ringback.diagnosis.verdict.evidence import Evidence


def _read(*sorts: type[Mapping[str, Any]]) -> Callable[[Evidence], bool]:
    return lambda evidence: all(evidence.all(sort) for sort in sorts)


def _other_port_tried(evidence: Evidence) -> bool:
    tried = evidence.all(NeighbourFacts)
    return any(reading.facts["role"] in {"partner", "common"} for reading in tried)


ANSWERED: Final[dict[str, Callable[[Evidence], bool]]] = {
    "Compare `getent hosts NAME` with `dig NAME`": _read(GetaddrinfoFacts, NameserverFacts),
    "Compare `getent ahosts NAME` with `dig": _read(GetaddrinfoFacts, NameserverFacts),
    "Ask the resolver directly: `dig": _read(NameserverFacts),
    "Count the open descriptors": _read(DescriptorsFacts),
    "Check `ip route get ADDRESS`.": _read(RouteToFacts),
    "Time it: about 3 s": _read(TcpConnectFacts),
    "Try another port of the host": _other_port_tried,
    "Repeat it three times over 10 seconds": _read(TcpAgainFacts),
    "Find the phase": _read(UrlFacts),  # what was read says where it ends
    "Read the dates: `openssl s_client": _read(ChainFacts),
    "Read the certificate: `openssl s_client": _read(ChainFacts),
    "Read who signed it": _read(ChainFacts),
    "See what is served": _read(ChainFacts),
    "For the chain: `openssl s_client": _read(ChainFacts),
    "Compare this machine's clock with another": _read(ClockFacts),
    "Compare the clock with the response's `Date`": _read(RequestFacts),
    "See what the server offers": _read(OldVersionsFacts),
    "See how far the handshake comes": _read(HandshakeFacts),
    "Watch the handshake": _read(HandshakeFacts),
    "Repeat it with another name (`-servername": _read(OtherNameFacts),
    "Ask the port in plain HTTP: ": _read(PlainFacts),
    "Test for an MTU fault": _read(TlsSmallSegmentsFacts),
    "Try the target without the proxy": _read(ProxyDirectFacts),
    "Look at the port: `nc": _read(RequestFacts),
    "Follow the hops": _read(RedirectFacts),
    "Read where it leads": _read(RedirectFacts),
}
"""How a step begins, to whether the readings have its answer already."""


def advice_for(
    steps: Sequence[str], evidence: Evidence, known: Mapping[str, object]
) -> tuple[str, ...]:
    """Return the steps that are left to do, with what is known in the place of placeholders."""
    left = [step for step in steps if not _is_answered(step, evidence)]
    return tuple(filled(step, known) for step in left or steps)


def _is_answered(step: str, evidence: Evidence) -> bool:
    return any(step.startswith(begin) and read(evidence) for begin, read in ANSWERED.items())


def placeholders(evidence: Evidence, deciding: Sequence[Reading]) -> dict[str, object]:
    """Return the placeholders of which it is known what stands in their place, and that."""
    parsed = evidence.first(UrlFacts)
    tried = [reading.facts["address"] for reading in deciding]
    asked = [reading.facts["server"] for reading in (*deciding, *evidence.all(NameserverFacts))]
    gateways = [reading.facts["gateway"] for reading in evidence.all(RouteFacts)]
    resolver = next(filter(family, asked), None)  # one at another port is asked in another way
    return place_of(evidence.host, evidence.asked["port"]) | {
        "URL": parsed and parsed.subject,
        "ADDRESS": next(filter(family, (*tried, *evidence.addresses)), None),
        "@ADDRESS": resolver and f"@{resolver}",
        "GATEWAY": next(filter(None, gateways), None),
        "PROXY:PORT": str(evidence.facts(ProxyConnectFacts)["proxy"] or "").partition("://")[2],
    }
