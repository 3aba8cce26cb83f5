import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.layer.spoken import (
    is_tls,
    printable,
    printable_text,
    says_certificate,
    says_tls,
    speaks,
)

FIRST = {
    "http": b"HTTP/1.1 400 Bad Request\r\n",
    "tls": bytes.fromhex("15030100020246"),
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "smtp": b"220 mail.test ESMTP Postfix\r\n",
    "ftp": b"220 (vsFTPd 3.0.5) FTP ready\r\n",
    "imap": b"* OK [CAPABILITY IMAP4rev1] ready\r\n",
    "pop3": b"+OK ready\r\n",
    "mysql": b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(20),
    "redis": b"-ERR unknown command 'GET'\r\n",
    "amqp": b"AMQP\x00\x00\x09\x01",
    "postgres": b"E\x00\x00\x00\x60SFATAL\x00",
    "nats": b'INFO {"server_id":"x"}\r\n',
    "memcached": b"ERROR\r\n",
    "mqtt": b"\x20\x02\x00\x05",
    "http2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    "telnet": b"\xff\xfd\x18",
    "vnc": b"RFB 003.008\n",
    "markup": b"<html><body>",
}
SAYING_TLS = [
    b"400 The plain HTTP request was sent to HTTPS port",
    b"Client sent an HTTP request to an HTTPS server.\n",
    b"You're speaking plain HTTP to an SSL-enabled server port.",
    b"This combination of host and port requires TLS.",
]

SAYING_CERTIFICATE = [
    b"<title>400 No required SSL certificate was sent</title>",
    b"<title>400 The SSL certificate error</title>",
    b"<h2>403.7 - Forbidden: SSL client certificate is required.</h2>",
    b"<br>Reason: Cannot perform Post-Handshake Authentication.",
    b'{"error": "This endpoint requires a client certificate"}',
]


@pytest.mark.parametrize("name", FIRST)
def test_first_words_name_the_protocol(name):
    assert speaks(FIRST[name]) == name


@pytest.mark.parametrize("data", [b"", b"hello\n", bytes(64), b"\x16", b"2200 things"])
def test_what_is_not_known_is_not_guessed(data):
    assert speaks(data) is None


@pytest.mark.parametrize("text", SAYING_TLS)
def test_a_server_may_say_that_it_wanted_tls(text):
    assert says_tls(text)


def test_an_ordinary_page_does_not():
    page = b"<p>See our HTTPS guide for plain people, and our certificates of quality</p>"
    assert not says_tls(page)
    assert not says_certificate(page)


@pytest.mark.parametrize("text", SAYING_CERTIFICATE)
def test_a_server_may_say_that_it_wanted_a_certificate(text):
    assert says_certificate(text)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_asked_about(data):
    assert isinstance(speaks(data), str | None)
    assert is_tls(data) in {True, False}
    shown = printable(data)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 200


@given(st.text(max_size=300))
def test_any_text_becomes_safe_to_print(text):
    shown = printable_text(text)
    assert all(c.isprintable() for c in shown)
    assert len(shown) <= 200
