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
        marks = [pytest.mark.full] * (name not in OFTEN)
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
    assert comparison.explanations[0].difference == DIFFERENCES[world.name], comparison.summary


@pytest.mark.parametrize(("world", "like"), list(rows()))
def test_no_name_and_no_address_of_a_world_remains(world, like, visit):
    (hidden,) = redacted([met(visit(world, "diagnosed"))])
    text = json.dumps(record_of(hidden, redacted=True))

    for part in ("example.org", "Example Trust", "192.0.2.", "198.51.100.", "203.0.113.", "2001:"):
        assert part not in text
