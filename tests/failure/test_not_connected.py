"""An address that could not be connected to is named quickly, and as it is named otherwise."""

import errno
import socket

import httpx
import pytest
import urllib3

from ringback.client.dial import dial
from ringback.failure import Target, classify
from ringback.failure.classify import classify_exchange

NUMBERS = (
    errno.ECONNREFUSED,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.EACCES,
    errno.EADDRNOTAVAIL,
    errno.ECONNRESET,
    errno.ETIMEDOUT,
    None,
)
ADDRESSES = ("127.0.0.1:1", "[::1]:1")
"""Where a connect was tried."""


@pytest.fixture
def refused():
    """The port of a socket that nobody listens at."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def _named(error, target):
    """The failure as it is named quickly, and as it is named otherwise."""
    return (
        classify_exchange(error, target, direct=True),
        classify_exchange(error, target, direct=False),
    )


def _raised(error, cause):
    try:
        try:
            raise cause
        except OSError:
            raise error from cause
    except Exception as outer:  # noqa: BLE001 - any of them
        return outer


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("known", [None, "127.0.0.9"])
def test_each_number_is_named_alike(number, address, known):
    target = Target("http://a/", "http", "a", 1, known)
    lead = TimeoutError("timed out") if number is None else OSError(number, "said")
    lead.__dict__["connect_attempts"] = ((address, number),)
    for error in (lead, _raised(httpx.ConnectError("said"), lead)):
        quick, slow = _named(error, target)
        assert quick == slow
        assert quick.delivered == "no"


def test_what_urllib3_raises_over_ours_is_named_alike(refused):
    target = Target("http://a/", "http", "127.0.0.1", refused)
    pool = urllib3.HTTPConnectionPool("127.0.0.1", refused)
    with pytest.raises(ConnectionRefusedError) as caught:
        dial("127.0.0.1", refused, timeout=5)
    connection = urllib3.connection.HTTPConnection("127.0.0.1", refused)
    inner = _raised(urllib3.exceptions.NewConnectionError(connection, "no"), caught.value)
    error = _raised(urllib3.exceptions.MaxRetryError(pool, "/", inner), inner)
    quick, slow = _named(error, target)
    assert quick == slow
    assert quick.evidence[0] == "ECONNREFUSED"


def test_several_addresses_and_other_failures_are_left_to_the_whole_chain():
    lead = OSError(errno.ECONNREFUSED, "said")
    lead.__dict__["connect_attempts"] = (("127.0.0.1:1", errno.ECONNREFUSED), ("127.0.0.2:1", None))
    target = Target("http://a/", "http", "a", 1)
    quick, slow = _named(lead, target)
    assert quick == slow
    assert len(quick.addresses) == 2
    lost = _raised(httpx.ReadError("lost"), ConnectionResetError(errno.ECONNRESET, "reset"))
    assert classify_exchange(lost, target, direct=True) == classify(lost, target=target)
