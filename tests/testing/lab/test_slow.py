import re
import time

import pytest

from tests.requires import requires
from tests.testing.lab.wire import (
    GET,
    SILENCE,
    UPLOAD,
    accepted,
    connect,
    read_to_end,
    silence_after,
    trusting,
)

HEAD = rb"HTTP/1.1 200 OK\r\n.*\r\n\r\n"

STALLED = {
    "http.response.timed_out:silent": rb"",
    "http.response.timed_out:mid_headers": rb"HTTP/1.1 200 OK\r\nContent-Type: text/pl",
    "http.response.body_timed_out:mid_body": HEAD + rb"x{400}",
}
TRICKLING = {
    "http.response.timed_out:trickling_headers": rb"HTTP/1.1 200 OK\r\nX{3}",
    "http.response.body_timed_out:trickling_body": HEAD + rb"x{3}",
}
DEAF = "http.request.timed_out:upload_not_read"
TESTED = {*STALLED, *TRICKLING, DEAF, f"{DEAF}_tls"}


@pytest.mark.parametrize("name", STALLED)
def test_the_server_falls_silent_and_keeps_the_connection(lab, name):
    endpoint = lab.start(name)
    seen = silence_after(endpoint, GET, STALLED[name])
    assert re.fullmatch(STALLED[name], seen.received, re.DOTALL)
    assert seen.end == "silence"
    assert endpoint.requests == 1


@pytest.mark.parametrize("name", TRICKLING)
def test_bytes_come_one_by_one_without_end(lab, name, monkeypatch):
    pause = 0.01
    monkeypatch.setattr("ringback.testing.lab.timing.TRICKLE_PAUSE", pause)
    endpoint = lab.start(name)
    with connect(endpoint) as connected:
        began = time.monotonic()
        connected.sendall(GET)
        seen = read_to_end(connected, until=TRICKLING[name])
        assert seen.end == "open"
        more = connected.recv(65536)
        # However late this test comes to read: no byte was sent without its pause.
        most = (time.monotonic() - began) / pause
    assert more
    assert len(re.search(rb"[xX]*\Z", seen.received + more)[0]) <= most + 1


def test_an_upload_that_is_not_read_fills_the_window(lab):
    endpoint = lab.start(DEAF)
    with connect(endpoint, patience=SILENCE) as connected:
        connected.sendall(UPLOAD)
        with pytest.raises(TimeoutError):
            connected.sendall(bytes(64 << 20))
    assert accepted(endpoint).received == b""
    assert endpoint.requests == 0


def test_an_upload_over_tls_that_is_not_read_fills_the_window(lab):
    requires("cryptography")
    endpoint = lab.start(f"{DEAF}_tls")
    with (
        connect(endpoint) as plain,
        trusting(endpoint).wrap_socket(plain, server_hostname="127.0.0.1") as connected,
    ):
        connected.settimeout(SILENCE)
        with pytest.raises(TimeoutError):
            connected.sendall(bytes(64 << 20))
    assert accepted(endpoint).received == b""
