"""The stage of the neighbours: other ports and hosts.

They are asked only where the target does not answer and they decide something.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from ringback.client.dial import resolve
from ringback.diagnosis.context import together
from ringback.diagnosis.fact_values import address_of
from ringback.diagnosis.facts import NameserverFacts, NeighbourFacts
from ringback.diagnosis.host_facts import ResolverConfigFacts, RouteFacts, RouteToFacts
from ringback.diagnosis.layer.connect import NOT_ATTEMPTED, attempt_connect, describe_attempt
from ringback.diagnosis.layer.proxy_tunnel import authority
from ringback.diagnosis.layer.spoken import speech
from ringback.diagnosis.protocols import partners_of, protocol_of
from ringback.diagnosis.sorts import readings_of
from ringback.failure.target import split_port
from ringback.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ringback.diagnosis.context import DiagnosisContext
    from ringback.diagnosis.layer.connect import ConnectResult
    from ringback.diagnosis.model import Asked


__all__ = ["ask_other_answers", "neighbour_tasks"]


Role = Literal["partner", "common", "gateway", "control", "resolver", "other_answer"]

COMMON = (22, 80, 443, 8080, 8443)
"""Ports that many hosts have open; tried only where the options allow it."""

_PARTNERS = 2
_RESOLVER_PORT = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One who is asked beside the target."""

    address: str  # IP address
    port: int  # TCP port
    # Why: another port of the target (`partner`, `common`), the first router (`gateway`), a
    # nameserver (`resolver`), a target known to be well, or an address that another nameserver gave
    # for the name (`other_answer`)
    role: Role


def chosen_neighbours(
    context: DiagnosisContext, made: Mapping[str, ConnectResult | None]
) -> list[Neighbour]:
    """Return whom to ask, the most telling first."""
    speaking = _one_of_each_family(a for a, attempt in made.items() if _port_decides(attempt))
    silent = _one_of_each_family(a for a, attempt in made.items() if _way_decides(attempt))
    found = dict.fromkeys((*_partners(context, speaking), *_on_the_way(context, silent)))
    if context.options.neighbours and speaking:
        found |= dict.fromkeys(_common(context, speaking[0]))
    return list(found)


def gateway_of(context: DiagnosisContext, address: str) -> str | None:
    """Return the first router on the way to an address, as the readings of the host have it."""
    family = 6 if ":" in address else 4
    readings = context.readings()
    for to in readings_of(readings, RouteToFacts):
        if to.subject == address:
            if to.facts["on_link"]:
                return None
            if gateway := to.facts["gateway"]:
                return gateway
    routes = readings_of(readings, RouteFacts)
    return next((out.facts["gateway"] for out in routes if out.facts["family"] == family), None)


def _port_decides(attempt: ConnectResult | None) -> bool:
    """Whether another port of the same address may answer otherwise."""
    if attempt is None or attempt.outcome in {"refused", "reset", "timeout"}:
        return True
    return attempt.icmp is not None and not attempt.icmp.own


def _way_decides(attempt: ConnectResult | None) -> bool:
    """Whether nobody but this host has said anything."""
    return (
        attempt is None
        or attempt.outcome == "timeout"
        or (attempt.icmp is not None and attempt.icmp.own)
    )


def _one_of_each_family(addresses: Iterator[str]) -> list[str]:
    firsts: dict[bool, str] = {}
    for address in addresses:
        firsts.setdefault(":" in address, address)
    return list(firsts.values())


def _partners(context: DiagnosisContext, addresses: list[str]) -> Iterator[Neighbour]:
    ports = partners_of(context.asked.scheme, context.asked.port)[:_PARTNERS]
    for index, address in enumerate(addresses):
        for port in ports if index == 0 else ports[:1]:
            yield Neighbour(address=address, port=port, role="partner")


def _common(context: DiagnosisContext, address: str) -> Iterator[Neighbour]:
    protocol = protocol_of(context.asked.scheme)
    usual = (protocol.port, *protocol.partners) if protocol else ()
    known = {
        0,
        context.asked.port,
        *partners_of(context.asked.scheme, context.asked.port)[:_PARTNERS],
    }
    for port in dict.fromkeys((*usual, *COMMON)):
        if port not in known:
            yield Neighbour(address=address, port=port, role="common")


def _on_the_way(context: DiagnosisContext, silent: list[str]) -> Iterator[Neighbour]:
    other = 443 if context.asked.port == 80 else 80
    for address in silent:
        if gateway := gateway_of(context, address):
            yield Neighbour(address=gateway, port=other, role="gateway")
    if silent and (resolver := _resolver(context)):
        yield Neighbour(address=resolver, port=_RESOLVER_PORT, role="resolver")


def _resolver(context: DiagnosisContext) -> str | None:
    """A nameserver of another host, unless one has answered already."""
    readings = context.readings()
    if any(answer.facts["rcode"] for answer in readings_of(readings, NameserverFacts)):
        return None
    for config in readings_of(readings, ResolverConfigFacts):
        servers = config.facts["nameservers"] or ()
        return next((server for server in servers if _is_elsewhere(server)), None)
    return None


def _is_elsewhere(address: str) -> bool:
    found = address_of(address)
    return found is not None and not found.is_loopback


_LOOKUP_TIMEOUT = 1.0
_PORT = 443
_SPOKEN_TO = frozenset({"partner", "common"})


def ask_neighbour(context: DiagnosisContext, neighbour: Neighbour, wait: float) -> None:
    """Connect to a neighbour, whose connection is counted, and record what came of it."""
    began = context.now()
    made = attempt_connect(neighbour.address, neighbour.port, context.left(wait))
    spoken = None
    if made.sock is not None and neighbour.role in _SPOKEN_TO:
        spoken = speech(made.sock, neighbour.port, context.asked)
    made.close()
    says = f", speaks {spoken}" if spoken else ""
    context.record(
        NeighbourFacts,
        authority(neighbour.address, neighbour.port),
        result=f"{neighbour.role}: {describe_attempt(made)}{says}",
        since=began,
        facts=NeighbourFacts(
            **made.facts(),
            role=neighbour.role,
            speaks=spoken,
            as_asked=_as_asked(context.asked, spoken),
            waited=round(made.seconds, 6),
        ),
    )


def ask_control(context: DiagnosisContext, text: str, wait: float) -> None:
    """Connect to a target that is known to be well."""
    began = context.now()
    host, port = split_port(text)
    number = port or _PORT
    try:
        address = str(resolve(host, number, timeout=context.left(_LOOKUP_TIMEOUT))[0][4][0])
    except (OSError, UnicodeError) as error:
        context.record(
            NeighbourFacts,
            text[:200],
            result=f"control: its name is not resolved: {error}"[:200],
            since=began,
            facts=NeighbourFacts(
                {
                    **NOT_ATTEMPTED,
                    "port": number,
                    "role": "control",
                    "speaks": None,
                    "as_asked": None,
                    "waited": 0.0,
                }
            ),
        )
        return
    if context.may_connect(address, number):
        ask_neighbour(context, Neighbour(address=address, port=number, role="control"), wait)


def _as_asked(asked: Asked, spoken: str | None) -> bool | None:
    """Whether a port speaks what was asked for; ``None``: nothing is known to be spoken."""
    if asked.protocol == "none" and not asked.tls:
        return None
    return spoken == ("tls" if asked.tls else asked.protocol)


MAX_OTHER_ANSWERS = 2
"""Addresses that are tried at most."""

OTHER_ANSWER_TIMEOUT = 1.2
"""Seconds for an answer: one repeated SYN."""


def ask_other_answers(context: DiagnosisContext, addresses: Sequence[str]) -> None:
    """Connect to what other nameservers say the name is."""
    port, may_reach = context.asked.port, context.options.may_reach or bool
    others = [a for a in _answers(context) if a not in addresses and may_reach(a)]
    asked = [
        Neighbour(address=address, port=port, role="other_answer")
        for address in others[:MAX_OTHER_ANSWERS]
        if context.may_connect(address, port)
    ]
    together(
        context,
        [partial(ask_neighbour, context, neighbour, OTHER_ANSWER_TIMEOUT) for neighbour in asked],
    )


def _answers(context: DiagnosisContext) -> list[str]:
    found: dict[str, None] = {}
    for reading in readings_of(context.readings(), NameserverFacts):
        found |= dict.fromkeys(reading.facts["answers"] or ())
    return list(found)


MAX_CONTROLS = 2
"""Targets known to be well that are asked at most."""

SILENT_TARGET_TIMEOUT = 3.4
"""Seconds for an answer beside a target that is silent."""

_MIN_TIMEOUT = 0.3
_MAX_SHORT_TIMEOUT = 1.0


def neighbour_tasks(
    context: DiagnosisContext, made: Mapping[str, ConnectResult | None]
) -> list[Callable[[], None]]:
    """Return the questions that decide something, their connections counted."""
    wait = _answer_timeout(made)
    neighbours = [
        neighbour
        for neighbour in chosen_neighbours(context, made)
        if context.may_connect(neighbour.address, neighbour.port)
    ]
    return [
        *(partial(ask_neighbour, context, neighbour, wait) for neighbour in neighbours),
        *(
            partial(ask_control, context, text, wait)
            for text in context.options.controls[:MAX_CONTROLS]
        ),
    ]


def _answer_timeout(made: Mapping[str, ConnectResult | None]) -> float:
    """Seconds to wait: some round trips where the target has answered, else as long as for it."""
    ended = [attempt for attempt in made.values() if attempt is not None]
    if len(ended) < len(made) or any(attempt.withheld for attempt in ended):
        return SILENT_TARGET_TIMEOUT
    slowest = max((attempt.seconds for attempt in ended), default=0.0)
    return min(_MAX_SHORT_TIMEOUT, _MIN_TIMEOUT + 3 * slowest)
