"""What a redirect leads to, judged from readings alone."""

from dataclasses import asdict
from functools import partial

import pytest
from diagnosis.verdict.readings import connected, parsed, reading

from ringback.diagnosis.verdict import judge

_SHOP = "https://shop.example.net/"


connect = partial(connected, "192.0.2.7")


def parse(host, port):
    return parsed(scheme="http", host=host, port=port, tls=False)


def redirected(**facts):
    """A target that answers with a redirect."""
    return [
        parse("www.example.org", 80),
        connect(port=80),
        reading("http", "request", "http://www.example.org/", outcome="answered", status=302),
        reading("http", "redirect", _SHOP, followed=True, **facts),
    ]


def elsewhere(*readings, answered=False, **facts):
    told = [{**asdict(reading), "about": reading.subject} for reading in readings]
    for written in told:
        del written["subject"]
    state = "ok" if answered else "failed"
    return reading(
        "http", "elsewhere", _SHOP, state=state, answered=answered, readings=told, **facts
    )


def answer(status):
    return (
        parse("shop.example.net", 443),
        connect(),
        reading("http", "request", _SHOP, state="failed", outcome="answered", status=status),
    )


@pytest.mark.parametrize(("status", "cause"), [(500, "server_error"), (429, "rate_limited")])
def test_a_redirect_to_another_host_that_fails_is_not_healthy(status, cause):
    verdict = judge([*redirected(leaves_host=True), elsewhere(*answer(status), answered=True)])

    assert verdict.cause == cause


def test_a_redirect_to_plain_http_on_another_hosts_tls_port_is_not_healthy():
    asked = {"outcome": "answered", "status": 400, "plain_to_tls": True}
    there = [
        parse("shop.example.net", 443),
        connect(),
        reading("http", "request", "http://shop.example.net:443/", state="failed", **asked),
    ]
    verdict = judge([*redirected(leaves_host=True), elsewhere(*there, answered=True)])

    assert (verdict.cause, verdict.where) == ("plain_on_tls_port", "their application")


def test_a_host_that_there_was_no_time_left_for_is_not_called_broken():
    there = (parse("shop.example.net", 443), connect("timeout"))
    verdict = judge([*redirected(leaves_host=True), elsewhere(*there, complete=False)])

    assert verdict.kind == "unknown"


def test_a_redirect_whose_end_was_not_seen_is_neither_healthy_nor_broken():
    assert judge(redirected(leaves_host=True)).kind == "unknown"


@pytest.mark.parametrize(
    ("outcome", "icmp", "cause", "also"),
    [
        ("refused", None, "service_down", "firewall_rejects"),
        ("timeout", None, "firewall_drops", "overloaded"),
        ("prohibited", {"type": 3, "code": 13, "sender": "203.0.113.2"}, "firewall_rejects", ""),
    ],
)
def test_the_cause_behind_a_redirect_follows_from_how_the_connection_came_out(
    outcome, icmp, cause, also
):
    made = connect(outcome, icmp=icmp)
    failed = reading(
        "http", "connection", made.subject, state="failed", kind=made.kind, **made.facts
    )
    verdict = judge([*redirected(to_tls=True), failed])

    assert verdict.cause == cause
    assert also in {"", *(alternative.cause for alternative in verdict.alternatives)}


@pytest.mark.parametrize("port", [80, 8443])
def test_a_scheme_that_does_not_fit_the_port_is_the_fault_of_the_redirect(port):
    shaken = reading(
        "tls", "handshake", state="failed", address="192.0.2.7", port=port, error="not_tls"
    )
    spoken = reading("tls", "plain", speaks="http")
    verdict = judge([*redirected(to_tls=True), shaken, spoken])

    assert (verdict.cause, verdict.where) == ("tls_on_plain_port", "their application")
    assert verdict.summary.startswith("www.example.org:80 redirects to ")
    assert f"www.example.org:{port} answers" in verdict.summary
    assert "X-Forwarded-Port" in " ".join(verdict.advice)


def test_a_redirect_to_plain_http_on_a_port_with_tls():
    refused = {"outcome": "answered", "status": 400, "plain_to_tls": True}
    asked = reading("url", "parse", host="www.example.org", port=443, protocol="http", tls=True)
    verdict = judge(
        [
            asked,
            *redirected()[1:],
            reading("http", "request", "http://www.example.org:443/", state="failed", **refused),
        ]
    )

    assert (verdict.cause, verdict.where) == ("plain_on_tls_port", "their application")


def test_a_silent_port_of_loopback_is_a_firewall_or_a_full_queue_of_this_host():
    silent = connected("127.0.0.1", "timeout", port=5000)
    verdict = judge([parse("localhost", 5000), silent])
    open_ = connected("127.0.0.1", port=5001)
    beside = reading("neighbours", "connect", open_.subject, **open_.facts, role="common")
    other = judge([parse("localhost", 5000), silent, beside])

    assert (verdict.cause, verdict.where) == ("local_firewall", "this host")
    assert [alternative.cause for alternative in verdict.alternatives] == ["overloaded"]
    assert (other.cause, other.where) == ("overloaded", "this host")
    assert [alternative.cause for alternative in other.alternatives] == ["local_firewall"]
