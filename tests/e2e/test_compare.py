"""Machines on which it works and does not, of namespaces: their reports compared and redacted."""

import importlib
import json
from functools import partial
from pathlib import Path

import pytest
from documented import undocumented
from e2e.run_parallel import run_parallel
from e2e.run_scenario import diagnosed, diagnosed_by
from e2e.worlds import WORLDS

from ringback.diagnosis.compare import compare
from ringback.diagnosis.record import diagnosis_of, record_of
from ringback.diagnosis.redact import redacted

pytestmark = pytest.mark.netns

DIFFERENCES = {
    "dropped-by-target": "connect",
    "rejected-by-router-nftables": "rejection",
    "route-prohibit": "route",
    "no-default-route": "default_route_ipv4",
    "name-missing": "resolves",
    "hosts-file-refused": "hosts_file",
    "proxy-refused": "proxy",
    "certificate-inspected": "issuer",
    "clock-behind": "clock",
    "trust-store-missing": "trust_store",
    "mtu-black-hole-handshake": "packet_size",
    "rare-blocked-by-filter": "status",
    "name-known-to-another-resolver": "resolves|answers|resolvers",
    "name-hosts-file-old-server": "hosts_file",
    "name-resolver-lies-certificate": "addresses|answers|resolvers",
    "name-alias-into-broken-zone": "resolves|answers",
    "resolver-silent": "resolves|answers|resolvers",
    "search-domain-trap": "search_domains|addresses",
    "nsswitch-without-dns": "name_services",
    "routes-interface-down": "network",
    "path-kill-switch-name": "route|default_route_ipv4",
    "rejected-by-own-nftables": "rejection|connect",
    "refused": "rejection|connect",
    "mtu-black-hole-body": "packet_size",
    "proxy-needed-set-for-http-only": "proxy|verdict",
    "proxy-not-needed": "proxy",
    "proof-trust-file-of-another-authority": "trust_store",
    "odd-name-in-hello-reset": "handshake",
    "odd-name-in-hello-dropped": "handshake",
    "routes-client-13-only-refused": "tls_version|handshake|openssl",
    "vouched-virus-scanner": "issuer",
    "between-portal-dnat": "portal",
    "captive-portal-every-name": "portal|addresses|answers|invented_names",
}
"""What explains the failure of a world, beside a healthy one of the same target."""

HEALTHY = {
    WORLDS[name].target: WORLDS[name] for name in ("healthy-http", "healthy-https", "healthy-tcp")
}
GATE = {
    difference: world
    for name, difference in DIFFERENCES.items()
    if (world := WORLDS.get(name)) and not world.silent
}.values()
"""One world of each difference."""


@pytest.fixture(scope="module")
def gate(program):
    return run_parallel([*HEALTHY.values(), *GATE], partial(diagnosed_by, program))


def differ(world, visits):
    """Compare what was diagnosed in a world with a healthy one of the same target."""
    here, there = (diagnosis_of(visits[each.name][0]) for each in (HEALTHY[world.target], world))
    assert undocumented(there) == []
    comparison = compare([here, there], ["here", "there"])
    if comparison.outcome != "explained":
        return f"{world.name}: {comparison.summary}"
    first = comparison.explanations[0]
    named = first.difference in DIFFERENCES[world.name].split("|") and "“there”" in first.summary
    return "" if named else f"{world.name}: {first}, {comparison.summary}"


@pytest.mark.parametrize("world", GATE, ids=lambda world: world.name)
def test_the_difference_between_two_machines_is_named(world, gate):
    assert differ(world, gate) == ""


@pytest.mark.parametrize("world", GATE, ids=lambda world: world.name)
def test_no_name_and_no_address_of_a_world_remains(world, gate):
    (hidden,) = redacted([diagnosis_of(gate[world.name][0])])
    text = json.dumps(record_of(hidden, redacted=True))

    for part in ("example.org", "Example Trust", "192.0.2.", "198.51.100.", "203.0.113.", "2001:"):
        assert part not in text


@pytest.mark.nightly
def test_the_differences_of_the_corpus_are_named(program, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "bench"))
    corpus = importlib.import_module("diagnose_bench.worlds").WORLDS
    worlds = [(WORLDS | corpus)[name] for name in DIFFERENCES]
    met = run_parallel([*HEALTHY.values(), *worlds], diagnosed)

    assert [wrong for world in worlds if (wrong := differ(world, met))] == []
