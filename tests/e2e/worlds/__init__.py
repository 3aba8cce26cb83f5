"""Every world, by name."""

from e2e.worlds import (
    combined,
    firewall,
    further_answers,
    further_certificates,
    further_families,
    further_handshakes,
    further_hosts,
    further_mixed,
    further_names,
    further_peers,
    further_proofs,
    further_proxies,
    further_quirks,
    further_redirects,
    further_replies,
    further_resolvers,
    further_services,
    further_socks,
    further_tcp,
    further_urls,
    further_ways,
    further_words,
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

_FURTHER = (
    further_hosts,
    further_names,
    further_resolvers,
    further_proxies,
    further_socks,
    further_urls,
    further_quirks,
    further_families,
    further_ways,
    further_tcp,
    further_certificates,
    further_handshakes,
    further_answers,
    further_services,
    further_peers,
    further_proofs,
    further_redirects,
    further_replies,
    further_words,
    further_mixed,
)
"""Tables of which every run of the tests meets nothing, and the slow one all."""

WORLDS = {world.name: world for table in (*_TABLES, *_FURTHER) for world in table.WORLDS}
"""Name to world, in the order of the layers."""

FURTHER = frozenset(world.name for table in _FURTHER for world in table.WORLDS)
"""Names of the worlds that only the slow run meets."""

assert len(WORLDS) == sum(len(table.WORLDS) for table in (*_TABLES, *_FURTHER)), "a name twice"
