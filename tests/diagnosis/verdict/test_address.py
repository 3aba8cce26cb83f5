"""Addresses that no connection can be made to, and packets that do not live long enough."""

from functools import partial
from typing import Any

import pytest
from diagnosis.verdict.readings import connected, parsed, reading

from ringback.diagnosis.model import Reading
from ringback.diagnosis.verdict import judge


def asked(host: str) -> Reading:
    return parsed(scheme="http", host=host, port=80, tls=False, is_address=True)


failed = partial(connected, outcome="invalid", port=80)


def route_to(host: str, **facts: Any) -> Reading:
    known = {"address": host, "route": False, "table_type": None, "error": "EINVAL"}
    return reading("host", "route_to", host, state="failed", **(known | facts))


@pytest.mark.parametrize(
    ("host", "type_"), [("fe80::1", None), ("192.0.2.127", "broadcast"), ("224.0.0.7", "multicast")]
)
def test_an_address_that_is_no_host_is_the_fault_of_who_asks(host: str, type_: str | None) -> None:
    found = judge((asked(host), route_to(host, table_type=type_), failed(host)))

    assert (found.cause, found.where) == ("address_unusable", "this program")


def test_a_loopback_that_is_down() -> None:
    def seen(*, up: bool) -> str:
        lo = {"name": "lo", "up": up, "loopback": True, "addresses": []}
        here = reading("host", "interfaces", interfaces=[lo])
        return judge((asked("127.0.0.1"), here, failed("127.0.0.1", outcome="timeout"))).cause

    assert seen(up=False) == "loopback_down"
    assert seen(up=True) == "local_firewall"


DUAL = (
    reading("url", "parse", host="web.test", port=80, protocol="none"),
    reading("name", "getaddrinfo", state="ok", addresses=["2001:db8::7", "192.0.2.7"]),
)


def test_what_answers_from_afar_is_broken_and_not_what_is_stopped_here() -> None:
    here = route_to("2001:db8::7", family=6, error="EACCES", table_type="prohibit")
    there = route_to("192.0.2.7", family=4, error=None, route=True)
    stopped = failed("2001:db8::7", outcome="prohibited", errno="EACCES")

    def cause(outcome: str) -> str:
        return judge((*DUAL, here, there, stopped, failed("192.0.2.7", outcome=outcome))).cause

    assert cause("refused") == "service_down"
    assert cause("timeout") == "path_silent"
    assert judge((*DUAL, here, stopped)).cause == "local_policy_route"


def test_an_own_rule_for_one_address_explains_no_refusal_by_another() -> None:
    own = {"type": 1, "code": 4, "sender": "2001:db8::2", "own": True, "is_target": False}
    stopped = failed("2001:db8::7", outcome="refused", icmp=own)

    assert judge((*DUAL, stopped)).cause == "local_firewall"
    assert judge((*DUAL, stopped, failed("192.0.2.7", outcome="refused"))).cause == "service_down"


@pytest.mark.parametrize(("on_link", "where"), [(False, "this network"), (True, "their host")])
def test_who_does_not_answer_on_the_link_is_the_gateway_or_the_host(
    on_link: bool, where: str
) -> None:
    nobody = {"type": 3, "code": 1, "sender": "192.0.2.2", "own": True, "is_target": False}
    way = route_to("192.0.2.7", family=4, error=None, route=True, on_link=on_link)
    dead = failed("192.0.2.7", outcome="host_unreachable", icmp=nobody)
    found = judge((*DUAL, way, dead, failed("2001:db8::7", outcome="open")))

    assert (found.cause, found.where) == ("ipv4_dead", where)


def test_the_date_that_is_named_is_that_of_the_certificate_which_is_out_of_date() -> None:
    leaf = {"not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z"}
    above = {"not_before": "2016-01-01T00:00:00Z", "not_after": "2026-06-30T00:00:00Z"}
    chain = [leaf | {"days_left": 40.0}, above | {"days_left": -145.0}]
    shown = reading("tls", "chain", chain=chain)
    refused = {"error": "certificate", "verify_code": 10}
    handshake = reading("tls", "handshake", state="failed", **refused)

    found = judge((asked("192.0.2.7"), failed("192.0.2.7", outcome="open"), shown, handshake))

    assert found.cause == "certificate_expired"
    assert "(2026-06-30)" in found.summary
