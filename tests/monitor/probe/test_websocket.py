import base64
import hashlib
from contextlib import suppress

import pytest
from until import until

from ringback.testing.lab.healthy import over_tls

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Server:
    """Takes connections over as RFC 6455 says, and remembers what it was sent."""

    def __init__(self):
        self.requests, self.frames = [], []

    def __call__(self, connection):
        request = connection.read_head()
        if request is None:  # the probe does not trust the certificate
            return
        self.requests.append(request)
        key = request.headers["sec-websocket-key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        connection.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n\x81\x02hi"
        )
        with suppress(OSError):  # the probe is gone once it has said goodbye
            self.frames.append(connection.read())


def at(looking, port, scheme="ws", path="/chat?room=1", **options):
    return looking.at(f"{scheme}://127.0.0.1:{port}{path}", "websocket", **options)


def answering(text):
    def serve(connection):
        connection.read()
        connection.send(text)

    return serve


def test_a_server_that_takes_the_connection_over(looking, lab):
    server = Server()
    check = at(looking, lab.listen(server).port, headers={"Origin": "https://shop.example"})

    assert (check.up, check.status) == (True, 101), check.detail
    assert set(check.timings) == {"dns", "connect", "first_byte", "transfer"}
    (request,) = server.requests
    assert request.target == "/chat?room=1"
    assert request.headers["origin"] == "https://shop.example"
    until(lambda: server.frames == [b"\x88\x82\0\0\0\0\x03\xe8"])  # read after the check's end


def test_one_over_tls(looking, lab):
    port = lab.listen(over_tls(lab.certificates.server(), Server())).port

    check = at(looking, port, "wss", ca=lab.certificates.bundle)
    assert check.up is True, check.detail
    assert check.certificate is not None
    assert at(looking, port, "wss").kind.startswith("tls.cert.authority_invalid")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"HTTP/1.1 503 -\r\n\r\n", "http.error.unavailable"),
        (b"HTTP/1.1 401 -\r\n\r\n", "http.error.auth"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "http.error"),
        (b"HTTP/1.1 101 -\r\nSec-WebSocket-Accept: eA==\r\n\r\n", "service.rejected"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "http.response.invalid.not_http"),
        (b"HTTP/1.1 abc\r\n\r\n", "http.response.invalid.not_http"),
        (b"HTTP/1.1 101 -\r\n", "service.rejected"),
        (b"HTTP/1.1 101 -\r\n" + b"x: y\r\n" * 20_000, "http.response.headers.truncated"),
        (b"", "tcp.closed"),
    ],
)
def test_every_other_answer_has_a_kind(looking, lab, said, kind):
    check = at(looking, lab.listen(answering(said)).port)

    assert (check.up, check.kind) == (False, kind), check.detail
