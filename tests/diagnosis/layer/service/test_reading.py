import struct
import urllib.parse
from dataclasses import replace

import pytest

from ringback.diagnosis.layer import service, tls
from ringback.diagnosis.protocols import protocol_of
from ringback.testing.lab.message import response
from tests.diagnosis.layer.meeting import only, route_of, scene_of, told
from tests.requires import requires


def packet(body):
    """A packet of MySQL's."""
    return struct.pack("<I", len(body))[:3] + b"\x00" + body


def error(code, text):
    """PostgreSQL's ErrorResponse."""
    body = b"SFATAL\x00VFATAL\x00C" + code + b"\x00M" + text + b"\x00\x00"
    return b"E" + struct.pack(">I", len(body) + 4) + body


AMQP_START = (
    b"\x01\x00\x00\x00\x00\x00\x40\x00\x0a\x00\x0a\x00\x09\x00\x00\x00\x20"
    b"\x07versionS\x00\x00\x00\x06\x33\x2e\x31\x33\x2e\x37"
)
LDAP_ENTRY = b"\x30\x0c\x02\x01\x01\x64\x07\x04\x00\x30\x03\x04\x01\x61"
LDAP_BYE = b"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00"
PASSWORD_WANTED = b"R\x00\x00\x00\x08\x00\x00\x00\x05"
MONGO_REPLY = struct.pack("<iiii", 40, 1, 1, 2013) + b"\x00" * 24

GREETINGS = {
    "mysql": packet(b"\x0a8.0.36\x00" + bytes(40)),
    "smtp": b"220 mail.test ESMTP ready\r\n",
    "ftp": b"220 files ready\r\n",
    "imap": b"* OK IMAP4rev1 ready\r\n",
    "pop3": b"+OK ready\r\n",
    "nntp": b"201 ready, no posting\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "nats": b'INFO {"version":"2.10.7"}\r\n',
}
ANSWERS = {
    "redis": b"+PONG\r\n",
    "amqp": AMQP_START,
    "memcached": b"VERSION 1.6.22\r\n",
    "mqtt": b"\x20\x02\x00\x00",
    "ldap": LDAP_ENTRY,
    "mongodb": MONGO_REPLY,
}
REFUSALS = {
    "mysql": (packet(b"\xff\x10\x04Too many connections"), "Too many connections"),
    "smtp": (b"554 go away\r\n", "554 go away"),
    "ftp": (b"421 Too many users\r\n", "421 Too many users"),
    "imap": (b"* BYE Too many connections\r\n", "Too many connections"),
    "pop3": (b"-ERR [IN-USE] busy\r\n", "[IN-USE] busy"),
    "nntp": (b"400 load at 15.23, throttling\r\n", "400 load at 15.23, throttling"),
    "ssh": (b"Exceeded MaxStartups\r\n", "Exceeded MaxStartups"),
    "nats": (
        b"INFO {}\r\n-ERR 'maximum connections exceeded'\r\n",
        "maximum connections exceeded",
    ),
    "redis": (b"-ERR max number of clients reached\r\n", "ERR max number of clients reached"),
    "memcached": (b"ERROR Too many open connections\r\n", "ERROR Too many open connections"),
    "mqtt": (b"\x20\x02\x00\x03", "server unavailable"),
    "ldap": (LDAP_BYE, "it ends the session"),
    "postgres": (
        error(b"53300", b"sorry, too many clients already"),
        "sorry, too many clients already",
    ),
}


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """What comes is waited for, however slow the machine."""
    for name in ("GREETING_TIMEOUT", "SILENT_SECONDS", "_POKE_TIMEOUT", "_REST_TIMEOUT"):
        monkeypatch.setattr(service, name, 60.0)
    monkeypatch.setattr(service, "_MORE_TIMEOUT", 0.005)
    monkeypatch.setattr(service, "_HANDSHAKE_TIMEOUT", 60.0)


@pytest.fixture
def quiet(_patient, monkeypatch):
    """A service that is to say nothing by itself."""
    monkeypatch.setattr(service, "GREETING_TIMEOUT", 0.1)
    monkeypatch.setattr(service, "SILENT_SECONDS", 0.1)


def met(endpoint, scheme, **asked):
    protocol = protocol_of(scheme)
    parts = urllib.parse.urlsplit(endpoint.url)
    endpoint = replace(endpoint, url=parts._replace(scheme=scheme).geturl())
    context = scene_of(endpoint, protocol=protocol.name, timeout=90.0)
    context.asked = replace(context.asked, tls=protocol.tls, **asked)
    route = route_of(endpoint)
    service.read_service(context, [route], tls.read_tls(context, [route]))
    return context


def speaking(lab, first=b"", then=None):
    """A server that says something first, then answers what it is told."""

    def handler(connection):
        if first:
            connection.send(first)
        while told := connection.read():
            if then is not None and (answer := then(told)):
                connection.send(answer)

    return lab.listen(handler)


def first_words(lab, scheme, words):
    """What is read of a service that says this, once it is spoken to if it waits for that."""
    if protocol_of(scheme).opening:
        return only(met(speaking(lab, then=lambda _: words), scheme), "greeting")
    return only(met(speaking(lab, words), scheme), "greeting")


@pytest.mark.parametrize("scheme", [*GREETINGS, *ANSWERS])
def test_a_service_that_greets_or_answers_is_heard(lab, scheme):
    reading = first_words(lab, scheme, (GREETINGS | ANSWERS)[scheme])

    assert (reading.state, reading.kind) == ("ok", None)
    assert (reading.facts["outcome"], reading.facts["protocol"]) == ("spoke", scheme)


@pytest.mark.parametrize("scheme", REFUSALS)
def test_a_refusal_is_recorded_in_the_services_own_words(lab, scheme):
    answer, message = REFUSALS[scheme]
    reading = first_words(lab, scheme, answer)

    assert (reading.facts["outcome"], reading.facts["message"]) == ("refused", message)
    assert reading.kind == "service.rejected"


@pytest.mark.parametrize(
    ("said", "outcome", "message"),
    [
        (PASSWORD_WANTED, "spoke", None),
        (error(b"28000", b"no pg_hba.conf entry"), "refused", "no pg_hba.conf entry"),
    ],
)
def test_postgres_is_sent_the_user_and_the_database_of_the_url(lab, said, outcome, message):
    heard = []

    def answer(data):
        heard.append(data)
        return b"N" if len(data) == 8 else said

    endpoint = speaking(lab, then=answer)
    facts = only(met(endpoint, "postgres", user="app", path="/my%20shop"), "greeting").facts

    assert b"user\0app\0database\0my shop\0" in heard[1]
    assert struct.unpack(">I", heard[1][:4])[0] == len(heard[1])
    assert (facts["outcome"], facts["message"]) == (outcome, message)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("scheme", ["redis", "smtp", "postgres"])
def test_http_on_the_port_is_another_protocol(lab, scheme):
    def answer(data):
        return response(400, b"") if data.endswith(b"\r\n") else b""

    facts = only(met(speaking(lab, then=answer), scheme), "greeting").facts

    assert (facts["outcome"], facts["speaks"]) == ("other_protocol", "http")


@pytest.mark.usefixtures("quiet")
def test_a_slow_service_is_not_taken_for_another(lab):
    def handler(connection):
        heard = connection.read()
        while b"GET" not in heard:
            heard += connection.read()
        connection.send(b"+PONG\r\n-ERR unknown command 'GET'\r\n")
        connection.stall()

    assert only(met(lab.listen(handler), "redis"), "greeting").facts["outcome"] == "spoke"


@pytest.mark.usefixtures("quiet")
def test_tls_on_the_port_is_another_protocol(lab):
    requires("cryptography")
    ssl_context = lab.certificates.server()

    def handler(connection):
        try:
            connection.secure(ssl_context)
        except OSError:
            connection.finish(linger=True)

    facts = only(met(lab.listen(handler), "smtp"), "greeting").facts

    assert (facts["outcome"], facts["speaks"]) == ("other_protocol", "tls")


def test_nothing_is_said_where_connecting_is_all(lab):
    endpoint = speaking(lab)

    assert told(met(endpoint, "tcp"), "greeting") == []
    assert endpoint.seen == []


def test_postgres_without_tls_is_refused_where_the_url_wants_it(lab):
    endpoint = speaking(lab, then=lambda _: b"N")
    facts = only(met(endpoint, "postgres", query="sslmode=require"), "greeting").facts

    assert facts["outcome"] == "refused"
    assert "TLS" in facts["message"]


@pytest.mark.parametrize(
    ("mode", "name", "works"),
    [
        ("require", "expired", True),
        ("verify-full", "expired", False),
        ("verify-full", "wrong_host", False),
        ("verify-ca", "wrong_host", True),
    ],
)
def test_the_certificate_of_postgres_is_verified_as_the_url_wants_it(lab, mode, name, works):
    requires("cryptography")
    ssl_context = lab.certificates.server(name)

    def handler(connection):
        connection.read()
        connection.send(b"S")
        connection.secure(ssl_context)
        connection.read()
        connection.send(PASSWORD_WANTED)

    endpoint = lab.listen(handler)
    endpoint.verify = lab.certificates.bundle
    context = met(endpoint, "postgres", query=f"sslmode={mode}")

    assert only(context, "greeting").facts["outcome"] == ("spoke" if works else "tls_failed")
    assert [reading.facts["error"] for reading in told(context, "handshake")] == (
        [] if mode == "require" else [None if works else "certificate"]
    )


def mongo_fails(message):
    """MongoDB's reply to ``hello`` with ``ok: 0``."""
    said = b"\x02errmsg\0" + (len(message) + 1).to_bytes(4, "little") + message + b"\0"
    return bytes(12) + b"\xdd\x07\0\0" + bytes(5) + b"\x01ok\0" + bytes(8) + said


@pytest.mark.parametrize(
    ("scheme", "answer", "outcome"),
    [
        ("ldap", b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x34\x04\x00\x04\x00", "refused"),
        ("ldap", b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x31\x04\x00\x04\x00", "spoke"),
        ("ldap", b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x0d\x04\x00\x04\x00", "refused"),
        ("ldap", b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x08\x04\x00\x04\x00", "spoke"),
        ("postgres", error(b"08P01", b"no more connections allowed (max_client_conn)"), "refused"),
        ("postgres", error(b"08P01", b"pgbouncer cannot connect to server"), "refused"),
        ("postgres", error(b"08P01", b"no such user: app"), "spoke"),
        ("ssh", b"SSH-1.5-Cisco-1.25\n", "refused"),
        ("ssh", b"SSH-1.99-Cisco-1.25\n", "spoke"),
        ("redis", b"-ERR Server not available\r\n", "refused"),
        ("redis", b"-NOPERM this user has no permissions to run the 'ping' command\r\n", "spoke"),
        ("redis", b"-READONLY You can't write against a read only replica.\r\n", "spoke"),
        ("mongodb", mongo_fails(b"shutting down"), "refused"),
        ("mongodb", mongo_fails(b"command hello requires authentication"), "spoke"),
        ("amqp", b"AMQP\x03\x01\x00\x00", "refused"),
        ("smtp", b"220 ProFTPD Server ready.\r\n", "other_protocol"),
        ("ftp", b"220 mail.test ESMTP\r\n", "other_protocol"),
        ("smtp", b"220\r\n", "spoke"),
    ],
)
def test_what_first_words_mean(lab, scheme, answer, outcome):
    assert first_words(lab, scheme, answer).facts["outcome"] == outcome


def test_a_greeting_in_pieces_is_read_until_it_is_recognised(lab):
    def handler(connection):
        for piece in (b"2", b"20 mail", b".test ESMTP\r\n"):
            connection.send(piece)
            connection.hold(0.1)
        connection.stall()

    assert only(met(lab.listen(handler), "smtp"), "greeting").facts["outcome"] == "spoke"
