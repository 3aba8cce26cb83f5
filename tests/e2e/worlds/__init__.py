"""Every world, by name."""

from e2e.worlds import (
    combined,
    firewall,
    healthy,
    host,
    http,
    name,
    odd,
    proxy,
    rare,
    resolver,
    service,
    status,
    tcp,
    tls,
    ways,
)

_TABLES = (
    host,
    name,
    resolver,
    proxy,
    firewall,
    tcp,
    tls,
    http,
    status,
    service,
    healthy,
    combined,
    rare,
    odd,
    ways,
)

WORLDS = {world.name: world for table in _TABLES for world in table.WORLDS}
"""Name to world, in the order of the layers."""

assert len(WORLDS) == sum(len(table.WORLDS) for table in _TABLES), "two worlds have one name"
