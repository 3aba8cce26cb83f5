import errno
import os
import socket

from ringback import classify
from ringback.client.dial.tcp import ConnectAttempt, combined_error
from ringback.failure import AddressFailure

V6 = (socket.AF_INET6, 1, 6, "", ("2001:db8::1", 443, 0, 0))
V4 = (socket.AF_INET, 1, 6, "", ("192.0.2.1", 443))
NETWORK = "tcp.address_unreachable.network"


def failed(address, number):
    return ConnectAttempt(address, OSError(number, os.strerror(number)))


def silent(address):
    return ConnectAttempt(address, TimeoutError("timed out"))


def test_an_answer_beats_silence_and_silence_beats_no_route():
    refused = failed(V4, errno.ECONNREFUSED)
    no_route = failed(V6, errno.ENETUNREACH)

    assert combined_error([silent(V6), refused]) is refused.error
    assert combined_error([refused, no_route]) is refused.error
    assert isinstance(combined_error([no_route, silent(V4)]), TimeoutError)


def test_classify_reads_what_became_of_each_address():
    failure = classify(combined_error([failed(V6, errno.ENETUNREACH), silent(V4)]))

    assert failure.kind == "tcp.timed_out"
    assert (failure.phase, failure.delivered) == ("connect", "no")
    assert failure.addresses == (
        AddressFailure("[2001:db8::1]:443", NETWORK),
        AddressFailure("192.0.2.1:443", "tcp.timed_out"),
    )


def test_a_host_without_ipv6_is_not_short_of_ports():
    failure = classify(
        combined_error([failed(V6, errno.EADDRNOTAVAIL), failed(V4, errno.EADDRNOTAVAIL)])
    )

    assert [failed.kind for failed in failure.addresses] == [NETWORK, "client.local_address"]


def test_several_addresses_are_in_the_traceback():
    error = combined_error([failed(V6, errno.ENETUNREACH), silent(V4)])

    assert error.__notes__ == [
        "[2001:db8::1]:443: Network is unreachable",
        "192.0.2.1:443: timed out",
    ]
    assert not hasattr(combined_error([silent(V4)]), "__notes__")
