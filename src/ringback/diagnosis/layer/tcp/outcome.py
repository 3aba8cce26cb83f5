"""What an errno or an ICMP message says of an attempt to connect."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from ringback.diagnosis.layer.errqueue import Icmp

Outcome = Literal[
    "open",
    "refused",
    "reset",
    "timeout",
    "network_unreachable",
    "host_unreachable",
    "prohibited",
    "invalid",
    "error",
]
"""How an attempt to connect came out."""

KIND_OF: Final[dict[str, str | None]] = {
    "open": None,
    "refused": "tcp.refused",
    "reset": "tcp.reset",
    "timeout": "tcp.timed_out",
    "network_unreachable": "tcp.address_unreachable.network",
    "host_unreachable": "tcp.address_unreachable.host",
    "prohibited": "tcp.address_unreachable.prohibited",
    "invalid": "tcp.address_invalid",
    "error": "tcp.failed",
}
"""Outcome to kind of failure."""

_OF_ERRNO: Final[dict[str, Outcome]] = {
    "ECONNREFUSED": "refused",
    "ECONNRESET": "reset",
    "ECONNABORTED": "reset",
    "EPIPE": "reset",
    "ETIMEDOUT": "timeout",
    "ENETUNREACH": "network_unreachable",
    "ENETDOWN": "network_unreachable",
    "ENONET": "network_unreachable",
    "EAFNOSUPPORT": "network_unreachable",
    "EHOSTUNREACH": "host_unreachable",
    "EHOSTDOWN": "host_unreachable",
    "EACCES": "prohibited",
    "EPERM": "prohibited",
    "ENOPROTOOPT": "prohibited",
    "EINVAL": "invalid",
    "EADDRNOTAVAIL": "invalid",
}

_LOCAL_KINDS: Final = {
    "EMFILE": "client.resources_exhausted",
    "ENFILE": "client.resources_exhausted",
    "ENOBUFS": "client.resources_exhausted",
    "ENOMEM": "client.resources_exhausted",
}

_UNREACHABLE_4: Final[dict[int, tuple[Outcome, str]]] = {
    0: ("network_unreachable", "network unreachable"),
    1: ("host_unreachable", "host unreachable"),
    2: ("prohibited", "protocol unreachable"),
    3: ("refused", "port unreachable"),
    5: ("host_unreachable", "source route failed"),
    6: ("network_unreachable", "network unknown"),
    7: ("host_unreachable", "host unknown"),
    8: ("host_unreachable", "source host isolated"),
    9: ("prohibited", "network prohibited"),
    10: ("prohibited", "host prohibited"),
    11: ("network_unreachable", "network unreachable for this service"),
    12: ("host_unreachable", "host unreachable for this service"),
    13: ("prohibited", "administratively prohibited"),
    14: ("prohibited", "host precedence violation"),
    15: ("prohibited", "precedence cutoff"),
}
"""Code of ICMP type 3 (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1). Code 4 says
that a packet was too big: it ends nothing."""

_UNREACHABLE_6: Final[dict[int, tuple[Outcome, str]]] = {
    0: ("network_unreachable", "no route"),
    1: ("prohibited", "administratively prohibited"),
    2: ("host_unreachable", "beyond the scope of the source address"),
    3: ("host_unreachable", "address unreachable"),
    4: ("refused", "port unreachable"),
    5: ("prohibited", "source address failed the policy"),
    6: ("prohibited", "route says reject"),
}
"""Code of ICMPv6 type 1 (RFC 4443 section 3.1)."""

EXCEEDED: Final = frozenset({(4, 11), (6, 3)})
"""Family and type of the message "time exceeded": a router had to give the packet up."""

_EXCEEDED_CODES: Final = {0: "time to live exceeded", 1: "not put together in time"}
_MALFORMED: Final = {(4, 12), (6, 4)}


def of_errno(name: str | None, family: int = 4) -> Outcome:
    """Return the outcome that an errno means."""
    if name == "EADDRNOTAVAIL" and family == 6:
        return "network_unreachable"
    return _OF_ERRNO.get(name or "", "error")


def of_icmp(icmp: Icmp) -> Outcome | None:
    """Return the outcome that an ICMP message means; ``None``: the attempt goes on."""
    known = _known(icmp)
    return None if known is None else known[0]


def meaning(icmp: Icmp) -> str:
    """Return what an ICMP message says, in words."""
    known = _known(icmp)
    version = "ICMPv6" if icmp.family == 6 else "ICMP"
    words = f" ({known[1]})" if known else ""
    return f"{version} {icmp.type}/{icmp.code}{words}"


def kind_of(outcome: str, name: str | None) -> str | None:
    """Return the kind of failure of an outcome."""
    if name == "EADDRNOTAVAIL" and outcome == "invalid":
        return "client.local_address"
    return _LOCAL_KINDS.get(name or "", KIND_OF[outcome])


def errno_name(number: int | None) -> str | None:
    """Return the name of an error number; a number without one stays a number."""
    return None if number is None else errno.errorcode.get(number, str(number))


def _known(icmp: Icmp) -> tuple[Outcome, str] | None:
    pair = icmp.family, icmp.type
    if pair in EXCEEDED:
        return "host_unreachable", _EXCEEDED_CODES.get(icmp.code, "time exceeded")
    if pair in _MALFORMED:
        return "error", "parameter problem"
    if pair == (4, 3):
        return _UNREACHABLE_4.get(icmp.code)
    return _UNREACHABLE_6.get(icmp.code) if pair == (6, 1) else None
