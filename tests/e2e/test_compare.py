"""Machines on which it works and does not, of namespaces: their reports compared and redacted."""

import json

import pytest
from documented import undocumented
from e2e.worlds import WORLDS

from ringback.diagnosis.compare import compare
from ringback.diagnosis.record import diagnosis_of, record_of
from ringback.diagnosis.redact import redacted

pytestmark = [pytest.mark.netns, pytest.mark.visits("diagnosed")]

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
    "name-filtered-to-zero": "addresses|answers|resolvers|verdict",
    "name-hosts-file-old-server": "hosts_file",
    "name-resolver-lies-certificate": "addresses|answers|resolvers",
    "name-alias-into-broken-zone": "resolves|answers",
    "resolver-silent": "resolves|answers|resolvers",
    "search-domain-trap": "search_domains|addresses",
    "nsswitch-without-dns": "name_services",
    "routes-interface-down": "network",
    "path-gateway-drops-all-tcp": "connect",
    "way-server-knows-no-way-back": "connect",
    "path-kill-switch-name": "route|default_route_ipv4",
    "rejected-by-own-nftables": "rejection|connect",
    "refused": "rejection|connect",
    "mtu-black-hole-body": "packet_size",
    "routes-mtu-v6": "packet_size",
    "proxy-needed-set-for-http-only": "proxy|verdict",
    "proxy-wants-password": "proxy",
    "proxy-not-needed": "proxy",
    "proof-trust-file-of-another-authority": "trust_store",
    "trust-trust-file-gone": "trust_store",
    "clock-ahead": "clock",
    "trust-clock-behind": "clock",
    "odd-name-in-hello-reset": "handshake",
    "odd-name-in-hello-dropped": "handshake",
    "routes-client-13-only-refused": "tls_version|handshake|openssl",
    "vouched-virus-scanner": "issuer",
    "between-portal-dnat": "portal",
    "captive-portal-every-name": "portal|addresses|answers|invented_names",
    "reply-transparent-proxy-403": "status|server",
}
"""What explains the failure of a world, beside a healthy one of the same target."""

OFTEN = ("certificate-inspected",)
"""Met in every run, the others in full."""


def healthy_like(world):
    """The plainest healthy world of the same target."""
    wanted = ("healthy-http", "healthy-https", "healthy-tcp")
    return next(WORLDS[name] for name in wanted if WORLDS[name].target == world.target)


def rows():
    for name in DIFFERENCES:
        marks = [pytest.mark.nightly] * (name not in OFTEN)
        world = WORLDS[name]
        yield pytest.param(world, healthy_like(world), id=name, marks=marks)


def met(came):
    """What was diagnosed in a world."""
    report, said = came
    assert report, said.err
    return diagnosis_of(report)


@pytest.mark.parametrize(("world", "like"), list(rows()))
def test_the_difference_between_two_machines_is_named(world, like, visit):
    here, there = met(visit(like, "diagnosed")), met(visit(world, "diagnosed"))
    comparison = compare([here, there], ["here", "there"])

    assert undocumented(there) == []
    assert comparison.outcome == "explained", comparison.summary
    first = comparison.explanations[0].difference
    assert first in DIFFERENCES[world.name].split("|"), comparison.summary


@pytest.mark.parametrize(("world", "like"), list(rows()))
def test_no_name_and_no_address_of_a_world_remains(world, like, visit):
    (hidden,) = redacted([met(visit(world, "diagnosed"))])
    text = json.dumps(record_of(hidden, redacted=True))

    for part in ("example.org", "Example Trust", "192.0.2.", "198.51.100.", "203.0.113.", "2001:"):
        assert part not in text
