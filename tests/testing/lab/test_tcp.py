import re

import pytest

from tests.testing.lab.wire import GET, UPLOAD, connect, exchange

HEAD = rb"HTTP/1.1 200 OK\r\n.*\r\n\r\n"

ENDED = {
    "tcp.reset:on_accept": (b"", rb"", "rst", 0),
    "tcp.reset:mid_request": (UPLOAD, rb"", "rst", 0),
    "tcp.reset:after_request": (GET, rb"", "rst", 1),
    "tcp.reset:mid_headers": (GET, rb"HTTP/1.1 200 OK\r\nContent-Type: text/pl", "rst", 1),
    "tcp.reset:mid_body": (GET, HEAD + rb"x{400}", "rst", 1),
    "tcp.closed:on_accept": (b"", rb"", "fin", 0),
}


@pytest.mark.parametrize("name", ENDED)
def test_the_server_ends_the_connection_at_that_point(lab, name):
    sent, received, end, requests = ENDED[name]
    endpoint = lab.start(name)
    seen = exchange(endpoint, sent)
    assert re.fullmatch(received, seen.received, re.DOTALL)
    assert seen.end == end
    assert [connection.ended for connection in endpoint.seen] == [end]
    assert endpoint.requests == requests


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
