"""The sorts of readings: by the type of their facts, those that a diagnosis holds of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from ringback.diagnosis.facts import (
    AlpnFacts,
    ChainFacts,
    ClockFacts,
    ConnectionFacts,
    ControlFacts,
    DescriptorsFacts,
    ElsewhereFacts,
    EnvironmentFacts,
    ExceptionFacts,
    GetaddrinfoFacts,
    GreetingFacts,
    HandshakeFacts,
    HijackFacts,
    HopFacts,
    HostsFileFacts,
    Http2Facts,
    HttpConnectionFacts,
    HttpSmallSegmentsFacts,
    InterfacesFacts,
    NameserverFacts,
    NeighbourFacts,
    OldVersionsFacts,
    OriginFacts,
    OtherNameFacts,
    PlainFacts,
    PortalCheckFacts,
    ProxyCandidateFacts,
    ProxyConnectFacts,
    ProxyDirectFacts,
    ProxyTunnelFacts,
    ProxyVariablesFacts,
    RedirectFacts,
    RefusalFacts,
    RequestFacts,
    ResolverConfigFacts,
    RouteFacts,
    RouteToFacts,
    SearchDomainFacts,
    SilenceFacts,
    SystemStoreFacts,
    TcpAgainFacts,
    TcpConnectFacts,
    TlsHereFacts,
    TlsSmallSegmentsFacts,
    TrustFacts,
    UrlFacts,
)
from ringback.diagnosis.model import Reading

if TYPE_CHECKING:
    from ringback.diagnosis.model import Stage

FactsT = TypeVar("FactsT", bound=Mapping[str, Any])
FactsT_co = TypeVar("FactsT_co", bound=Mapping[str, Any], covariant=True)

SORTS: Final[dict[type[Mapping[str, Any]], tuple[Stage, str]]] = {
    UrlFacts: ("url", "parse"),
    ExceptionFacts: ("url", "exception"),
    EnvironmentFacts: ("host", "environment"),
    InterfacesFacts: ("host", "interfaces"),
    RouteFacts: ("host", "route"),
    RouteToFacts: ("host", "route_to"),
    ResolverConfigFacts: ("host", "resolver_config"),
    ProxyVariablesFacts: ("host", "proxy_variables"),
    HostsFileFacts: ("host", "hosts_file"),
    DescriptorsFacts: ("host", "descriptors"),
    ClockFacts: ("host", "clock"),
    GetaddrinfoFacts: ("name", "getaddrinfo"),
    NameserverFacts: ("name", "nameserver"),
    SearchDomainFacts: ("name", "search_domain"),
    OriginFacts: ("name", "origin"),
    HijackFacts: ("name", "hijack"),
    ControlFacts: ("name", "control"),
    ProxyConnectFacts: ("proxy", "connect"),
    ProxyTunnelFacts: ("proxy", "tunnel"),
    ProxyDirectFacts: ("proxy", "direct"),
    ProxyCandidateFacts: ("proxy", "candidate"),
    TcpConnectFacts: ("tcp", "connect"),
    TcpAgainFacts: ("tcp", "again"),
    NeighbourFacts: ("neighbours", "connect"),
    HopFacts: ("path", "hop"),
    RefusalFacts: ("path", "refusal"),
    SilenceFacts: ("path", "silence"),
    TrustFacts: ("tls", "trust"),
    HandshakeFacts: ("tls", "handshake"),
    ConnectionFacts: ("tls", "connection"),
    ChainFacts: ("tls", "chain"),
    AlpnFacts: ("tls", "alpn"),
    PlainFacts: ("tls", "plain"),
    TlsSmallSegmentsFacts: ("tls", "small_segments"),
    OldVersionsFacts: ("tls", "old_versions"),
    OtherNameFacts: ("tls", "other_name"),
    SystemStoreFacts: ("tls", "system_store"),
    RequestFacts: ("http", "request"),
    RedirectFacts: ("http", "redirect"),
    Http2Facts: ("http", "http2"),
    HttpConnectionFacts: ("http", "connection"),
    ElsewhereFacts: ("http", "elsewhere"),
    TlsHereFacts: ("http", "tls_here"),
    HttpSmallSegmentsFacts: ("http", "small_segments"),
    PortalCheckFacts: ("http", "portal_check"),
    GreetingFacts: ("service", "greeting"),
}
"""Each type of facts to the stage and the name of its readings.

A connection that was not made is read in any stage above TCP.
"""


class ReadingOf(Reading, Generic[FactsT_co]):
    """A reading of which it is known what facts it holds; at run time a plain ``Reading``."""

    if TYPE_CHECKING:
        facts: FactsT_co


def readings_of(readings: Iterable[Reading], sort: type[FactsT]) -> list[ReadingOf[FactsT]]:
    """Return the readings of one sort, by the type of their facts; not those that were skipped."""
    layer, what = SORTS[sort]
    return [
        cast("ReadingOf[FactsT]", reading)
        for reading in readings
        if (reading.layer, reading.what) == (layer, what) and reading.state != "skipped"
    ]
