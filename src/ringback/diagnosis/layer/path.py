"""The stage of the path: the routers between, walked to with TTL-limited attempts to connect."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.context import together
from ringback.diagnosis.facts import HopFacts, RefusalFacts, SilenceFacts
from ringback.diagnosis.layer.connect import EXCEEDED, ConnectResult, attempt_connect, meaning
from ringback.diagnosis.layer.neighbours import gateway_of
from ringback.diagnosis.layer.proxy_tunnel import authority
from ringback.diagnosis.protocols import partners_of
from ringback.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringback.diagnosis.context import DiagnosisContext
    from ringback.diagnosis.model import Asked


__all__ = ["measure_refusal", "path_tasks", "walk_path"]


_OTHERS = (80, 443)


def port_beside(asked: Asked) -> int:
    """Return the likeliest other port of a service, or a common one."""
    ports = (*partners_of(asked.scheme, asked.port), *_OTHERS)
    return next(port for port in ports if port != asked.port)


SILENCE_TIMEOUT = 0.5
"""Seconds for the answer of a router."""


def silence(context: DiagnosisContext, address: str, last: int) -> None:
    """Record whether packets to another port get further than those to the asked one.

    Both are sent with one hop more than the last that answers for the asked port. A router that
    answers for the other port alone has never seen the asked one: a firewall before it drops that.
    A full queue of the service, which looks the same from afar, cannot do so.
    """
    began = context.now()
    port, other = context.asked.port, port_beside(context.asked)
    made = together(
        context, [partial(_try, context, address, tried, last + 1) for tried in (port, other)]
    )
    here, there = made
    if here is None or there is None:
        return
    before = _lost_before(here, there)
    passing = there.icmp is not None and (there.icmp.family, there.icmp.type) in EXCEEDED
    context.record(
        SilenceFacts,
        authority(address, port),
        result=_LOST_WORDS[before],
        since=began,
        facts=SilenceFacts(
            address=address,
            port=port,
            ttl=last + 1,
            other_port=other,
            other_sender=there.icmp.sender if there.icmp and passing else None,
            other_reached=there.icmp is None and there.outcome != "timeout",
            lost_before=before,
        ),
    )


_LOST_WORDS = {
    True: "lost before the next router, which another port reaches",
    False: "lost at the target or right before it, where another port is answered",
    None: "another port shows no more",
}


def _try(context: DiagnosisContext, address: str, port: int, ttl: int) -> ConnectResult:
    made = attempt_connect(address, port, context.left(SILENCE_TIMEOUT), hops=ttl)
    made.close()
    if made.icmp is None and made.outcome in {"open", "refused", "reset"}:
        context.may_connect(address, port)  # it was one more, counted only
    return made


def _lost_before(here: ConnectResult, there: ConnectResult) -> bool | None:
    """Whether the asked port's packets are lost on the way; ``None``: not known."""
    if here.outcome != "timeout":
        return None
    if there.icmp is not None:
        return True if (there.icmp.family, there.icmp.type) in EXCEEDED else None
    return False if there.outcome in {"open", "refused", "reset"} else None


MAX_TTLS_AT_ONCE = 3
"""TTLs that are tried at once."""

HOP_TIMEOUT = 0.5
"""Seconds for the answer of a router."""

MAX_HOPS = 30
"""Routers to ask at most."""

WALK_TIMEOUT = 2.9
"""Seconds for the whole walk, without the look at another port."""

_WITHHELD_TIMEOUT = 1.3
_MAX_SILENT_HOPS = 2


def walk_path(context: DiagnosisContext, address: str, *, withheld: bool = False) -> None:
    """Record which routers answer on the way to the asked port of an address.

    A connection that may pass ``n`` routers is answered by the next one with ICMP "time exceeded"
    (RFC 792, RFC 4443), whose sender the error queue holds. The walk ends where the target answers
    or anybody says no, or behind two that are silent.
    """
    if sys.platform != "linux":
        context.record(HopFacts, "ttl 1", state="skipped", result="only known on Linux")
        return
    if withheld:
        _hop(context, address, 1, _WITHHELD_TIMEOUT)
        return
    last, over = _walked(context, address, context.now() + WALK_TIMEOUT)
    if not over:
        silence(context, address, last)


def _walked(context: DiagnosisContext, address: str, ends: float) -> tuple[int, bool]:
    """Walk; return the last hop that answered, and whether that was the end of the way."""
    last = 0
    for first in range(1, MAX_HOPS + 1, MAX_TTLS_AT_ONCE):
        wait = min(HOP_TIMEOUT, ends - context.now())
        if wait <= 0:
            break
        ttls = range(first, first + MAX_TTLS_AT_ONCE)
        hops = together(context, [partial(_hop, context, address, ttl, wait) for ttl in ttls])
        answered = [
            ttl for ttl, attempt in zip(ttls, hops, strict=True) if attempt and _answers(attempt)
        ]
        last = max(answered, default=last)
        if any(attempt is not None and _is_end(attempt) for attempt in hops):
            return last, True
        if ttls[-1] - last >= _MAX_SILENT_HOPS:
            break
    return last, False


def _hop(context: DiagnosisContext, address: str, ttl: int, wait: float) -> ConnectResult:
    began = context.now()
    made = attempt_connect(address, context.asked.port, context.left(wait), hops=ttl)
    made.close()
    reached = _reached(made)
    if reached:
        context.may_connect(address, context.asked.port)  # it was one more, counted only
    icmp = made.icmp
    context.record(
        HopFacts,
        f"ttl {ttl}",
        result=_hop_in_words(made, reached=reached),
        since=began,
        facts=HopFacts(
            address=address,
            ttl=ttl,
            sender=icmp.sender if icmp else address if reached else None,
            icmp_type=icmp.type if icmp else None,
            icmp_code=icmp.code if icmp else None,
            own=icmp.own if icmp else None,
            reached=reached,
            silent=made.outcome == "timeout" and not made.withheld,
            unsent="EPERM" if made.withheld else _unsent(made),
        ),
    )
    return made


def _answers(made: ConnectResult) -> bool:
    return made.icmp is not None or _reached(made)


def _is_end(made: ConnectResult) -> bool:
    passing = made.icmp is not None and (made.icmp.family, made.icmp.type) in EXCEEDED
    return made.outcome != "timeout" and not passing


def _reached(made: ConnectResult) -> bool:
    """Whether the target itself has answered."""
    if made.icmp is not None:
        return made.icmp.is_target
    return made.outcome in {"open", "refused", "reset"}


def _unsent(made: ConnectResult) -> str | None:
    """The error with which this host itself did not send the packet."""
    local = made.icmp is None and made.outcome not in {"timeout", "open", "refused", "reset"}
    return made.errno if local else None


def _hop_in_words(made: ConnectResult, *, reached: bool) -> str:
    if made.withheld:
        return "not sent: a rule of this host drops it"
    if made.icmp is not None:
        return f"{made.icmp.sender}: {meaning(made.icmp)}"
    if reached:
        return "the target answers"
    return "silent" if made.outcome == "timeout" else f"not sent ({made.errno})"


REFUSAL_TIMEOUT = 0.7
"""Seconds for the whole."""

REFUSED_HOP_TIMEOUT = 0.25
"""Seconds for one router to answer."""

_MAX_REFUSED_HOPS = 30


@dataclass(frozen=True, slots=True)
class Distance:
    """How far away the answer of a port comes from."""

    hops: int | None  # The fewest with which it was answered; `None`: it was not
    passed: int  # The routers that let it pass, in a row from the first


def measure_refusal(context: DiagnosisContext, address: str) -> None:
    """Record whether a port is refused from nearer than another port of the same host answers.

    A packet that may not go as far as the target cannot be refused by it: a firewall on the way, or
    of this host, does that in its name. Both ports are asked with ever more hops, one by one, until
    somebody answers. What answers from the same distance may be the target, or a firewall right
    before it.
    """
    if sys.platform != "linux":
        return
    began = context.now()
    asked = context.asked.port
    other = port_beside(context.asked)
    here, there = (
        distance or Distance(None, 0)
        for distance in together(
            context, [partial(_distance, context, address, p) for p in (asked, other)]
        )
    )
    near = _is_nearer(here, there)
    context.record(
        RefusalFacts,
        authority(address, asked),
        result=_refusal_in_words(here, near=near),
        since=began,
        facts=RefusalFacts(
            address=address,
            port=asked,
            hops=here.hops,
            other_port=other,
            other_hops=there.hops,
            other_passed=there.passed,
            near=near,
        ),
    )


def _distance(context: DiagnosisContext, address: str, port: int) -> Distance:
    ends = context.now() + REFUSAL_TIMEOUT
    passed = 0
    for ttl in range(1, _MAX_REFUSED_HOPS + 1):
        wait = min(REFUSED_HOP_TIMEOUT, ends - context.now())
        if wait <= 0:
            break
        made = attempt_connect(address, port, context.left(wait), hops=ttl)
        made.close()
        if made.icmp is None and made.outcome != "timeout":
            context.may_connect(address, port)  # it was one more, counted only
            return Distance(ttl, passed)
        if made.icmp is None or (made.icmp.family, made.icmp.type) not in EXCEEDED:
            break
        passed = ttl
    return Distance(None, passed)


def _is_nearer(here: Distance, there: Distance) -> bool | None:
    """Whether the first answers from nearer than the second; ``None``: not known."""
    if here.hops is None:
        return None
    if there.hops is not None:
        return here.hops < there.hops
    return True if here.hops <= there.passed else None


def _refusal_in_words(here: Distance, *, near: bool | None) -> str:
    if near:
        whom = "this host or the first router" if here.hops == 1 else f"hop {here.hops} or before"
        return f"it is refused by {whom}; another port gets further"
    if here.hops is None:
        return "how far away it is refused is not known"
    return f"it is refused {here.hops} hops away, as far as another port gets"


def path_tasks(
    context: DiagnosisContext, made: Mapping[str, ConnectResult | None]
) -> list[Callable[[], None]]:
    """Return the questions to the path that decide something, for one address of each family.

    A silent address is walked to; where one refuses, it is seen whether that comes from so far.
    """
    walks: dict[bool, Callable[[], None]] = {}
    refusals: dict[bool, Callable[[], None]] = {}
    for address, attempt in made.items():
        six = ":" in address
        if attempt is None or attempt.withheld:
            withheld = attempt is not None and bool(attempt.withheld)
            walks.setdefault(six, partial(walk_path, context, address, withheld=withheld))
        elif attempt.outcome == "refused" and attempt.icmp is None and gateway_of(context, address):
            refusals.setdefault(six, partial(measure_refusal, context, address))
    return [*walks.values(), *refusals.values()]
