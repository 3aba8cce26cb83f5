"""What facts hold that is made of several values, and what several sorts of facts hold."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence


class IcmpFacts(TypedDict, total=False):
    """The ICMP message behind an error, as the kernel tells it."""

    type: int
    code: int
    sender: str | None
    family: int
    own: bool
    is_target: bool
    mtu: int | None


class BundleFacts(TypedDict):
    """A variable that names trusted authorities."""

    variable: str
    path: str
    exists: bool


class InterfaceFacts(TypedDict, total=False):
    """One interface of this host."""

    name: str
    up: bool | None
    loopback: bool
    addresses: Sequence[str]


class OtherProxyFacts(TypedDict):
    """A proxy that is set and does not apply."""

    source: str
    url: str


class CertificateFacts(TypedDict, total=False):
    """One certificate of a chain."""

    subject: str
    issuer: str
    names: Sequence[str]
    not_before: str
    not_after: str
    serial: str
    sha256: str
    self_signed: bool
    is_authority: bool
    ca_issuers: Sequence[str]
    key: str
    signature: str
    days_left: float | None


class IcmpFact(TypedDict, total=False):
    """What has an ICMP message among its facts."""

    icmp: IcmpFacts | None


class AttemptFacts(TypedDict, total=False):
    """One attempt to connect."""

    address: str | None
    port: int | None
    family: int | None
    outcome: str
    errno: str | None
    icmp: IcmpFacts | None
    rtt: float | None
    source: str | None
    unsent: bool | None
    repeats: int | None


class ConfirmedFacts(TypedDict, total=False):
    """What the kernel knows of the bytes of a connection (``TCP_INFO``)."""

    unacked: int | None
    retransmits: int | None
    bytes_acked: int | None
    bytes_received: int | None


def address_of(text: object) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a fact is, without its zone; ``None``: it is something else."""
    try:
        return ip_address(str(text).partition("%")[0])
    except ValueError:
        return None
