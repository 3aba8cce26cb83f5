"""What the kernel says of a request after a timeout, on loopback and on a path that is lost."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import sys

import pytest
from nightly import rest_nightly
from until import until

from ringback.client.urllib3 import HTTPConnection, HTTPSConnection
from ringback.client.wire import Wire, delivered, note_acknowledged
from ringback.failure import Failure
from ringback.testing.lab import network
from ringback.testing.lab.fault import missing
from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.namespace import run
from ringback.testing.lab.timing import silent
from tests.requires import requires

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

SHORT = 0.1
"""Seconds for what is not to come."""

PATIENT = 30.0
"""Seconds for all that is to succeed."""

WAY = ("198.51.100.0/24", "via", "192.0.2.1")
"""From the client to the server."""


def limited(connection, timeout):
    """Connect in any time, where that has not been done; what follows has so many seconds."""
    if connection.sock is None:
        connection.connect()
    connection.timeout = timeout
    connection.sock.settimeout(timeout)


def tried_again(connection):
    """Whether the kernel has sent twice again what nobody has acknowledged."""
    return connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[2] >= 2


def exchange(connection, method="GET", body=None, lost=False):
    """Make an exchange that times out; return what is known, and whether a close would abort."""
    with contextlib.closing(connection):
        limited(connection, SHORT)
        try:
            connection.request(method, "/", body=body)
            until(lambda: not lost or tried_again(connection))
            connection.getresponse()
        except TimeoutError:
            lingering = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    return connection.wire, struct.unpack("ii", lingering) == (1, 0)


def plain(endpoint):
    return HTTPConnection(endpoint.host, endpoint.port, timeout=PATIENT)


def secure(lab, endpoint, version=ssl.TLSVersion.TLSv1_3, ciphers=None):
    context = ssl.create_default_context(cafile=lab.certificates.bundle)
    context.check_hostname = False  # 1.26 names no address to the server
    context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    connection = HTTPSConnection(endpoint.host, endpoint.port, timeout=PATIENT, ssl_context=context)
    connection.assert_hostname = False
    return connection


def timed_out():
    return Failure("http.response.timed_out", "wait", "maybe")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_silent_has_the_request(lab, scheme):
    requires("cryptography")
    if scheme == "http":
        connection = plain(lab.listen(silent))
    else:
        served = over_tls(lab.certificates.server("good"), silent)
        connection = secure(lab, lab.listen(served, scheme="https"))
    wire, aborts = exchange(connection)
    assert wire.acknowledged == "all"
    assert delivered(wire, timed_out()) == "yes"
    assert not aborts


@pytest.mark.parametrize("name", ["upload_not_read", "upload_not_read_tls"])
def test_a_server_that_does_not_read_has_some_of_the_request(lab, name):
    requires("cryptography")
    met = lab.start(f"http.request.timed_out:{name}")
    connection = secure(lab, met) if met.verify else plain(met)
    wire, aborts = exchange(connection, "POST", bytes(64 << 20))
    assert 0 < wire.sent < 64 << 20
    assert wire.unacknowledged > 0
    assert delivered(wire, Failure("http.request.timed_out", "send", "maybe")) == "maybe"
    assert not aborts


@pytest.fixture
def hosts(lab):
    if missing(network.NEEDS):
        requires(*network.NEEDS)
    hosts = network.topology(lab)
    try_again_after(hosts, "20ms")
    return hosts


def try_again_after(hosts, time):
    run(hosts.client, ["ip", "route", "change", *WAY, "rto_min", time])


@pytest.mark.netns
def test_a_request_that_is_lost_on_the_way_was_not_delivered(lab, hosts):
    met = lab.start("http.response.timed_out:request_lost")
    with hosts.inside("client"):
        wire, aborts = exchange(plain(met), lost=True)
    assert wire.acknowledged == "none"
    assert delivered(wire, timed_out()) == "no"
    assert aborts


@pytest.mark.netns
def test_a_timeout_before_the_kernel_has_tried_again_shows_nothing(lab, hosts):
    met = lab.start("http.response.timed_out:request_lost")
    try_again_after(hosts, "60s")  # longer than any machine may stand still
    with hosts.inside("client"):
        wire, aborts = exchange(plain(met))
    assert wire.acknowledged == "unknown"
    assert delivered(wire, timed_out()) == "maybe"
    assert not aborts


TLS = {
    "1.3": (ssl.TLSVersion.TLSv1_3, None, "none"),
    "1.2 ChaCha": (ssl.TLSVersion.TLSv1_2, "ECDHE+CHACHA20", "none"),
    "1.2 CBC": (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256", "unknown"),
}


@pytest.mark.netns
@pytest.mark.parametrize("name", rest_nightly(TLS))
def test_a_request_that_is_lost_over_tls_was_not_delivered(lab, hosts, name):
    """The path is lost once the handshake is over."""
    version, ciphers, acknowledged = TLS[name]
    met = hosts.listen(lab, over_tls(lab.certificates.server("good"), silent))
    connection = secure(lab, met, version, ciphers)
    with hosts.inside("client"):
        connection.connect()
    hosts.filter(met, "-j", "DROP")
    wire, aborts = exchange(connection, "POST", iter([bytes(500)] * 5), lost=True)
    assert wire.sends > 5
    assert wire.acknowledged == acknowledged
    assert delivered(wire, timed_out()) == ("no" if acknowledged == "none" else "maybe")
    assert aborts == (acknowledged == "none")


@pytest.mark.netns
def test_an_upload_that_is_lost_within_may_have_been_delivered_in_part(lab, hosts):
    met = hosts.listen(lab, silent)
    connection = plain(met)
    with hosts.inside("client"):
        limited(connection, SHORT)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "100000")
    connection.endheaders()
    until(lambda: met.seen and met.seen[0].received)
    hosts.filter(met, "-j", "DROP")
    with contextlib.closing(connection):
        connection.send(bytes(2_000))
        until(lambda: tried_again(connection))
        with pytest.raises(TimeoutError):
            connection.response_class(connection.sock).begin()
    assert connection.wire.acknowledged == "some"
    assert delivered(connection.wire, timed_out()) == "maybe"


def test_without_a_socket_of_the_kernels_nothing_is_known():
    wire = Wire()
    wire.sent = 1
    note_acknowledged(object(), wire)
    closed = socket.socket()
    closed.close()
    note_acknowledged(closed, wire)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        note_acknowledged(ours, wire)
    assert wire.acknowledged == "unknown"
