"""Targets that would have all the time of the event loop, beside one that is well."""

import asyncio
import base64
import contextlib
import random
import ssl
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ringback.monitor.probe import handshake, probe
from ringback.monitor.probe.http.connection import MAX_READ_SECONDS
from ringback.testing.lab.certificates import leaf

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def meeting(looking, first, block, **options):
    """The check of a target that begins so, sends this for ever, and what it cost."""

    async def serve(reader, writer):
        with contextlib.suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(first)
            while True:
                writer.write(block)
                await writer.drain()
        writer.close()

    looking.context.spent.clear()
    return served(looking, serve, **options), looking.context.spent["e"]


def served(looking, serve, **options):
    """The check of a target in the event loop of the probe."""

    async def look():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            found = looking.endpoint(f"http://127.0.0.1:{port}/", **options)
            return await probe(found, looking.context)
        finally:
            server.close()

    return looking.run(look())


def test_body_in_single_bytes_is_left_or_a_failure_where_it_is_looked_at(looking):
    body = b"1\r\nx\r\n" * 10_000
    check, spent = meeting(looking, CHUNKED, body)
    assert (check.up, check.status) == (True, 200)
    assert spent > MAX_READ_SECONDS / 2

    check, _ = meeting(looking, CHUNKED, body, expect={"body_contains": ("y",)})
    assert (check.up, check.kind) == (False, "http.protocol.error")
    assert "of CPU to read" in check.detail


HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 60_000 + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("interim", "said"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, "more than 16 interim responses"),
        (HINTS, "the headers are too long"),
    ],
    ids=["responses", "headers"],
)
def test_interim_responses_without_end(looking, interim, said):
    check, _ = meeting(looking, b"", interim)

    assert (check.up, check.kind, check.detail) == (False, "http.protocol.error", said)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much was received")
def test_a_handshake_without_end_is_ended_long_before_the_timeout(looking, lab, monkeypatch):
    monkeypatch.setattr(handshake, "MAX_HANDSHAKE_BYTES", 20_000)
    hello_request = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"  # a client has to pass it over

    def flood(connection):
        with contextlib.suppress(OSError):
            while True:
                connection.send(hello_request * 5000)

    check = looking.at(lab.listen(flood).url.replace("http:", "https:"))

    assert (check.up, check.kind) == (False, "tls.protocol.error")
    assert check.detail.endswith("the handshake has no end")


def _integer(value):
    return _der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag, content):
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


def test_server_cannot_choose_a_prime_of_10_000_bits(looking, lab, tmp_path):
    """It would take 0.6 s of CPU within the event loop: the other cipher is spoken."""
    prime = random.Random(1).getrandbits(10_000) | 1 | 1 << 9_999
    parameters = base64.encodebytes(_der(0x30, _integer(prime) + _integer(2))).decode()
    file = tmp_path / "dh.pem"
    file.write_text(f"-----BEGIN DH PARAMETERS-----\n{parameters}-----END DH PARAMETERS-----\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = tmp_path / "rsa.pem"
    certificate.write_bytes(leaf(None, key=rsa.generate_private_key(65537, 2048)).pem())
    context.load_cert_chain(certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256")
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    context.load_dh_params(file)
    spoken = []

    def answer(connection):
        connection.secure(context)
        spoken.append(connection.socket.cipher()[0])
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    check = looking.at(lab.listen(answer).url.replace("http:", "https:"), verify=False)

    assert (check.up, check.status) == (True, 200)
    assert spoken == ["ECDHE-RSA-AES128-GCM-SHA256"]


def test_a_charset_that_takes_minutes_to_decode_is_none(looking, lab):
    body = b"x" * 300_000 + b"-" + b"99zz" * 100_000 + b"the end"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=%s\r\nContent-Length: %d\r\n\r\n"

    def answer(connection):
        charset = connection.read_request().target[1:].encode()
        connection.send(head % (charset, len(body)) + body)

    url = lab.listen(answer).url
    for charset in ("punycode", "Punycode", "idna", "unicode_escape"):
        check = looking.at(url + charset, expect={"body_contains": ("the end",)})
        assert check.up is True, charset


def test_a_large_body_is_read_to_its_end_by_turns(looking):
    body = b"x" * 900_000 + b"the end"
    first = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first + body)
        writer.close()

    assert served(looking, serve, expect={"body_contains": ("the end",)}).up is True
