import errno
import os

import pytest

from ringback import classify
from ringback.failure.settle import delivered_in


@pytest.mark.parametrize(
    "kind", ["tcp.address_unreachable.host", "tcp.timed_out", "tls.closed", "tcp.reset"]
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
