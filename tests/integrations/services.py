"""Services that speak as much of their protocol as a login, a refusal and the first question take.

Each is a function of a connection and of what to do in it: ``refusal`` is what the service says of
the login, in its own words; without it the driver is let in, and ``then`` gets the connection once
its first question was read.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.testing.lab.server import Connection


class Bytes:
    """What a driver sends, as many bytes at a time as its protocol says."""

    def __init__(self, connection):
        self._connection = connection
        self._kept = b""

    def take(self, number):
        while len(self._kept) < number:
            self._more()
        taken, self._kept = self._kept[:number], self._kept[number:]
        return taken

    def line(self, end=b"\r\n"):
        while end not in self._kept:
            self._more()
        line, _, self._kept = self._kept.partition(end)
        return line

    def _more(self):
        data = self._connection.read()
        if not data:
            raise ConnectionError("the driver has closed")
        self._kept += data


# PostgreSQL, "Frontend/Backend Protocol".

_SSL_REQUEST = 80877103


def _postgres_error(code, words):
    fields = (b"SFATAL", b"VFATAL", b"C" + code.encode(), b"M" + words.encode())
    body = b"\0".join(fields) + b"\0\0"
    return b"E" + struct.pack("!i", len(body) + 4) + body


def postgres(connection, refusal=None, then=None):
    sent = Bytes(connection)
    while True:
        length, code = struct.unpack("!ii", sent.take(8))
        sent.take(length - 8)
        if code != _SSL_REQUEST:
            break
        connection.send(b"N")
    if refusal:
        connection.send(_postgres_error(*refusal))
        return
    told = {"server_version": "15.4", "client_encoding": "UTF8", "DateStyle": "ISO, MDY"}
    status = [f"{name}\0{value}\0".encode() for name, value in told.items()]
    connection.send(
        struct.pack("!cii", b"R", 8, 0)
        + b"".join(struct.pack("!ci", b"S", len(value) + 4) + value for value in status)
        + struct.pack("!ciii", b"K", 12, 1, 1)
        + struct.pack("!cic", b"Z", 5, b"I")
    )
    sent.take(1)
    then(connection)


def postgres_tls(connection):
    Bytes(connection).take(8)
    connection.send(b"S")


# MySQL, "Client/Server Protocol".

_MYSQL_FLAGS = 0x000FA20D | 0x00080000  # 4.1, secure connection, plugins, connect with a database
_CLIENT_SSL = 0x800


def _packet(number, body):
    return struct.pack("<I", len(body))[:3] + bytes((number,)) + body


def _mysql_greeting(flags):
    return (
        b"\x0a8.0.36\0"
        + struct.pack("<I", 7)
        + b"abcdefgh\0"
        + struct.pack("<H", flags & 0xFFFF)
        + b"\x2d\x02\x00"
        + struct.pack("<H", flags >> 16)
        + b"\x15"
        + bytes(10)
        + b"ijklmnopqrst\0mysql_native_password\0"
    )


def _mysql_error(number, code, state, words):
    return _packet(number, b"\xff" + struct.pack("<H", code) + f"#{state}{words}".encode())


_MYSQL_OK = b"\0\0\0\x02\0\0\0"


def mysql(connection, refusal=None, then=None):
    sent = Bytes(connection)
    if refusal and refusal[0] in {1040, 1129}:  # said in place of a greeting
        code, _, words = refusal
        connection.send(_packet(0, b"\xff" + struct.pack("<H", code) + words.encode()))
        return
    connection.send(_packet(0, _mysql_greeting(_MYSQL_FLAGS & ~_CLIENT_SSL)))
    _mysql_packet(sent)
    if refusal:
        connection.send(_mysql_error(2, *refusal))
        return
    connection.send(_packet(2, _MYSQL_OK))
    while b"SELECT 1" not in _mysql_packet(sent):
        connection.send(_packet(1, _MYSQL_OK))
    then(connection)


def _mysql_packet(sent):
    length = int.from_bytes(sent.take(3), "little")
    sent.take(1)
    return sent.take(length)


def mysql_tls(connection):
    connection.send(_packet(0, _mysql_greeting(_MYSQL_FLAGS | _CLIENT_SSL)))
    left = 36
    while left:  # and nothing of the ClientHello, which follows at once
        data = connection.socket.recv(left)
        if not data:
            raise ConnectionError("the driver has closed")
        left -= len(data)


# Redis, RESP.


def redis(connection, refusal=None, then=None):
    if refusal and refusal.startswith("-ERR max"):  # said to whoever connects
        connection.send(refusal.encode() + b"\r\n")
        return
    sent = Bytes(connection)
    while True:
        number = int(sent.line()[1:])
        words = [sent.take(int(sent.line()[1:]) + 2)[:-2].upper() for _ in range(number)]
        if refusal and words[0] in {b"HELLO", b"AUTH", b"PING"}:
            connection.send(refusal.encode() + b"\r\n")
        elif words[0] == b"PING":
            then(connection)
            return
        elif words[0] == b"HELLO":
            connection.send(b"%2\r\n+server\r\n+redis\r\n+proto\r\n:3\r\n")
        else:
            connection.send(b"+OK\r\n")


# MongoDB, OP_MSG, and OP_QUERY for the first hello.


def mongo(connection, refusal=None, then=None):
    bson = importlib.import_module("bson")
    sent = Bytes(connection)
    while True:
        length, number, _, code = struct.unpack("<iiii", sent.take(16))
        body = sent.take(length - 16)
        document = body[5:] if code == 2013 else body[body.index(b"\0", 4) + 9 :]
        asked = next(iter(bson.decode(document)))
        if asked == "ping":
            then(connection)
            return
        reply = {"ok": 1.0}
        if asked in {"hello", "ismaster", "isMaster"}:
            reply |= {"ismaster": True, "helloOk": True, "maxWireVersion": 21, "minWireVersion": 0}
        elif asked == "saslStart" and refusal:
            reply = refusal
        elif asked == "saslStart":
            reply |= {"conversationId": 1, "done": True, "payload": b""}
        connection.send(mongo_reply(number, code, reply))


def mongo_reply(number, code, reply):
    document = importlib.import_module("bson").encode(reply)
    if code == 2013:
        body, answer = b"\0\0\0\0\0" + document, 2013
    else:
        body, answer = struct.pack("<iqii", 8, 0, 0, 1) + document, 1
    return struct.pack("<iiii", len(body) + 16, 1, number, answer) + body


# AMQP 0-9-1.


def _short(text):
    return bytes((len(text),)) + text.encode()


def _long(data):
    return struct.pack("!I", len(data)) + data


def _method(class_id, method_id, body=b"", channel=0):
    body = struct.pack("!HH", class_id, method_id) + body
    return b"\x01" + struct.pack("!HI", channel, len(body)) + body + b"\xce"


def amqp_close(code, words):
    return _method(10, 50, struct.pack("!H", code) + _short(words) + bytes(4))


def amqp(connection, refusal=None, then=None):
    sent = Bytes(connection)
    if sent.take(8) != b"AMQP\0\0\x09\x01":
        connection.send(b"AMQP\0\0\x09\x01")
        return
    able = b"".join(
        _short(name) + b"t\x01" for name in ("authentication_failure_close", "publisher_confirms")
    )
    properties = _short("capabilities") + b"F" + _long(able)
    connection.send(
        _method(10, 10, b"\0\x09" + _long(properties) + _long(b"PLAIN AMQPLAIN") + _long(b"en_US"))
    )
    for step in ("start-ok", "tune-ok", "open", "channel"):
        if step != "tune-ok" or not refusal or refusal[0] != 403:
            _amqp_frame(sent)
        if refusal and (step == "start-ok") == (refusal[0] == 403) and step in {"start-ok", "open"}:
            connection.send(amqp_close(*refusal))
            _amqp_frame(sent)
            return
        if step == "start-ok":
            connection.send(_method(10, 30, struct.pack("!HIH", 2047, 131072, 60)))
        elif step == "open":
            connection.send(_method(10, 41, _short("")))
    then(connection)


def _amqp_frame(sent):
    kind, _, length = struct.unpack("!BHI", sent.take(7))
    sent.take(length + 1)
    if kind == 8:  # a heartbeat
        _amqp_frame(sent)


# Apache Kafka.

_KAFKA = {0: 8, 1: 11, 2: 5, 3: 8, 8: 7, 9: 5, 10: 2, 11: 5, 12: 3, 17: 1, 18: 0, 19: 4, 22: 1}
_KAFKA[36] = 0
"""Number of a request and its newest version here, about those of a broker 2.3."""


def kafka(connection, refusal=None, then=None):
    sent = Bytes(connection)
    while True:
        (length,) = struct.unpack("!i", sent.take(4))
        asked, version, number = struct.unpack("!hhi", sent.take(length)[:8])
        if asked == 18:
            error = 35 if version else 0
            body = struct.pack("!hi", error, len(_KAFKA))
            body += b"".join(struct.pack("!hhh", key, 0, newest) for key, newest in _KAFKA.items())
        elif asked == 17:
            body = struct.pack("!hih", 0, 1, 5) + b"PLAIN"
        elif asked == 36:
            words = refusal[1].encode() if refusal else b""
            said = struct.pack("!h", len(words)) + words if refusal else struct.pack("!h", -1)
            body = struct.pack("!h", refusal[0] if refusal else 0) + said + struct.pack("!i", 0)
        else:
            then(connection)
            return
        connection.send(struct.pack("!ii", len(body) + 4, number) + body)
        if asked == 36 and refusal:
            return


# Apache Cassandra, native protocol 4.


def cassandra(connection, refusal=None, then=None):
    sent = Bytes(connection)

    def answer(stream, code, body=b""):
        connection.send(struct.pack("!BBhBi", 0x84, 0, stream, code, len(body)) + body)

    while True:
        _, _, stream, code, length = struct.unpack("!BBhBi", sent.take(9))
        sent.take(length)
        if code == 0x05:  # OPTIONS
            answer(stream, 0x06, _SUPPORTED)
        elif code == 0x01:  # STARTUP
            if refusal and refusal[0] != 0x0100:
                answer(stream, 0x00, _cassandra_error(*refusal))
                return
            name = b"org.apache.cassandra.auth.PasswordAuthenticator"
            answer(stream, 0x03, struct.pack("!H", len(name)) + name)
        elif code == 0x0F:  # AUTH_RESPONSE
            if refusal:
                answer(stream, 0x00, _cassandra_error(*refusal))
                return
            answer(stream, 0x10, struct.pack("!i", -1))
        else:
            then(connection)
            return


_SUPPORTED = b"\0\2\0\x0bCQL_VERSION\0\1\0\x053.4.5\0\x0bCOMPRESSION\0\0"


def _cassandra_error(code, words):
    return struct.pack("!iH", code, len(words)) + words.encode()


# LDAP 3 (RFC 4511).


def _tlv(tag, content):
    return bytes((tag, len(content))) + content


def ldap_result(number, tag, code, words, more=b""):
    result = _tlv(0x0A, bytes((code,))) + _tlv(0x04, b"") + _tlv(0x04, words.encode()) + more
    return _tlv(0x30, _tlv(0x02, bytes((number,))) + _tlv(tag, result))


def ldap(connection, refusal=None, then=None):
    sent = Bytes(connection)
    for tag in (0x61, None):
        message = sent.take(sent.take(2)[1])
        if tag is None:
            then(connection)
            return
        connection.send(ldap_result(message[2], tag, *(refusal or (0, ""))))
        if refusal:
            connection.read()
            return


# SMTP.


def smtp(connection, refusal=None, then=None):
    if refusal and not refusal.startswith("5.7") and refusal[:3] != "535":
        connection.send(refusal.encode() + b"\r\n")
        return
    connection.send(b"220 lab.test ESMTP\r\n")
    sent = Bytes(connection)
    while True:
        word = sent.line()[:4].upper()
        if word == b"EHLO":
            connection.send(b"250-lab.test\r\n250 AUTH PLAIN LOGIN\r\n")
        elif word == b"AUTH":
            connection.send((refusal or "235 2.7.0 OK").encode() + b"\r\n")
        elif word == b"MAIL":
            then(connection)
            return
        else:
            connection.send(b"250 OK\r\n")


# SSH, by paramiko's own server.


@functools.cache
def _host_key():
    return importlib.import_module("paramiko").ECDSAKey.generate()


def ssh(connection, refusal=None, then=None):
    paramiko = importlib.import_module("paramiko")
    if refusal and refusal != "password":  # in place of a banner
        connection.send(refusal.encode() + b"\r\n")
        return
    asked, over = threading.Event(), threading.Event()

    class Service(paramiko.ServerInterface):
        def get_allowed_auths(self, username):
            return "password"

        def check_auth_password(self, username, password):
            return paramiko.AUTH_FAILED if refusal else paramiko.AUTH_SUCCESSFUL

        def check_channel_request(self, kind, chanid):
            asked.set()
            over.wait()
            return paramiko.OPEN_FAILED_CONNECT_FAILED

    transport = paramiko.Transport(connection.socket)
    transport.add_server_key(_host_key())
    try:
        transport.start_server(server=Service())
        while transport.is_active() and not connection.stopping.is_set():
            if asked.wait(0.05):
                then(connection)
                return
    finally:
        over.set()
        transport.close()


# HTTP, for Elasticsearch.


def elastic(connection, refusal=None, then=None):
    while connection.read_request():
        if then:
            then(connection)
            return
        status, body = refusal
        connection.send(
            f"HTTP/1.1 {status} -\r\nX-Elastic-Product: Elasticsearch\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )


# gRPC over HTTP/2 (RFC 9113).


def h2_frame(kind, flags, stream, body=b""):
    return struct.pack("!I", len(body))[1:] + struct.pack("!BBI", kind, flags, stream) + body


def _hpack(name, value):
    return b"\0" + _short(name) + _short(value)


def grpc(connection, refusal=None, then=None):
    sent = Bytes(connection)
    connection.send(h2_frame(4, 0, 0))
    sent.take(24)
    while True:
        head = sent.take(9)
        sent.take(int.from_bytes(head[:3], "big"))
        if head[3] == 1:  # HEADERS
            break
        if head[3] == 4 and not head[4]:
            connection.send(h2_frame(4, 1, 0))
    if then:
        then(connection)
        return
    code, words = refusal
    fields = b"\x88" + _hpack("content-type", "application/grpc")
    fields += _hpack("grpc-status", str(code)) + _hpack("grpc-message", words)
    connection.send(h2_frame(1, 5, int.from_bytes(head[5:], "big"), fields))
    connection.stall()


LOST = frozenset({"tcp.reset", "tcp.closed", "http.response.invalid.empty", "tls.closed"})
"""One event, told apart by who noticed it and when."""
_BY_STATUS = {
    "wrong password": "http.error.auth",
    "not allowed": "http.error.auth",
    "too many": "http.error.rate_limited",
    "starting": "http.error.unavailable",
}


@dataclass(frozen=True)
class Service:
    """A service, whose drivers meet the same."""

    speak: Callable[..., None]
    refusals: dict[str, object]  # What it says in place of letting a driver in
    shutdown: bytes | None = None  # Said while it answers a question and goes down; not by all
    before_tls: Callable[[Connection], None] | None = None  # What comes before a handshake
    speaks_first: bool = False
    kinds: dict[str, set[str]] = field(default_factory=dict)  # If not ``service.rejected``


def _elastic_refusal(status, kind, reason):
    return status, f'{{"error":{{"type":"{kind}","reason":"{reason}"}},"status":{status}}}'


SERVICES = {
    "postgres": Service(
        postgres,
        {
            "wrong password": ("28P01", 'password authentication failed for user "lab"'),
            "too many": ("53300", "sorry, too many clients already"),
            "starting": ("57P03", "the database system is starting up"),
            "unknown": ("3D000", 'database "lab" does not exist'),
            "not from here": (
                "28000",
                'no pg_hba.conf entry for host "::1", user "lab", no encryption',
            ),
        },
        _postgres_error("57P01", "terminating connection due to administrator command"),
        postgres_tls,
    ),
    "mysql": Service(
        mysql,
        {
            "wrong password": (1045, "28000", "Access denied for user 'lab' (using password: YES)"),
            "too many": (1040, "08004", "Too many connections"),
            "blocked": (1129, "HY000", "Host 'db' is blocked because of many connection errors"),
            "unknown": (1049, "42000", "Unknown database 'lab'"),
        },
        _mysql_error(1, 1053, "08S01", "Server shutdown in progress"),
        mysql_tls,
        speaks_first=True,
    ),
    "redis": Service(
        redis,
        {
            "wrong password": "-WRONGPASS invalid username-password pair or user is disabled.",
            "too many": "-ERR max number of clients reached",
            "starting": "-LOADING Redis is loading the dataset in memory",
            "no password": "-NOAUTH Authentication required.",
        },
    ),
    "mongo": Service(
        mongo,
        {"wrong password": {"ok": 0.0, "code": 18, "errmsg": "Authentication failed."}},
    ),
    "amqp": Service(
        amqp,
        {
            "wrong password": (
                403,
                "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN.",
            ),
            "unknown": (530, "NOT_ALLOWED - vhost / not found"),
            "too many": (
                530,
                "NOT_ALLOWED - access to vhost '/' refused: connection limit (1) is reached",
            ),
        },
        amqp_close(
            320, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'"
        ),
    ),
    "kafka": Service(
        kafka, {"wrong password": (58, "Authentication failed: Invalid username or password")}
    ),
    "cassandra": Service(
        cassandra,
        {
            "wrong password": (0x0100, "Provided username lab and/or password are incorrect"),
            "too many": (0x1001, "Server is shutting down or overloaded"),
            "starting": (0x1002, "Cannot achieve consistency: is bootstrapping"),
        },
    ),
    "ldap": Service(
        ldap,
        {"wrong password": (49, "invalid credentials"), "too many": (51, "busy")},
        ldap_result(0, 0x78, 52, "going down", _tlv(0x8A, b"1.3.6.1.4.1.1466.20036")),
    ),
    "smtp": Service(
        smtp,
        {
            "wrong password": "535 5.7.8 Authentication credentials invalid",
            "too many": "421 4.7.0 Too many connections from your host",
            "not from here": "554 5.7.1 No SMTP service here",
        },
        b"421 4.3.2 Service shutting down\r\n",
        speaks_first=True,
    ),
    "ssh": Service(
        ssh,
        {"wrong password": "password", "too many": "Exceeded MaxStartups"},
        kinds={"too many": {"service.rejected", *LOST}},
    ),
    "elastic": Service(
        elastic,
        {
            "wrong password": _elastic_refusal(
                401, "security_exception", "unable to authenticate user [lab]"
            ),
            "too many": _elastic_refusal(
                429, "es_rejected_execution_exception", "rejected execution"
            ),
            "starting": _elastic_refusal(503, "cluster_block_exception", "state not recovered"),
        },
        kinds={said: {kind} for said, kind in _BY_STATUS.items()},
    ),
    "grpc": Service(
        grpc,
        {
            "wrong password": (16, "invalid credentials"),
            "not allowed": (7, "caller may not do this"),
            "too many": (8, "quota exceeded"),
            "starting": (14, "server is starting"),
        },
        h2_frame(7, 0, 0, struct.pack("!II", 0, 0) + b"going away"),
        kinds={said: {kind, "service.rejected"} for said, kind in _BY_STATUS.items()},
    ),
}
"""Name → service."""


def served(service, **acts):
    """Return a handler that serves one connection."""

    def handler(connection):
        with contextlib.suppress(ConnectionError, ValueError, struct.error, ssl.SSLError, EOFError):
            service.speak(connection, **acts)
        connection.finish(linger=True)

    return handler


def over_tls(service, tls):
    """Return a handler that does a service's way to TLS, and the handshake, which is to fail."""

    def handler(connection):
        with contextlib.suppress(ConnectionError):
            if service.before_tls:
                service.before_tls(connection)
            with contextlib.suppress(ssl.SSLError):
                connection.secure(tls)
        connection.finish(linger=True)

    return handler
