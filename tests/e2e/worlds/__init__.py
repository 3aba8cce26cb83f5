"""The worlds of the gate, by name: for each cause of a verdict two, where there are two."""

from e2e.worlds import (
    certificates,
    dns_names,
    dns_resolvers,
    firewall,
    healthy,
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
    healthy,
)

WORLDS = {world.name: world for table in _TABLES for world in table.WORLDS}

assert len(WORLDS) == sum(len(table.WORLDS) for table in _TABLES), "a name twice"


def answering(*tables):
    """The worlds of these tables in which everything answers."""
    return [world for table in tables for world in table.WORLDS if not world.silent]
