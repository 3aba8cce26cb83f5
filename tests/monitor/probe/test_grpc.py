"""The health service of gRPC, served by the library h2, whose headers are coded by Huffman."""

import struct

import h2.config
import h2.connection
import h2.events
import pytest

from ringback.monitor.config.address import AddressError, probe_address_of
from ringback.testing.lab.healthy import over_tls


class Health:
    """Serves a state of each service by its name; or a status of gRPC, or of HTTP."""

    def __init__(self, states=(("", 1),), code=0, status="200", words=""):
        self.states, self.code, self.status, self.words = dict(states), code, status, words
        self.asked = []

    def __call__(self, connection):
        h2_server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        h2_server.initiate_connection()
        h2_server.ping(b"pingpong")
        connection.send(h2_server.data_to_send())
        body, headers = b"", {}
        while data := connection.read():
            for event in h2_server.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    headers = dict(event.headers)
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data
                elif isinstance(event, h2.events.StreamEnded):
                    self.asked.append((headers, body))
                    self.answer(h2_server, event.stream_id, body[7:].decode())
            connection.send(h2_server.data_to_send())

    def answer(self, h2_server, stream, service):
        head = [(":status", self.status), ("content-type", "application/grpc")]
        code = self.code if self.code or service in self.states else 5
        trailers = [("grpc-status", str(code)), ("grpc-message", self.words)]
        if code or self.status != "200":
            h2_server.send_headers(stream, head + trailers, end_stream=True)
            return
        message = b"\x08" + bytes((self.states[service],))
        h2_server.send_headers(stream, [*head, ("grpc-accept-encoding", "gzip")])
        h2_server.send_data(stream, b"\0" + struct.pack("!I", len(message)) + message)
        h2_server.send_headers(stream, trailers, end_stream=True)


def at(looking, port, service="", scheme="grpc", **options):
    address = probe_address_of(f"{scheme}://127.0.0.1:{port}/{service}")
    return looking.at(address.url, address.type, **options)


def test_a_server_that_is_serving(looking, lab):
    health = Health()
    check = at(looking, lab.listen(health).port, headers={"Authorization": "Bearer x"})

    assert check.up is True, check.detail
    assert set(check.timings) == {"dns", "connect", "first_byte", "transfer"}
    ((headers, body),) = health.asked
    assert headers[b":path"] == b"/grpc.health.v1.Health/Check"
    assert headers[b"authorization"] == b"Bearer x"
    assert body == b"\0\0\0\0\0"


def test_a_service_by_its_name_over_tls(looking, lab):
    health = Health([("shop.Orders", 1), ("shop.Mail", 2)])
    context = lab.certificates.server()
    context.set_alpn_protocols(["h2"])
    port = lab.listen(over_tls(context, health)).port
    known = {"scheme": "grpcs", "ca": lab.certificates.bundle}

    check = at(looking, port, "shop.Orders", **known)
    assert check.up is True, check.detail
    assert check.certificate is not None
    check = at(looking, port, "shop.Mail", **known)
    assert (check.up, check.kind) == (False, "service.rejected")
    assert check.detail == "it is NOT_SERVING"
    assert "NOT_FOUND" in at(looking, port, "shop.None", **known).detail
    assert at(looking, port, **known | {"ca": ""}).kind.startswith("tls.cert.authority_invalid")


@pytest.mark.parametrize(
    ("health", "kind", "words"),
    [
        (Health(code=12), "service.rejected", "UNIMPLEMENTED"),
        (Health(code=16, words="who are you"), "http.error.auth", "who are you"),
        (Health(code=14, words="starting " * 20), "http.error.unavailable", "starting"),
        (Health(code=13), "service.rejected", "gRPC status 13"),
        (Health(status="503"), "http.error.unavailable", "503"),
        (Health(status="404"), "http.error", "404"),
        (Health([("", 0)]), "service.rejected", "UNKNOWN"),
    ],
)
def test_what_a_health_service_says_otherwise(looking, lab, health, kind, words):
    check = at(looking, lab.listen(health).port)

    assert (check.up, check.kind) == (False, kind), check.detail
    assert words in check.detail


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


OK = frame(1, 4, 1, b"\x88")  # Headers with a status of 200


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "service.rejected", "speaks http"),
        (b"SSH-2.0-OpenSSH\r\n", "service.rejected", "speaks ssh"),
        (b"", "tcp.closed", "closed"),
        (frame(4) + frame(7, payload=bytes(7) + b"\x0benhance"), "service.rejected", "GOAWAY"),
        (frame(4) + frame(3, 0, 1, b"\0\0\0\x07"), "service.rejected", "resets the call"),
        (frame(4) + frame(0, 1, 1, b"\0\0\0\0\x09\x08"), "service.rejected", "breaks the rules"),
        (frame(4) + OK + frame(0, 1, 1, b"\0\0\0\0\x09\x08"), "service.rejected", "no answer"),
        (frame(4) + frame(1, 5, 1, b"\xff" * 6), "service.rejected", "breaks the rules"),
        (frame(4) + frame(6, payload=b"12345678") * 10_000, "service.rejected", "no end"),
        (frame(4) + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01", "service.rejected", "closed after"),
    ],
)
def test_what_is_no_answer_of_grpc(looking, lab, said, kind, words):
    def serve(connection):
        connection.read()
        connection.send(said)
        # What answers without end is ended by the prober: closing first would reset what it reads.
        while words == "no end" and connection.read():
            pass

    check = at(looking, lab.listen(serve).port)

    assert (check.up, check.kind) == (False, kind), check.detail
    assert words in check.detail


def test_url_of_grpc():
    assert probe_address_of("grpcs://a/x.Y").url == "grpcs://a:443/x.Y"
    for url in ("grpc://a", "grpc://u@a:1", "grpc://a:1?x=1"):
        with pytest.raises(AddressError):
            probe_address_of(url)
