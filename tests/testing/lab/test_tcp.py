import contextlib
import re
import socket

import pytest

from tests.requires import requires
from tests.testing.lab.wire import GET, SILENCE, UPLOAD, connect, exchange, read_to_end

SYN_SENT = 2
HEAD = rb"HTTP/1.1 200 OK\r\n.*\r\n\r\n"

ENDED = {
    "tcp.reset:on_accept": (b"", rb"", "rst", 0),
    "tcp.reset:mid_request": (UPLOAD, rb"", "rst", 0),
    "tcp.reset:after_request": (GET, rb"", "rst", 1),
    "tcp.reset:mid_headers": (GET, rb"HTTP/1.1 200 OK\r\nContent-Type: text/pl", "rst", 1),
    "tcp.reset:mid_body": (GET, HEAD + rb"x{400}", "rst", 1),
    "tcp.closed:on_accept": (b"", rb"", "fin", 0),
}
REFUSED = ("tcp.refused", "tcp.refused:ipv6")
STALE = {"tcp.closed.stale": "fin", "tcp.closed.stale:reset": "rst"}
TESTED = {*ENDED, *REFUSED, *STALE, "tcp.closed:mid_request", "tcp.timed_out:backlog_full"}


@pytest.mark.parametrize("name", ENDED)
def test_the_server_ends_the_connection_at_that_point(lab, name):
    sent, received, end, requests = ENDED[name]
    endpoint = lab.start(name)
    seen = exchange(endpoint, sent)
    assert re.fullmatch(received, seen.received, re.DOTALL)
    assert seen.end == end
    assert [connection.ended for connection in endpoint.seen] == [end]
    assert endpoint.requests == requests


@pytest.mark.parametrize("name", REFUSED)
def test_a_closed_port_refuses(lab, name):
    if name.endswith("ipv6"):
        requires("ipv6")
    endpoint = lab.start(name)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            connect(endpoint)


def test_a_full_backlog_leaves_the_syn_without_an_answer(lab):
    endpoint = lab.start("tcp.timed_out:backlog_full")
    with socket.socket() as waiting:
        waiting.settimeout(SILENCE)
        with pytest.raises(TimeoutError):
            waiting.connect((endpoint.host, endpoint.port))
        assert waiting.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == SYN_SENT


def test_an_upload_after_a_fin_breaks_the_pipe(lab):
    endpoint = lab.start("tcp.closed:mid_request")
    with connect(endpoint) as connected:
        connected.sendall(UPLOAD)
        assert connected.recv(1) == b""
        with pytest.raises(BrokenPipeError):
            send_without_end(connected)
    assert endpoint.requests == 0


def send_without_end(connected):
    while True:
        connected.sendall(bytes(65536))


@pytest.mark.parametrize("name", STALE)
def test_a_kept_connection_ends_with_the_second_request(lab, name):
    endpoint = lab.start(name)
    with connect(endpoint) as connected:
        connected.sendall(GET)
        first = read_to_end(connected, until=HEAD + rb"\{.*\}")
        assert first.end == "open"
        assert b"close" not in first.received
        with contextlib.suppress(ConnectionResetError):
            connected.sendall(GET)
        second = read_to_end(connected)
    assert second.received == b""
    assert second.end == STALE[name]
