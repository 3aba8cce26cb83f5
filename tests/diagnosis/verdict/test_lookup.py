"""Which nameserver's word decides, and whose address was used."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from diagnosis.verdict import readings
from diagnosis.verdict.readings import reading, resolved

from ringback.diagnosis.model import Reading
from ringback.diagnosis.verdict import judge

parsed = partial(readings.parsed, scheme="http", port=80, tls=False)
connected = partial(readings.connected, port=80)


def said(server: str, rcode: str | None, *answers: str, **facts: Any) -> Reading:
    known = {"server": server, "type": "A", "rcode": rcode, "answers": list(answers)}
    return reading(
        "name", "nameserver", f"{server} A", state="ok" if answers else "failed", **(known | facts)
    )


def test_who_denies_a_name_decides_and_not_who_fails_beside() -> None:
    found = judge((parsed(), resolved(), said("a", "NXDOMAIN"), said("b", "REFUSED")))

    assert (found.cause, found.kind) == ("name_missing", "dns.name_not_resolved")


def test_without_a_denial_the_failure_decides() -> None:
    found = judge((parsed(), resolved(), said("a", "REFUSED"), said("b", "REFUSED")))

    assert found.cause == "resolver_refuses"


def test_a_port_that_a_router_refuses_is_not_the_resolvers() -> None:
    by = {"type": 3, "code": 3, "sender": "192.0.2.1", "own": False, "is_target": False}
    dead = said("192.0.2.53", None, error="ECONNREFUSED", icmp=by)

    assert judge((parsed(), resolved(), dead)).cause == "resolver_unreachable"

    dead = said("192.0.2.53", None, error="ECONNREFUSED", icmp=by | {"is_target": True})
    assert judge((parsed(), resolved(), dead)).cause == "resolver_down"


def test_an_entry_of_the_hosts_file_counts_where_its_address_is_used() -> None:
    def at(address: str) -> str:
        entry = reading("host", "hosts_file", addresses=["2001:DB8::9"], line=3, path="/etc/hosts")
        used = (resolved(address), connected(address, "refused"))
        return judge((parsed(), entry, said("a", "NOERROR", "192.0.2.7"), *used)).cause

    assert at("2001:db8::9") == "hosts_file_override"
    assert at("192.0.2.7") == "service_down"


def test_a_name_of_this_host_that_it_does_not_know() -> None:
    found = judge((parsed(host="localhost"), resolved()))

    assert (found.cause, found.where) == ("name_missing", "this host")


def test_an_address_for_every_name_answers_for_nobody_but_itself() -> None:
    every = reading(
        "name", "hijack", state="failed", server="a", answers=["192.0.2.7"], hijacked=True
    )
    answer = reading("http", "request", state="ok", status=200, outcome="answered")
    seen = (resolved("192.0.2.7"), every, connected("192.0.2.7"), answer)

    assert judge((parsed(), *seen)).cause == "captive_portal"
    shaken = reading("tls", "handshake", state="ok", verified=True)
    assert judge((parsed(tls=True), *seen, shaken)).healthy


def test_a_denial_that_comes_late_is_no_silence() -> None:
    def denied(seconds: float) -> str:
        lookup = replace(resolved(), at=0.0, seconds=seconds)
        silent = replace(said("a", None, timed_out=True), at=0.0, seconds=3.4)
        return judge((parsed(), lookup, silent)).cause

    assert denied(3.9) == "name_missing"
    assert denied(0.5) == "resolver_silent"


@pytest.mark.parametrize(
    ("options", "took", "cause"),
    [
        ({"timeout": "1"}, 1.7, "resolver_silent"),
        ({"timeout": "1"}, 0.1, "nsswitch_broken"),
        ({}, 1.7, "nsswitch_broken"),
        ({"timeout": "soon"}, 6.0, "resolver_silent"),
    ],
)
def test_an_answer_that_comes_later_than_this_host_waits(options, took, cause):
    lookup = replace(resolved(), kind="dns.temporary_failure", seconds=10.0)
    config = reading("host", "resolver_config", options=options, nameservers=["a"])
    answer = replace(said("a", "NOERROR", "192.0.2.7"), seconds=took)

    assert judge((parsed(), config, lookup, answer)).cause == cause


def test_a_lookup_that_hangs_where_the_resolver_answers() -> None:
    hangs = replace(resolved(), kind="dns.timed_out", facts={"addresses": [], "timed_out": True})
    answer = reading("http", "request", state="ok", status=200, outcome="answered")
    found = judge(
        (parsed(), hangs, said("a", "NOERROR", "192.0.2.7"), connected("192.0.2.7"), answer)
    )

    assert (found.cause, found.where) == ("nsswitch_broken", "this host")


def test_a_name_that_the_proxy_looks_up_is_not_judged_by_its_address_here() -> None:
    entry = reading("host", "hosts_file", addresses=["127.0.0.1"], line=2, path="h")
    proxy = reading("proxy", "connect", state="ok", proxy="http://p:3128")
    missing = reading("http", "request", state="failed", status=404, outcome="answered")
    here = (entry, resolved("127.0.0.1"), said("a", "NOERROR", "192.0.2.7"))

    assert judge((parsed(), *here, proxy, missing)).cause == "not_found"


def test_localhost_is_no_other_host() -> None:
    entry = reading("host", "hosts_file", addresses=["192.0.2.7"], line=1, path="h")
    elsewhere = (entry, resolved("192.0.2.7"), connected("192.0.2.7", "refused"))

    assert judge((parsed(host="localhost"), *elsewhere)).cause == "hosts_file_override"
    assert judge((parsed(), *elsewhere)).cause == "service_down"


@pytest.mark.parametrize(
    ("server", "on_link", "cause"),
    [
        ("192.0.2.53", True, "resolver_unreachable"),  # it is off: the gateway is not to blame
        ("192.0.2.1", True, "gateway_dead"),  # the gateway is the resolver
        ("198.51.100.53", False, "gateway_dead"),
    ],
)
def test_a_resolver_of_this_network_that_is_off_is_not_the_gateway(server, on_link, cause):
    nobody = {"type": 3, "code": 1, "sender": "192.0.2.2", "own": True, "is_target": False}
    route = reading("host", "route", family=4, route=True, default=True, gateway="192.0.2.1")
    dead = said(server, None, error="EHOSTUNREACH", icmp=nobody, on_link=on_link)

    found = judge((parsed(), route, resolved(), dead))

    assert found.cause == cause
    assert server in found.summary or cause == "gateway_dead"


def test_what_could_not_be_read_of_this_host_decides_nothing() -> None:
    unread = [
        reading("host", what, state="skipped", result="it cannot be read here")
        for what in ("interfaces", "route", "resolver_config", "hosts_file", "proxy_variables")
    ]

    found = judge((parsed(), *unread, resolved(), said("a", None, timed_out=True)))

    assert (found.cause, found.kind) == ("resolver_silent", "dns.unreachable")


@pytest.mark.parametrize(
    ("answers", "other", "cause"),
    [
        ({"a": ["192.0.2.9"], "b": ["192.0.2.2"]}, "192.0.2.2", "resolvers_disagree"),
        ({"a": ["192.0.2.9", "192.0.2.2"]}, "192.0.2.2", "path_silent"),
        ({"a": ["192.0.2.9"]}, "192.0.2.9", "path_silent"),  # was only slow the first time
        ({"a": ["192.0.2.2"]}, "192.0.2.2", "path_silent"),  # nobody gives what was used
    ],
)
def test_who_gives_both_addresses_lies_about_neither(
    answers: dict[str, list[str]], other: str, cause: str
) -> None:
    said_by = [said(server, "NOERROR", *found) for server, found in answers.items()]
    known = {"address": other, "port": 80, "family": 4, "outcome": "open", "role": "other_answer"}
    opens = reading("neighbours", "connect", f"{other}:80", **known)
    used = "192.0.2.9"

    found = judge((parsed(), resolved(used), *said_by, connected(used, "timeout"), opens))

    assert found.cause == cause
