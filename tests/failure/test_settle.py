import errno
import os

import pytest

from ringback import classify
from ringback.failure.clue import TIMEOUT
from ringback.failure.settle import delivered_in, settle


def test_a_timeout_without_phase_is_the_callers_deadline():
    assert settle(TIMEOUT, "unknown").kind == "client.deadline_exceeded"


@pytest.mark.parametrize("phase", ["send", "wait", "body", "tls"])
def test_the_kernels_timeout_after_connecting_is_of_an_established_connection(phase):
    assert settle("tcp.timed_out", phase).kind == "tcp.timed_out.established"
    assert settle("tcp.timed_out", "connect").kind == "tcp.timed_out"


@pytest.mark.parametrize("kind", ["tcp.reset", "tcp.closed", "http.response.invalid.empty"])
def test_a_loss_on_a_used_connection_before_the_answer_is_stale(kind):
    assert settle(kind, "wait", reused=True).kind == "tcp.closed.stale"
    assert settle(kind, "send", reused=True).kind == "tcp.closed.stale"
    assert settle(kind, "body", reused=True).kind == kind
    assert settle(kind, "wait").kind == kind


@pytest.mark.parametrize(
    ("kind", "phase", "outer"),
    [
        ("tcp.refused", "connect", "proxy.unreachable"),
        ("dns.name_not_resolved", "dns", "proxy.unreachable"),
        ("tcp.reset", "proxy", "proxy.no_response"),
        ("tls.closed", "tls", "proxy.no_response"),
        (TIMEOUT, "proxy", "proxy.no_response"),
        ("http.response.invalid.not_http", "proxy", "proxy.protocol_error"),
        ("tls.protocol.error.not_tls", "tls", "proxy.protocol_error"),
    ],
)
def test_what_happens_on_the_way_to_a_proxy_is_the_proxys(kind, phase, outer):
    settled = settle(kind, phase, proxied=True)
    assert (settled.kind, settled.delivered) == (outer, "no")
    assert settled.via in {kind, None}


def test_our_own_faults_stay_ours_on_the_way_to_a_proxy():
    assert (
        settle("config.tls_files_invalid", "tls", proxied=True).kind == "config.tls_files_invalid"
    )
    assert settle("url.invalid", "proxy").via is None


@pytest.mark.parametrize(
    "kind",
    ["tcp.address_unreachable.host", "tcp.timed_out", "tls.closed", "tls.timed_out", "tcp.reset"],
)
def test_what_can_end_an_open_connection_is_never_taken_for_unsent(kind):
    assert delivered_in(kind, "connect") == "no"
    assert delivered_in(kind, "wait") == "maybe"
    assert delivered_in(kind, "body") == "yes"
    assert delivered_in(kind, "unknown") == "maybe"


@pytest.mark.parametrize("number", [errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT])
def test_a_bare_number_does_not_show_that_nothing_was_sent(number):
    assert classify(OSError(number, os.strerror(number))).delivered == "maybe"


def test_a_connect_that_says_so_shows_it():
    call = "Connect call failed ('203.0.113.1', 80)"

    assert classify(OSError(errno.EHOSTUNREACH, call)).delivered == "no"
    assert classify(ConnectionRefusedError(errno.ECONNREFUSED, "x")).delivered == "no"
