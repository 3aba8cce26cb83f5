"""The facts of each reading of this host, as ``facts`` has those of the way to the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from ringback.diagnosis.sorts import reading

if TYPE_CHECKING:
    from ringback.diagnosis.fact_values import (
        BundleFacts,
        InterfaceFacts,
        OtherProxyFacts,
    )


@reading("host", "environment")
class EnvironmentFacts(TypedDict, total=False):
    """The program that asks."""

    python: str
    openssl: str
    platform: str
    uid: int | None
    ca_bundle: BundleFacts | None
    ca_bundles: Sequence[BundleFacts]
    system_store: dict[str, Any]


@reading("host", "interfaces")
class InterfacesFacts(TypedDict, total=False):
    interfaces: Sequence[InterfaceFacts]
    loopback_only: bool | None


@reading("host", "route")
class RouteFacts(TypedDict, total=False):
    """The route to the world in one family."""

    family: int
    route: bool
    default: bool
    gateway: str | None
    gateway_state: str | None
    interface: str | None
    source: str | None
    error: str | None
    hops: int | None


@reading("host", "route_to")
class RouteToFacts(TypedDict, total=False):
    """The route to one address."""

    family: int
    address: str
    route: bool
    source: str | None
    error: str | None
    interface: str | None
    gateway: str | None
    gateway_state: str | None
    on_link: bool | None
    table_type: str | None


@reading("host", "resolver_config")
class ResolverConfigFacts(TypedDict, total=False):
    """How this host resolves names."""

    path: str
    nameservers: Sequence[str] | None
    search: Sequence[str] | None
    options: dict[str, str]
    ndots: int
    ignored: Sequence[str]
    missing: bool
    hosts_order: Sequence[str]
    dns_in_order: bool
    stub: bool
    upstream: Sequence[str]


@reading("host", "proxy_variables")
class ProxyVariablesFacts(TypedDict, total=False):
    """Which proxies are set, and which applies."""

    variables: dict[str, Any]
    applies: str | None
    excluded_by: str | None
    other: Sequence[OtherProxyFacts]
    invalid: Sequence[str]
    given: bool


@reading("host", "hosts_file")
class HostsFileFacts(TypedDict, total=False):
    addresses: Sequence[str]
    line: int
    path: str


@reading("host", "descriptors")
class DescriptorsFacts(TypedDict, total=False):
    """How many files and sockets are open."""

    open: int
    limit: int
    short: bool | None


@reading("host", "clock")
class ClockFacts(TypedDict, total=False):
    """This host's clock: against a server's, or by itself."""

    offset: float | None
    source: str
    at: str
    python_built: str | None
    synchronised: bool | None


@reading("host", "packages")
class PackagesFacts(TypedDict, total=False):
    """Packages of this Python that have to do with connections."""

    versions: dict[str, str]
    urllib3_replaced: bool
