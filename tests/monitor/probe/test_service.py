"""Services that say what a service of their protocol says first, and all that may be wrong."""

import contextlib
import re
import struct

import pytest
from integrations import services
from nightly import pairs, rest_nightly

from ringback.monitor.config.address import SERVICES, probe_address_of
from ringback.testing.lab.healthy import over_tls

MONGO_HELLO = b"\x08ismaster\x00\x01\x01ok\x00" + struct.pack("<d", 1.0) + b"\x00"
AMQP_GREETING = (
    b"\x01\x00\x00\x00\x00\x00\x1b\x00\x0a\x00\x0a\x00\x09\x00\x00\x00\x00"
    b"\x00\x00\x00\x05PLAIN\x00\x00\x00\x05en_US\xce"
)


def ldap_result(code):
    return bytes.fromhex(f"300c02010165070a01{code:02x}04000400")


def mongo_reply(document):
    body = b"\0\0\0\0\0" + struct.pack("<i", len(document) + 4) + document
    return struct.pack("<iiii", len(body) + 16, 1, 1, 2013) + body


SPOKEN = {
    "mongodb": (mongo_reply(MONGO_HELLO), b""),
    "redis": (b"+PONG\r\n", b"-LOADING Redis is loading the dataset in memory\r\n"),
    "ldap": (ldap_result(0), ldap_result(51)),
    "amqp": (AMQP_GREETING, b""),
    "mqtt": (b"\x20\x02\x00\x00", b"\x20\x02\x00\x03"),
    "memcached": (b"VERSION 1.6.21\r\n", b"SERVER_ERROR out of memory\r\n"),
    "smtp": (b"220-mx.example\r\n220 ready\r\n", b"421 4.3.2 Service shutting down\r\n"),
    "imap": (b"* OK ready\r\n", b"* BYE too many connections\r\n"),
    "pop3": (b"+OK ready\r\n", b"-ERR too many connections\r\n"),
    "ftp": (b"220 ftp.example FTP server\r\n", b"421 too many connections\r\n"),
    "nntp": (b"200 news.example\r\n", b"400 no service\r\n"),
    "ssh": (b"welcome\r\nSSH-2.0-OpenSSH_9.2\r\n", b"Exceeded MaxStartups\r\n"),
    "nats": (b'INFO {"version":"2.10"}\r\n', b"INFO {}\r\n-ERR 'maximum connections exceeded'\r\n"),
}
"""What a service of each protocol says first, and what it says where it takes nobody."""

GREETINGS = {name: said for name, (said, _) in SPOKEN.items()}
REFUSALS = {name: refusal for name, (_, refusal) in SPOKEN.items() if refusal}
OPENING = frozenset({"mongodb", "redis", "ldap", "amqp", "mqtt", "memcached"})
NAMES = sorted(GREETINGS)
ALL_NAMES = sorted({*GREETINGS, "postgres", "mysql"})


def saying(name, data, pieces=1):
    """A server that answers what is said first, or greets; in so many pieces."""

    def serve(connection):
        if name in OPENING and not connection.read():
            return
        size = -(-len(data) // pieces)
        for start in range(0, len(data), size):
            connection.send(data[start : start + size])
        connection.stall()

    return serve


def at(looking, port, scheme="redis", *, rest="", user="", **options):
    address = probe_address_of(f"{scheme}://{user}127.0.0.1:{port}{rest}")
    return looking.at(address.url, address.type, **options)


@pytest.mark.parametrize(("name", "pieces"), pairs(NAMES, [1, 1000]))
def test_service_that_speaks_is_up(looking, lab, name, pieces):
    check = at(looking, lab.listen(saying(name, GREETINGS[name], pieces)).port, name)

    assert check.up is True, check.detail
    assert set(check.timings) == {"dns", "connect", "first_byte", "transfer"}


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_service_that_takes_nobody_is_down(looking, lab, name):
    check = at(looking, lab.listen(saying(name, REFUSALS[name])).port, name)

    assert (check.up, check.kind) == (False, "service.rejected")
    assert check.detail.startswith("it refuses")


OTHERS = [
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "http"),
    (b"\x15\x03\x03\x00\x02\x02\x0a", "TLS"),
    (b"", "closed"),
    (b"\x00\xff" * 8192, "it says|closed after"),
]


@pytest.mark.parametrize(("name", "other"), pairs(ALL_NAMES, OTHERS))
def test_service_that_speaks_something_else_is_named(looking, lab, name, other):
    said, words = other

    def serve(connection):
        if name in OPENING | {"postgres"}:
            connection.read()
        connection.send(said)

    check = at(looking, lab.listen(serve).port, name)

    assert (check.up, check.kind) == (False, "service.rejected" if said else "tcp.closed")
    assert re.search(words, check.detail), check.detail


@pytest.mark.parametrize(
    "scheme", rest_nightly(sorted(s for s, protocol in SERVICES.items() if protocol.tls), gate=3)
)
def test_tls_is_begun_at_once_where_the_scheme_says_so(looking, lab, scheme):
    name = SERVICES[scheme].name
    handler = over_tls(lab.certificates.server(), saying(name, GREETINGS[name]))
    port = lab.listen(handler).port

    check = at(looking, port, scheme, ca=lab.certificates.bundle)
    assert check.up is True, check.detail
    assert check.certificate.issuer == "CN=ringback lab intermediate"
    soon = at(looking, port, scheme, ca=lab.certificates.bundle, expect={"certificate_days": 31})
    assert soon.kind == "tls.cert.invalid"
    unknown = at(looking, port, scheme)
    assert unknown.kind.startswith("tls.cert.authority_invalid")
    assert unknown.certificate is not None


LOGINS = {"redis": b"-NOAUTH Authentication required.\r\n", "mqtt": b"\x20\x02\x00\x05"}


@pytest.mark.parametrize("name", LOGINS)
def test_service_that_wants_a_login_is_up_unless_it_must_serve_everybody(looking, lab, name):
    port = lab.listen(saying(name, LOGINS[name])).port

    assert at(looking, port, name).up is True
    check = at(looking, port, name, expect={"anonymous": True})
    assert (check.up, check.kind) == (False, "service.rejected")
    assert "wants a login" in check.detail


# MySQL and PostgreSQL, by the servers that their drivers are tested against.


def driven(lab, name, **acts):
    return lab.listen(services.served(services.SERVICES[name], then=_hold, **acts)).port


def _hold(connection):
    connection.stall()


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("mysql", (1040, "08004", "Too many connections")),
        ("postgres", ("53300", "sorry, too many clients already")),
    ],
    ids=["mysql", "postgres"],
)
def test_database_is_greeted_to_the_end(looking, lab, name, refusal):
    anonymous = {"user": "watch@", "expect": {"anonymous": True}}
    assert at(looking, driven(lab, name), name, **anonymous).up is True
    check = at(looking, driven(lab, name, refusal=refusal), name)
    assert (check.up, check.kind) == (False, "service.rejected")


def test_mysql_may_ask_for_another_way_to_log_in(looking, lab):
    heard = []

    def serve(connection):
        sent = services.Bytes(connection)
        connection.send(services._packet(0, services._mysql_greeting(services._MYSQL_FLAGS)))
        heard.append(services._mysql_packet(sent))
        connection.send(services._packet(2, b"\xfecaching_sha2_password\0abcdefghijklmnopqrst\0"))
        heard.append(services._mysql_packet(sent))
        connection.send(services._mysql_error(4, 1045, "28000", "Access denied"))
        connection.stall()

    assert at(looking, lab.listen(serve).port, "mysql", user="watch@").up is True
    assert b"watch\0" in heard[0]
    assert heard[1] == b""


def speaking_tls(lab, handler):
    """The port of a server that goes over to TLS as PostgreSQL does."""
    secured = over_tls(lab.certificates.server(), handler)

    def serve(connection):
        services.postgres_tls(connection)
        secured(connection)

    return lab.listen(serve).port


def test_postgresql_over_tls_is_verified_where_its_url_asks_for_it(looking, lab):
    served = services.served(services.SERVICES["postgres"], then=_hold)
    port = speaking_tls(lab, served)
    check = at(looking, port, "postgres", user="watch@", expect={"anonymous": True})
    assert check.up is True, check.detail
    assert check.certificate is not None
    assert set(check.timings) == {"dns", "connect", "tls", "first_byte", "transfer"}
    for mode in ("verify-ca", "verify-full"):
        rest = f"/postgres?sslmode={mode}"
        unknown = at(looking, port, "postgresql", rest=rest)
        assert unknown.kind.startswith("tls.cert.authority_invalid"), unknown
        known = at(looking, port, "postgresql", rest=rest, ca=lab.certificates.bundle)
        assert known.up is True, known.detail
    plain = at(looking, driven(lab, "postgres"), "postgres", rest="/postgres?sslmode=disable")
    assert (plain.up, plain.certificate) == (True, None)


def test_login_that_postgresql_wants(looking, lab):
    def serve(connection):
        connection.read()
        connection.send(struct.pack("!cii", b"R", 23, 10) + b"SCRAM-SHA-256\0\0")
        connection.stall()

    port = speaking_tls(lab, serve)
    assert at(looking, port, "postgres", user="locked@").up is True
    check = at(looking, port, "postgres", user="locked@", expect={"anonymous": True})
    assert (check.up, check.kind) == (False, "service.rejected")
    assert "wants a login" in check.detail
    outside = driven(lab, "postgres", refusal=("28000", "no entry in pg_hba.conf"))
    assert at(looking, outside, "postgres").up is True
    assert at(looking, outside, "postgres", user="outside@").kind == "service.rejected"


def test_postgresql_that_must_speak_tls_and_does_not(looking, lab):
    port = lab.listen(saying("redis", b"N")).port
    check = at(looking, port, "postgres", rest="?sslmode=require")
    assert "offers no TLS" in check.detail


def test_what_never_ends_is_bounded(looking, lab):
    def serve(connection):
        with contextlib.suppress(OSError):
            while True:
                connection.send(b"x" * 65536)

    check = at(looking, lab.listen(serve).port, "smtp")
    assert (check.up, check.kind) == (False, "service.rejected")
