"""Machines on which it works and does not, of namespaces: their reports compared and redacted."""

import json

import pytest
from documented import undocumented
from e2e.census import visited
from e2e.visit import diagnosed
from e2e.worlds import WORLDS
from requires import requires

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
}
"""What explains the failure of a world, beside a healthy one of the same target."""

OFTEN = ("certificate-inspected",)
"""Met in every run, the others in full."""

names = pytest.mark.parametrize(
    "name",
    [pytest.param(one, marks=[pytest.mark.full] * (one not in OFTEN)) for one in DIFFERENCES],
)


def healthy_like(world):
    """The plainest healthy world of the same target."""
    wanted = ("healthy-http", "healthy-https", "healthy-tcp")
    return next((WORLDS[one] for one in wanted if WORLDS[one].target == world.target), None)


@pytest.fixture(scope="module")
def reports(request):
    requires("root", "netns", "ip", "iptables", "ip6tables", "nft", "setpriv")
    given = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    wanted = [params.get("name") for params in given]
    broken = [WORLDS[name] for name in DIFFERENCES if name in wanted]
    well = {one.name: one for one in map(healthy_like, broken) if one}
    return visited([*broken, *well.values()], diagnosed)


def met(world, reports):
    """What was diagnosed in a world."""
    result = reports[world.name]
    if isinstance(result, Exception):
        raise result
    report, said = result
    assert report, said.err
    return diagnosis_of(report)


@names
def test_the_difference_between_two_machines_is_named(name, reports):
    like = healthy_like(WORLDS[name])
    assert like, "there is no healthy world of this target"
    here, there = met(like, reports), met(WORLDS[name], reports)
    comparison = compare([here, there], ["here", "there"])

    assert undocumented(there) == []
    assert comparison.outcome == "explained", comparison.summary
    assert comparison.explanations[0].difference == DIFFERENCES[name], comparison.summary


@names
def test_no_name_and_no_address_of_a_world_remains(name, reports):
    (hidden,) = redacted([met(WORLDS[name], reports)])
    text = json.dumps(record_of(hidden, redacted=True))

    for part in ("example.org", "Example Trust", "192.0.2.", "198.51.100.", "203.0.113.", "2001:"):
        assert part not in text
