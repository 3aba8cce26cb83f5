"""What a redirect leads to, judged from readings alone."""

from dataclasses import asdict

import pytest

from ringback.diagnosis.model import Reading
from ringback.diagnosis.verdict import judge

_SHOP = "https://shop.example.net/"


def reading(layer, what, subject="", *, state="ok", kind=None, **facts):
    return Reading(layer=layer, what=what, subject=subject, state=state, kind=kind, facts=facts)


def parse(host, port):
    return reading("url", "parse", host=host, port=port, protocol="http", is_address=False)


def connect(port, outcome, *, address="192.0.2.7", icmp=None, kind=None):
    facts = {"address": address, "port": port, "family": 4, "outcome": outcome, "icmp": icmp}
    state = "ok" if outcome == "open" else "failed"
    return reading("tcp", "connect", f"{address}:{port}", state=state, kind=kind, **facts)


def redirected(**facts):
    """A target that answers with a redirect."""
    return [
        parse("www.example.org", 80),
        connect(80, "open"),
        reading("http", "request", "http://www.example.org/", outcome="answered", status=302),
        reading("http", "redirect", _SHOP, state="noted", followed=True, **facts),
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
        connect(443, "open"),
        reading(
            "http",
            "request",
            _SHOP,
            state="failed",
            kind="http.error",
            outcome="answered",
            status=status,
        ),
    )


@pytest.mark.parametrize(("status", "cause"), [(500, "server_error"), (429, "rate_limited")])
def test_a_redirect_to_another_host_that_fails_is_not_healthy(status, cause):
    verdict = judge([*redirected(leaves_host=True), elsewhere(*answer(status), answered=True)])

    assert verdict.cause == cause


def test_a_redirect_to_plain_http_on_another_hosts_tls_port_is_not_healthy():
    asked = {"outcome": "answered", "status": 400, "plain_to_tls": True}
    there = [
        parse("shop.example.net", 443),
        connect(443, "open"),
        reading("http", "request", "http://shop.example.net:443/", state="failed", **asked),
    ]
    verdict = judge([*redirected(leaves_host=True), elsewhere(*there, answered=True)])

    assert (verdict.cause, verdict.where) == ("plain_on_tls_port", "their application")


def test_a_host_that_there_was_no_time_left_for_is_not_called_broken():
    there = (parse("shop.example.net", 443), connect(443, "timeout", kind="tcp.timed_out"))
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
    made = connect(443, outcome, icmp=icmp, kind="tcp.failed")
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
    spoken = reading("tls", "plain", state="noted", speaks="http")
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
    silent = connect(5000, "timeout", address="127.0.0.1", kind="tcp.timed_out")
    verdict = judge([parse("localhost", 5000), silent])
    open_ = connect(5001, "open", address="127.0.0.1")
    beside = reading(
        "neighbours", "connect", open_.subject, state="noted", **open_.facts, role="common"
    )
    other = judge([parse("localhost", 5000), silent, beside])

    assert (verdict.cause, verdict.where) == ("local_firewall", "this host")
    assert [alternative.cause for alternative in verdict.alternatives] == ["overloaded"]
    assert (other.cause, other.where) == ("overloaded", "this host")
    assert [alternative.cause for alternative in other.alternatives] == ["local_firewall"]
