"""The corpus: the worlds that are only scored, by name."""

from diagnose_bench.worlds import (
    certificates,
    dns_names,
    dns_resolvers,
    firewall,
    healthy_dns,
    healthy_http,
    healthy_proxy,
    healthy_routes,
    healthy_services,
    healthy_tls,
    http,
    proxy,
    redirects,
    routes,
    services,
    status,
    tcp,
    tls,
    urls,
)

_TABLES = (
    dns_names,
    dns_resolvers,
    routes,
    firewall,
    tcp,
    certificates,
    tls,
    proxy,
    http,
    redirects,
    status,
    services,
    urls,
    healthy_services,
    healthy_proxy,
    healthy_dns,
    healthy_routes,
    healthy_tls,
    healthy_http,
)

WORLDS = {world.name: world for table in _TABLES for world in table.WORLDS}

assert len(WORLDS) == sum(len(table.WORLDS) for table in _TABLES), "a name twice"
