"""What the readings of a machine come to; that it reads them right: tests/cli/diagnosis."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nightly import examples

from ringback.client.proxies.settings import bypass_of
from ringback.diagnosis.facts import ControlFacts, ProxyConnectFacts
from ringback.diagnosis.host_facts import (
    ClockFacts,
    DescriptorsFacts,
    EnvironmentFacts,
    InterfacesFacts,
    PackagesFacts,
    ProxyVariablesFacts,
    ResolverConfigFacts,
    RouteFacts,
)
from ringback.diagnosis.machine.rules import machine_findings
from ringback.diagnosis.model import Reading
from ringback.diagnosis.sorts import SORTS

NOW, BUILT = "2026-11-24T12:00:00.000Z", "2026-05-09T07:35:25.000Z"
STORE = {"file": "/c.pem", "file_exists": True, "directory": "/c", "directory_exists": True}
WELL = {
    EnvironmentFacts: {
        "openssl": "OpenSSL 3.0.22 25 Aug 2026",
        "platform": "Linux-6",
        "ca_bundles": [],
        "system_store": STORE,
    },
    InterfacesFacts: {
        "interfaces": [
            {"name": "eth0", "up": True, "loopback": False, "addresses": ["192.0.2.2", "2a00::2"]}
        ],
        "loopback_only": False,
    },
    ResolverConfigFacts: {
        "path": "/etc/resolv.conf",
        "nameservers": ["192.0.2.53", "192.0.2.54"],
        "search": [],
        "ndots": 1,
        "ignored": [],
        "missing": False,
        "hosts_order": ["files", "dns"],
        "dns_in_order": True,
    },
    ProxyVariablesFacts: {"variables": {}, "other": [], "invalid": []},
    DescriptorsFacts: {"open": 5, "limit": 1024, "short": False},
    ClockFacts: {"at": NOW, "python_built": BUILT, "synchronised": True},
    PackagesFacts: {"versions": {"certifi": "2026.10.18"}, "urllib3_replaced": False},
}
ROUTES = {
    4: {"family": 4, "route": True, "default": True, "source": "192.0.2.2", "error": None},
    6: {"family": 6, "route": True, "default": True, "source": "2a00::2", "error": None},
}
NO_ROUTE = {"route": False, "default": False, "source": None, "error": "ENETUNREACH"}
SILENT = {"rcode": None, "works": False, "timed_out": True}


def of(sort, facts):
    layer, what = SORTS[sort]
    return Reading(layer=layer, what=what, facts=facts)


def machine(*changed, routes=(), nameservers=(), proxies=()):
    """The readings of a machine that is well, but for what is said."""
    facts = {sort: dict(known) for sort, known in WELL.items()}
    for sort, values in changed:
        facts[sort].update(values)
    readings = [of(sort, known) for sort, known in facts.items()]
    way = {family: dict(known) for family, known in ROUTES.items()}
    for family, values in routes:
        way[family].update(values)
    readings += [of(RouteFacts, known) for known in way.values()]
    answers = {"192.0.2.53": {"rcode": "NOERROR", "works": True}}
    answers |= {"192.0.2.54": answers["192.0.2.53"]} | dict(nameservers)
    readings += [of(ControlFacts, {"server": s, **said}) for s, said in answers.items()]
    return readings + [of(ProxyConnectFacts, facts) for facts in proxies]


def causes(readings):
    return [(finding.cause, finding.breaks) for finding in machine_findings(readings)]


def test_a_machine_that_is_well_has_nothing_against_it():
    assert machine_findings(machine()) == ()


def resolver(**facts):
    return machine((ResolverConfigFacts, facts))


def trust(**facts):
    return machine((EnvironmentFacts, facts))


def packages(**versions):
    return machine((PackagesFacts, {"versions": versions}))


def lost(variable):
    return [{"variable": variable, "path": "/gone", "exists": False}]


def proxied(outcome="open", **variables):
    reached = [{"proxy": "http://p:1", "outcome": outcome}]
    return machine((ProxyVariablesFacts, {"variables": variables}), proxies=reached)


ELSEWHERE = [{"source": "/etc/apt/apt.conf", "url": "http://p:1"}]
BARE = {**STORE, "file_exists": False, "directory_exists": False}

FAULTS = {
    "clock before the build": (
        machine((ClockFacts, {"at": "2020-01-01T00:00:00.000Z"})),
        [("clock_early", True)],
    ),
    "clock that nothing keeps": (
        machine((ClockFacts, {"synchronised": False})),
        [("clock_unsynchronised", False)],
    ),
    "clock of which nothing is known": (machine((ClockFacts, {"synchronised": None})), []),
    "no route": (
        machine(routes=[(4, NO_ROUTE), (6, NO_ROUTE)]),
        [("no_route", True), ("ipv6_half", False)],
    ),
    "no nameserver": (
        machine(
            (ResolverConfigFacts, {"nameservers": [], "missing": True}),
            nameservers=[(s, SILENT) for s in ("192.0.2.53", "192.0.2.54", "127.0.0.1")],
        ),
        [("resolver_missing", True)],
    ),
    "no DNS in nsswitch.conf": (resolver(dns_in_order=False), [("resolver_not_asked", True)]),
    "all nameservers silent": (
        machine(nameservers=[("192.0.2.53", SILENT), ("192.0.2.54", SILENT)]),
        [("resolver_silent", True)],
    ),
    "first silent": (machine(nameservers=[("192.0.2.53", SILENT)]), [("resolver_silent", True)]),
    "second silent": (machine(nameservers=[("192.0.2.54", SILENT)]), [("resolver_silent", False)]),
    "refused": (
        machine(nameservers=[("192.0.2.53", {"rcode": "REFUSED", "works": False})]),
        [("resolver_refuses", False)],
    ),
    "search with ndots": (resolver(search=["a.test"], ndots=5), [("search_first", False)]),
    "search without ndots": (resolver(search=["a.test"]), []),
    "four nameservers": (resolver(ignored=["192.0.2.56"]), [("nameservers_ignored", False)]),
    "bundle lost": (trust(ca_bundles=lost("REQUESTS_CA_BUNDLE")), [("ca_bundle_missing", True)]),
    "folder lost": (trust(ca_bundles=lost("SSL_CERT_DIR")), [("ca_bundle_missing", False)]),
    "no store": (trust(system_store=BARE), [("system_store_missing", True)]),
    "no store, Windows": (trust(system_store=BARE, platform="Windows-11"), []),
    "old OpenSSL": (trust(openssl="OpenSSL 1.1.1w  11 Sep 2023"), [("openssl_old", False)]),
    "LibreSSL": (trust(openssl="LibreSSL 3.3.6"), []),
    "invalid proxy": (
        machine(
            (ProxyVariablesFacts, {"variables": {"http_proxy": "?"}, "invalid": ["http_proxy"]})
        ),
        [("proxy_invalid", True)],
    ),
    "dead proxy": (proxied("refused", https_proxy="http://p:1"), [("proxy_unreachable", True)]),
    "dead proxy that another variable hides": (
        proxied("refused", HTTP_PROXY="http://p:1", http_proxy="http://q:1"),
        [("proxy_unreachable", False), ("proxy_contradicts", False)],
    ),
    "proxy": (proxied(https_proxy="http://p:1", HTTPS_PROXY="http://p:1"), []),
    "proxy of other programs": (
        machine((ProxyVariablesFacts, {"variables": {"no_proxy": "a"}, "other": ELSEWHERE})),
        [("proxy_elsewhere", False)],
    ),
    "proxy of other programs and of this": (
        machine((ProxyVariablesFacts, {"variables": {"all_proxy": "x"}, "other": ELSEWHERE})),
        [],
    ),
    "few descriptors": (
        machine((DescriptorsFacts, {"limit": 256})),
        [("descriptors_few", False)],
    ),
    "no descriptors": (
        machine((DescriptorsFacts, {"open": 1020, "short": True})),
        [("descriptors_few", True)],
    ),
    "IPv6 without a route": (machine(routes=[(6, NO_ROUTE)]), [("ipv6_half", False)]),
    "IPv6 without an address": (
        machine(routes=[(6, {"source": "fe80::1"})]),
        [("ipv6_half", False)],
    ),
    "old certifi": (packages(certifi="2024.8.30"), [("certifi_old", False)]),
    "odd certifi": (packages(certifi="2024.13.99"), []),
    "tenacity": (packages(tenacity="9.0"), [("retries_stacked", False)]),
    "urllib3-future": (
        machine((PackagesFacts, {"urllib3_replaced": True})),
        [("urllib3_replaced", False)],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_nothing_beside_it(fault):
    readings, expected = FAULTS[fault]

    assert causes(readings) == expected


def test_a_proxy_that_answers_is_a_way_out():
    reached = [{"proxy": "http://p:1", "outcome": "open"}]
    readings = machine(routes=[(4, NO_ROUTE), (6, NO_ROUTE)], proxies=reached)

    assert ("no_route", False) in causes(readings)


@pytest.mark.parametrize(
    ("value", "ignored"),
    [
        ("localhost,.a.test, b.test,192.0.2.1,*.c", ["*.c"]),
        ("*", []),
        ("*,a.test", ["*"]),
        ("http://a.test", ["http://a.test"]),
        ("a.test b.test", ["a.test b.test"]),
        ("10.0.0.0/8,fd00::/8", ["10.0.0.0/8", "fd00::/8"]),
    ],
)
def test_an_entry_of_no_proxy_that_is_not_taken_as_it_looks(value, ignored):
    found = machine_findings(
        machine((ProxyVariablesFacts, {"variables": {"no_proxy": value, "NO_PROXY": "*.x"}}))
    )

    told = [f.read for f in found if f.cause == "no_proxy_ignored"]
    assert told == [f"no_proxy: {entry}" for entry in ignored]


@pytest.mark.parametrize("entry", ["*.a.test", "http://a.test", "a.test b.test", "fd00::/8"])
def test_what_is_told_of_an_entry_is_so(entry):
    assert not bypass_of(entry, entry).covers("www.a.test", 443)


@settings(max_examples=examples(300))
@given(data=st.data())
def test_what_is_not_known_raises_nothing(data):
    """Readings that were skipped, and facts that are not known, in any selection."""
    readings = data.draw(st.lists(st.sampled_from(machine()), unique_by=id))
    gone = data.draw(st.sampled_from(["", *{key for r in readings for key in r.facts}]))
    less = [of_reading(r, gone) for r in readings]

    for finding in machine_findings(less):
        assert all((finding.summary, finding.read, finding.why, finding.advice))


def of_reading(reading, without):
    facts = {key: value for key, value in reading.facts.items() if key != without}
    return Reading(layer=reading.layer, what=reading.what, facts=facts)
