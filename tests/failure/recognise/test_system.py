import errno
import socket

import pytest

from ringback import classify


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ECONNREFUSED, "tcp.refused"),
        (errno.ECONNRESET, "tcp.reset"),
        (errno.ENETUNREACH, "tcp.address_unreachable.network"),
        (errno.EHOSTUNREACH, "tcp.address_unreachable.host"),
        (errno.ENOBUFS, "client.resources_exhausted"),
        (10061, "tcp.refused"),
        (10054, "tcp.reset"),
    ],
)
def test_the_number_decides_whatever_the_language(number, kind):
    failure = classify(OSError(number, "Соединение"))
    assert (failure.kind, failure.errno) == (kind, number)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (socket.EAI_NONAME, "dns.name_not_resolved"),
        (socket.EAI_AGAIN, "dns.temporary_failure"),
        (11001, "dns.name_not_resolved"),
        (11004, "dns.no_address"),
        (8, "dns.name_not_resolved"),
    ],
)
def test_a_resolvers_number_is_not_the_systems(number, kind):
    assert classify(socket.gaierror(number, "x")).kind == kind


def test_a_resolver_that_says_one_thing_for_all_is_not_believed():
    error = socket.gaierror("Name or service not known: a.test using 1 resolver(s)")
    assert classify(error).kind == "dns.failed"


def test_a_bare_tunnel_error_is_the_proxys():
    failure = classify(OSError("Tunnel connection failed: 403 Forbidden"))
    assert (failure.kind, failure.delivered, failure.code) == ("proxy.denied", "no", "403")


def test_a_port_that_is_none_is_ours():
    with pytest.raises(OverflowError) as caught, socket.socket() as one:
        one.connect(("127.0.0.1", 99999))
    assert classify(caught.value).kind == "url.invalid"
