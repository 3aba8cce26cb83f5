"""The facts of each reading: one type for each, which names its keys and what they hold.

Theory of operation. A reading is written by the stage that takes it, and read by the rules of the
verdict, by the comparison and by whoever loads a recorded diagnosis. These types stand between
them: a stage hands in one of them, and ``sorts`` gives the readings of a sort by its type, so that
a key that nobody writes does not type-check on either side. A record may be older, newer or
damaged: what it does not hold is ``None`` when it is asked for (``model.Facts``), which is what
"not known" is written as. So every key may be missing; those who read ask by ``facts["key"]``,
never by ``facts.get("key")``, which mypy lets pass with any key.

docs/reference/readings.md says what each fact means; a test holds it against these types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from ringback.diagnosis.fact_values import AttemptFacts, ConfirmedFacts
from ringback.diagnosis.sorts import reading

if TYPE_CHECKING:
    from ringback.diagnosis.fact_values import (
        CertificateFacts,
        IcmpFacts,
    )
    from ringback.failure.names import KindName


@reading("url", "parse")
class UrlFacts(TypedDict, total=False):
    """What was asked."""

    scheme: str | None
    host: str | None
    port: int | None
    path: str
    protocol: str
    tls: bool
    is_address: bool
    explicit_port: bool
    logs_in: bool
    problems: Sequence[str]
    fatal: bool
    ascii_host: str | None
    lookalike: bool
    taken_for: str | None
    hint: str | None
    container: bool


@reading("url", "exception")
class ExceptionFacts(TypedDict, total=False):
    """What the call failed with."""

    phase: str | None
    delivered: str
    errno: str | int | None


@reading("name", "getaddrinfo")
class GetaddrinfoFacts(TypedDict, total=False):
    """The name as the program would get it."""

    addresses: Sequence[str]
    families: Sequence[int]
    eai: str | None
    errno: int | None
    timed_out: bool


@reading("name", "nameserver")
class NameserverFacts(TypedDict, total=False):
    """A direct question to a nameserver."""

    server: str
    type: str
    asked: str
    tried: Sequence[str]
    rcode: str | None
    answers: Sequence[str]
    cnames: Sequence[str]
    dangling: bool
    ede: Sequence[Sequence[Any]]
    ttl: int | None
    negative_ttl: int | None
    authoritative: bool
    truncated: bool
    over_tcp: bool
    edns: bool | None
    timed_out: bool
    error: str | None
    icmp: IcmpFacts | None
    malformed: bool
    mismatched: int
    recursion: bool | None
    referral: bool
    configured: bool
    on_link: bool | None


@reading("name", "search_domain")
class SearchDomainFacts(TypedDict, total=False):
    """A search domain changed what was asked."""

    asked: Sequence[str]
    answered: str


@reading("name", "origin")
class OriginFacts(TypedDict, total=False):
    """Addresses that DNS did not give."""

    not_from_dns: Sequence[str]
    from_dns: Sequence[str]
    source: str | None


@reading("name", "hijack")
class HijackFacts(TypedDict, total=False):
    """A random name that was asked for."""

    server: str
    rcode: str | None
    answers: Sequence[str]
    hijacked: bool
    wildcard: bool


@reading("name", "control")
class ControlFacts(TypedDict, total=False):
    """Whether a nameserver answers anything."""

    server: str
    rcode: str | None
    works: bool
    timed_out: bool
    error: str | None


@reading("proxy", "connect")
class ProxyConnectFacts(AttemptFacts, total=False):
    proxy: str | None
    addresses: Sequence[str]
    eai: str | None


@reading("proxy", "tunnel")
class ProxyTunnelFacts(TypedDict, total=False):
    """What a proxy answers to the wish for a tunnel."""

    proxy: str
    method: str
    outcome: str
    status: int | None
    reason: str
    authenticate: str | None
    server: str | None
    via: str | None
    squid_error: str | None
    body_start: str | None
    first_bytes: str | None
    socks_code: int | None


@reading("proxy", "direct")
class ProxyDirectFacts(TypedDict, total=False):
    """The target without the proxy."""

    works: bool | None
    outcome: str
    address: str | None
    errno: str | None
    icmp: IcmpFacts | None
    rtt: float | None
    speaks: str | None


@reading("proxy", "candidate")
class ProxyCandidateFacts(TypedDict, total=False):
    """A proxy found elsewhere."""

    works: bool
    outcome: str
    source: str
    address: str | None
    status: int | None
    socks_code: int | None


@reading("tcp", "connect")
class TcpConnectFacts(AttemptFacts, total=False):
    proxied: bool


@reading("tcp", "again")
class TcpAgainFacts(TypedDict, total=False):
    """Further attempts after silence."""

    address: str
    port: int
    attempts: int
    opened: int
    outcomes: Sequence[str]


@reading("neighbours", "connect")
class NeighbourFacts(AttemptFacts, total=False):
    """Another port or host."""

    role: str
    speaks: str | None
    as_asked: bool | None
    waited: float


@reading("path", "hop")
class HopFacts(TypedDict, total=False):
    """A router on the way."""

    ttl: int
    address: str
    sender: str | None
    icmp_type: int | None
    icmp_code: int | None
    own: bool | None
    reached: bool
    silent: bool
    unsent: str | None


@reading("path", "refusal")
class RefusalFacts(TypedDict, total=False):
    """How far away a refusal comes from."""

    address: str
    port: int
    hops: int | None
    other_port: int
    other_hops: int | None
    other_passed: int
    near: bool | None


@reading("path", "silence")
class SilenceFacts(TypedDict, total=False):
    """Where packets to a silent port are lost."""

    address: str
    port: int
    ttl: int
    other_port: int
    other_sender: str | None
    other_reached: bool
    lost_before: bool | None


@reading("tls", "connection")
class ConnectionFacts(AttemptFacts, total=False):
    """A further connection that was not made."""


@reading("http", "connection")
class HttpConnectionFacts(ConnectionFacts, total=False):
    """A further connection for HTTP that was not made."""


@reading("tls", "trust")
class TrustFacts(TypedDict, total=False):
    """Whom the program trusts."""

    source: str
    path: str | None
    authorities: int | None
    loaded: bool
    error: str | None
    client_certificate: bool


@reading("tls", "handshake")
class HandshakeFacts(ConfirmedFacts, total=False):
    address: str
    port: int
    proxied: bool
    sni: str | None
    version: str | None
    cipher: str | None
    alpn: str | None
    verified: bool
    error: str | None
    verify_code: int | None
    verify_message: str | None
    alert: int | None
    reason: str | None
    days_left: float | None
    sent_something: bool
    first_bytes: str | None
    sent: int
    received: int
    client_certificate_asked: bool | None
    local_certificate_used: bool


@reading("tls", "chain")
class ChainFacts(TypedDict, total=False):
    """The certificates that came with a handshake."""

    chain: Sequence[CertificateFacts]
    as_sent: bool
    leaf_only: bool
    matches_name: bool
    key: str | None
    signature: str | None
    days_left: float | None
    unreadable: int
    error: str | None
    issuer_kin: str | None
    issuer_role: str | None
    unsent_issuer: str | None


@reading("tls", "alpn")
class AlpnFacts(TypedDict, total=False):
    """A server that takes no HTTP/1.1."""

    alert: int | None
    protocol: str | None


@reading("tls", "plain")
class PlainFacts(TypedDict, total=False):
    """What a port speaks instead of TLS."""

    speaks: str | None
    first_bytes: str | None
    status: int | None
    asked_with: str
    plain_to_tls: bool


@reading("tls", "small_segments")
class TlsSmallSegmentsFacts(TypedDict, total=False):
    """The handshake in small packets."""

    works: bool
    outcome: str


@reading("tls", "old_versions")
class OldVersionsFacts(TypedDict, total=False):
    """The handshake with old versions allowed."""

    works: bool
    version: str | None
    cipher: str | None
    offered: bool
    error: str | None
    alert: int | None


@reading("tls", "other_name")
class OtherNameFacts(TypedDict, total=False):
    """The handshake without the server's name."""

    sni: str | None
    works: bool
    error: str | None
    alert: int | None


@reading("tls", "system_store")
class SystemStoreFacts(TypedDict, total=False):
    """The handshake verified by the other store."""

    verified: bool
    store: str
    verify_code: int | None
    error: str | None


@reading("http", "request")
class RequestFacts(ConfirmedFacts, total=False):
    address: str
    proxied: bool
    method: str
    status: int | None
    reason: str | None
    version: str | None
    headers: Mapping[str, str] | None
    first_byte: float | None
    bytes: int
    complete: bool
    outcome: str
    truncated_how: KindName | None
    sent: int
    clock_offset: float | None
    portal: bool | None
    filter: str | None
    title: str | None
    first_bytes: str | None
    speaks: str | None
    plain_to_tls: bool
    certificate_wanted: bool
    odd: Sequence[str]


@reading("http", "redirect")
class RedirectFacts(TypedDict, total=False):
    """Where a response redirects to."""

    hop: int
    status: int | None
    location: str
    leaves_host: bool
    to_tls: bool
    followed: bool
    loop: bool
    endless: bool
    resolves: bool | None


@reading("http", "http2")
class Http2Facts(TypedDict, total=False):
    """A server that speaks HTTP/2 only."""

    works: bool
    only: bool
    outcome: str


@reading("http", "elsewhere")
class ElsewhereFacts(TypedDict, total=False):
    """The other host that a redirect leads to."""

    answered: bool
    complete: bool
    readings: Sequence[object]


@reading("http", "tls_here")
class TlsHereFacts(TypedDict, total=False):
    """An ``http`` port that speaks TLS."""

    works: bool
    version: str | None
    error: str | None
    alert: int | None


@reading("http", "small_segments")
class HttpSmallSegmentsFacts(TypedDict, total=False):
    """The request in small packets."""

    works: bool
    first_byte: float | None
    bytes: int
    outcome: str


@reading("http", "portal_check")
class PortalCheckFacts(TypedDict, total=False):
    """The request asked of an address that nobody has."""

    url: str
    status: int | None
    location: str | None
    differs: bool


@reading("service", "greeting")
class GreetingFacts(TypedDict, total=False):
    """The first words of a service."""

    protocol: str
    outcome: str
    speaks: str | None
    first_bytes: str | None
    message: str | None
    version: str | None
    secured: bool
    reason: str | None
    wants_login: bool
