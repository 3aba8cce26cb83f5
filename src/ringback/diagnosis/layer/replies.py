"""What first words mean in the protocol of a service; nothing here touches a connection."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

from ringback.diagnosis.layer.spoken import printable, speaks


@dataclass(frozen=True, slots=True)
class ServiceReply:
    """First words in the protocol that was expected."""

    refused: bool = False  # Whether the service takes nobody, for now or from here
    message: str | None = None  # Its own message
    version: str | None = None  # What it says it is
    wants_login: bool = False  # Whether it does nothing for who has not logged in


Read = Callable[[bytes], ServiceReply | None]
"""Returns what first words mean; ``None``: they are not of the protocol."""

_POSTGRES_REFUSING = re.compile(
    rb"C(53...|57P0[1235])\x00"
    rb"|\x00M(no more connections allowed|server login has been failing|[^\x00]{,40}cannot connect)"
)
"""SQLSTATE of class 53 (too many connections) and 57P01 to 57P05 (shut down, starting up); and what
PgBouncer says, which has one SQLSTATE for everything."""
_REDIS_LOGIN = re.compile(rb"-(NOAUTH|ERR operation not permitted)")
_REDIS_ALIVE = re.compile(rb"-(READONLY|NOPERM|ERR unknown command)", re.IGNORECASE)
"""What a Redis answers to ``PING`` that takes others: a proxy before it has many words for none."""
_LDAP = re.compile(rb"\x30(?:[\x00-\x7f]|\x81.|\x82..|\x84....)\x02\x01.([\x60-\x79])", re.DOTALL)
_LDAP_RESULT: dict[int | None, str] = {
    1: "it wants a successful bind first",
    8: "it wants stronger authentication",
    13: "it wants the connection encrypted",
    48: "it wants another sort of authentication",
    50: "it wants other rights",
    51: "it is busy",
    52: "it is unavailable",
    53: "it is unwilling to answer",
    80: "it fails",
}
"""Result codes with which a search for nothing in particular fails (RFC 4511, appendix A.2)."""
_LDAP_LOGIN = frozenset({1, 8, 48, 50})
"""Those that a login may mend."""
_MQTT = {
    1: "this protocol version is not taken",
    2: "this client identifier is not taken",
    3: "server unavailable",
    4: "wrong user or password",
    5: "not authorised",
}

_MQTT_LOGIN = frozenset({4, 5})


def postgres(data: bytes) -> ServiceReply | None:
    """Read PostgreSQL's answer to SSLRequest or to a StartupMessage.

    An answer about the user or database is none about the service: nobody logged in.
    """
    if data[:1] in b"SN" and len(data) == 1:
        return ServiceReply()
    if data[:1] == b"R" and data[1:3] == b"\x00\x00":
        return ServiceReply()
    if data[:1] != b"E" or data[1:3] != b"\x00\x00":
        return None
    message = re.search(rb"\x00?M([^\x00]{1,300})\x00", data[5:])
    text = printable(message[1]) if message else printable(data[5:])
    return ServiceReply(_POSTGRES_REFUSING.search(data) is not None, text)


def mysql(data: bytes) -> ServiceReply | None:
    """Read MySQL's greeting, or the error in its place."""
    packet = data[4:]
    if data[3:4] != b"\x00" or len(packet) < 3:
        return None
    if packet[0] == 0xFF:
        return ServiceReply(True, printable(re.sub(rb"^#.{5}", b"", packet[3:])))
    if packet[0] not in {9, 10}:
        return None
    return ServiceReply(version=printable(packet[1:].partition(b"\x00")[0], 60))


def redis(data: bytes) -> ServiceReply | None:
    """Read the answer to ``PING``."""
    line = data.partition(b"\r\n")[0]
    if line == b"+PONG":
        return ServiceReply()
    if not line.startswith(b"-"):
        return None
    wants_login = _REDIS_LOGIN.match(line) is not None
    refused = not (wants_login or _REDIS_ALIVE.match(line))
    return ServiceReply(refused, printable(line[1:]), wants_login=wants_login)


def amqp(data: bytes) -> ServiceReply | None:
    """Read Connection.Start (AMQP 0-9-1, section 1.4.2.1), or another version's header."""
    if data.startswith(b"AMQP"):
        said = ".".join(str(number) for number in data[5:8])
        return ServiceReply(True, f"it speaks AMQP {said}", said)
    if data[:3] != b"\x01\x00\x00" or data[7:11] != b"\x00\x0a\x00\x0a":
        return None
    found = re.search(rb"\x07versionS\x00\x00\x00.([\w.+~-]{1,40})", data, re.DOTALL)
    return ServiceReply(version=found[1].decode() if found else None)


def smtp(data: bytes) -> ServiceReply | None:
    """Read the greeting of RFC 5321, section 3.1, unless it names the other protocol of numbers."""
    return None if speaks(data) == "ftp" else _numbered(data, b"220")


def ftp(data: bytes) -> ServiceReply | None:
    """Read the greeting of RFC 959, section 5.4, unless it names the other protocol of numbers."""
    line = data.partition(b"\n")[0].lower()
    return None if b"smtp" in line else _numbered(data, b"220", b"120")


def nntp(data: bytes) -> ServiceReply | None:
    """Read the greeting of RFC 3977, section 5.1."""
    return _numbered(data, b"200", b"201")


def imap(data: bytes) -> ServiceReply | None:
    """Read the greeting of RFC 9051, section 7.1."""
    found = re.match(rb"\* (OK|PREAUTH|BYE)\b *([^\r\n]*)", data)
    return None if found is None else ServiceReply(found[1] == b"BYE", printable(found[2]))


def pop3(data: bytes) -> ServiceReply | None:
    """Read the greeting of RFC 1939, section 4."""
    found = re.match(rb"(\+OK|-ERR)\b *([^\r\n]*)", data)
    return None if found is None else ServiceReply(found[1] == b"-ERR", printable(found[2]))


def ssh(data: bytes) -> ServiceReply | None:
    """Read the identification of RFC 4253, section 4.2, lines of text before it included."""
    found = re.search(rb"^SSH-([\d.]+)-([^\r\n]*)", data, re.MULTILINE)
    if found is not None:
        old = found[1].startswith(b"1.") and found[1] != b"1.99"  # RFC 4253, section 5.1
        said = f"it speaks SSH {printable(found[1], 10)} only" if old else None
        return ServiceReply(old, said, printable(found[2], 60))
    refused = re.match(rb"(Exceeded MaxStartups|Not allowed at this time)", data)
    return None if refused is None else ServiceReply(True, printable(refused[1]))


def nats(data: bytes) -> ServiceReply | None:
    """Read INFO, and an error right behind it."""
    if not data.startswith(b"INFO {"):
        return None
    line, _, rest = data.partition(b"\r\n")
    error = re.search(rb"-ERR '([^']*)'", rest)
    try:
        version = str(json.loads(line[5:]).get("version"))[:40]
    except (ValueError, AttributeError):
        version = None
    return ServiceReply(error is not None, printable(error[1]) if error else None, version)


def memcached(data: bytes) -> ServiceReply | None:
    """Read the answer to ``version``."""
    line = data.partition(b"\r\n")[0]
    if line.startswith(b"VERSION "):
        return ServiceReply(version=printable(line[8:], 40))
    if not line.startswith((b"ERROR", b"SERVER_ERROR")):
        return None
    return ServiceReply(line != b"ERROR", printable(line))


def mqtt(data: bytes) -> ServiceReply | None:
    """Read CONNACK (MQTT 3.1.1, section 3.2): only "unavailable" refuses everybody."""
    if data[:2] != b"\x20\x02" or len(data) < 4:
        return None
    return ServiceReply(data[3] == 3, _MQTT.get(data[3]), wants_login=data[3] in _MQTT_LOGIN)


def ldap(data: bytes) -> ServiceReply | None:
    """Read an LDAPMessage (RFC 4511, section 4.1.1)."""
    found = _LDAP.match(data)
    if found is None:
        return None
    code = _ldap_result(data)
    said = "it ends the session" if found[1] == b"\x78" else _LDAP_RESULT.get(code)
    wants_login = code in _LDAP_LOGIN
    return ServiceReply(said is not None and not wants_login, said, wants_login=wants_login)


def _ldap_result(data: bytes) -> int | None:
    """The resultCode of a SearchResultDone, which a server without entries sends at once."""
    found = re.search(rb"\x65(?:[\x00-\x7f]|\x81.|\x82..|\x84....)\x0a\x01(.)", data, re.DOTALL)
    return found[1][0] if found else None


def mongodb(data: bytes) -> ServiceReply | None:
    """Read the reply to ``hello`` in an OP_MSG."""
    if data[12:16] not in {b"\xdd\x07\x00\x00", b"\x01\x00\x00\x00"}:
        return None
    found = re.search(rb"\x02errmsg\x00....([^\x00]{1,200})", data, re.DOTALL)
    failed = b"\x01ok\x00" + bytes(8) in data
    wants_login = failed and found is not None and b"authentication" in found[1]
    return ServiceReply(
        failed and not wants_login,
        printable(found[1]) if found else None,
        wants_login=wants_login,
    )


def _numbered(data: bytes, *good: bytes) -> ServiceReply | None:
    found = re.match(rb"(\d{3})(?:[ -]([^\r\n]*)|\r?\n)", data)
    if found is None:
        return None
    return ServiceReply(found[1] not in good, printable(found[0]))


READERS: dict[str, Read] = {
    "postgres": postgres,
    "mysql": mysql,
    "redis": redis,
    "amqp": amqp,
    "smtp": smtp,
    "ftp": ftp,
    "nntp": nntp,
    "imap": imap,
    "pop3": pop3,
    "ssh": ssh,
    "nats": nats,
    "memcached": memcached,
    "mqtt": mqtt,
    "ldap": ldap,
    "mongodb": mongodb,
}
"""Name of a protocol to what reads its first words."""


def postgres_startup(user: str, database: str = "") -> bytes:
    """Return a StartupMessage, protocol 3.0 (section "Message Formats" of PostgreSQL's manual)."""
    pairs = [("user", user), *([("database", database)] if database else [])]
    text = "".join(f"{name}\0{value}\0" for name, value in pairs) + "\0"
    body = b"\x00\x03\x00\x00" + text.encode()
    return struct.pack("!I", len(body) + 4) + body
