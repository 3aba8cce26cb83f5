"""Every combination of what can be known of an exchange."""

import itertools

import pytest

from ringback.client.wire import Wire, delivered
from ringback.failure import Failure
from ringback.failure.kinds import KINDS

USUAL = ("no", "maybe", "yes")
ACKNOWLEDGED = {
    "unknown": {},
    "all": {"unacknowledged": 0},
    "some": {"unacknowledged": 10, "overhead": 0, "retransmits": 2},
    "none": {"unacknowledged": 100, "overhead": 0, "retransmits": 2},
}


def wire(phase="wait", sent=100, received=0, acknowledged="unknown", **known):
    made = Wire()
    known = {"phase": phase, "sent": sent, "sends": 1, "received": received, **known}
    for name, value in {**known, **ACKNOWLEDGED[acknowledged]}.items():
        setattr(made, name, value)
    return made


def failure(usual="maybe", kind="tcp.reset"):
    return Failure(kind, "unknown", usual)


COMBINATIONS = list(
    itertools.product(
        ("send", "wait", "body"), (0, 50), ACKNOWLEDGED, (False, True), (False, True), USUAL
    )
)


@pytest.mark.parametrize("usual", USUAL)
def test_without_an_exchange_the_exception_decides(usual):
    assert delivered(None, failure(usual)) == usual


@pytest.mark.parametrize("phase", ["connect", "proxy", "tls", "send", "wait"])
@pytest.mark.parametrize("usual", USUAL)
def test_what_was_not_handed_over_was_not_delivered(phase, usual):
    assert delivered(wire(phase, sent=0), failure(usual)) == "no"
    assert delivered(wire(phase, sent=0, broken=True, reused=True), failure(usual)) == "no"


@pytest.mark.parametrize("usual", USUAL)
def test_a_status_is_left_as_it_is(usual):
    for kind in ("http.error", "http.error.unavailable", "http.error.captive_portal"):
        assert delivered(wire(sent=0), failure(usual, kind)) == usual


def test_what_was_handed_over_is_only_denied_by_the_kernel():
    wrong = []
    for row in COMBINATIONS:
        phase, received, known, proxied, reused, usual = row
        expected = "maybe" if usual == "no" else usual
        if not received and known == "none":
            expected = "no"
        elif not received and known == "all" and phase != "send" and not proxied:
            expected = "yes"
        exchange = wire(phase, 100, received, known, proxied=proxied, reused=reused)
        if (found := delivered(exchange, failure(usual))) != expected:
            wrong.append((row, found, expected))
    assert wrong == []


def test_an_upload_that_broke_off_is_at_most_maybe():
    exchange = wire("wait", acknowledged="all", broken=True)
    assert delivered(exchange, failure()) == "maybe"


def test_a_stale_connection_may_have_delivered():
    stale = failure(kind="tcp.closed.stale")
    assert delivered(wire(reused=True), stale) == "maybe"
    assert delivered(wire("send", sent=0, reused=True), stale) == "no"


def test_a_certificate_that_a_fresh_handshake_refused_comes_before_the_request():
    refused = failure("no", "tls.bad_client_auth_cert")
    assert delivered(wire(), refused) == "no"
    assert delivered(wire(reused=True), refused) == "maybe"
    assert delivered(wire(received=1), refused) == "maybe"


def test_there_is_an_answer_for_every_kind():
    for exchange in (None, wire(), wire(sent=0), wire(received=9), wire(acknowledged="none")):
        for name, kind in KINDS.items():
            assert delivered(exchange, Failure(name, "unknown", kind.delivered)) in USUAL
