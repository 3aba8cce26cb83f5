"""What a service's first words mean."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from ringback.diagnosis.layer.tls.spoken import printable, speaks


@dataclass(frozen=True, slots=True)
class Answer:
    """First words in the protocol that was expected.

    Attributes:
        refused: Whether the service takes nobody, for now or from here.
        message: Its own message.
        version: What it says it is.
    """

    refused: bool = False
    message: str | None = None
    version: str | None = None


Read = Callable[[bytes], Answer | None]
"""Returns what first words mean; ``None``: they are not of the protocol."""

_POSTGRES_REFUSING = re.compile(rb"C(53...|57P0[1235])\x00")
"""SQLSTATE of class 53 (too many connections) and 57P01 to 57P05 (shut down, starting up)."""
_REDIS_REFUSING = re.compile(
    rb"-(DENIED|LOADING|MASTERDOWN|MISCONF|ERR max number of clients|BUSY)", re.IGNORECASE
)
_LDAP = re.compile(rb"\x30(?:[\x00-\x7f]|\x81.|\x82..|\x84....)\x02\x01.([\x60-\x79])", re.DOTALL)
_LDAP_RESULT: dict[int | None, str] = {51: "it is busy", 52: "it is unavailable"}
"""Result codes that turn everybody away (RFC 4511, appendix A.2)."""
_MQTT = {
    1: "this protocol version is not taken",
    2: "this client identifier is not taken",
    3: "server unavailable",
    4: "wrong user or password",
    5: "not authorised",
}


def postgres(data: bytes) -> Answer | None:
    """Read PostgreSQL's answer to SSLRequest or to a StartupMessage.

    An answer about the user or database is none about the service: nobody logged in.
    """
    if data[:1] in b"SN" and len(data) == 1:
        return Answer()
    if data[:1] == b"R" and data[1:3] == b"\x00\x00":
        return Answer()
    if data[:1] != b"E" or data[1:3] != b"\x00\x00":
        return None
    message = re.search(rb"\x00?M([^\x00]{1,300})\x00", data[5:])
    text = printable(message[1]) if message else printable(data[5:])
    return Answer(_POSTGRES_REFUSING.search(data) is not None, text)


def mysql(data: bytes) -> Answer | None:
    """Read MySQL's greeting, or the error in its place."""
    packet = data[4:]
    if data[3:4] != b"\x00" or len(packet) < 3:
        return None
    if packet[0] == 0xFF:
        return Answer(True, printable(re.sub(rb"^#.{5}", b"", packet[3:])))
    if packet[0] not in {9, 10}:
        return None
    return Answer(version=printable(packet[1:].partition(b"\x00")[0], 60))


def redis(data: bytes) -> Answer | None:
    """Read the answer to ``PING``."""
    line = data.partition(b"\r\n")[0]
    if line == b"+PONG":
        return Answer()
    if not line.startswith(b"-"):
        return None
    return Answer(_REDIS_REFUSING.match(line) is not None, printable(line[1:]))


def amqp(data: bytes) -> Answer | None:
    """Read Connection.Start (AMQP 0-9-1, section 1.4.2.1), or another version's header."""
    if data.startswith(b"AMQP"):
        said = ".".join(str(number) for number in data[5:8])
        return Answer(True, f"it speaks AMQP {said}", said)
    if data[:3] != b"\x01\x00\x00" or data[7:11] != b"\x00\x0a\x00\x0a":
        return None
    found = re.search(rb"\x07versionS\x00\x00\x00.([\w.+~-]{1,40})", data, re.DOTALL)
    return Answer(version=found[1].decode() if found else None)


def smtp(data: bytes) -> Answer | None:
    """Read the greeting of RFC 5321, section 3.1, unless it names the other protocol of numbers."""
    return None if speaks(data) == "ftp" else _numbered(data, b"220")


def ftp(data: bytes) -> Answer | None:
    """Read the greeting of RFC 959, section 5.4, unless it names the other protocol of numbers."""
    line = data.partition(b"\n")[0].lower()
    return None if b"smtp" in line else _numbered(data, b"220", b"120")


def nntp(data: bytes) -> Answer | None:
    """Read the greeting of RFC 3977, section 5.1."""
    return _numbered(data, b"200", b"201")


def imap(data: bytes) -> Answer | None:
    """Read the greeting of RFC 9051, section 7.1."""
    found = re.match(rb"\* (OK|PREAUTH|BYE)\b *([^\r\n]*)", data)
    return None if found is None else Answer(found[1] == b"BYE", printable(found[2]))


def pop3(data: bytes) -> Answer | None:
    """Read the greeting of RFC 1939, section 4."""
    found = re.match(rb"(\+OK|-ERR)\b *([^\r\n]*)", data)
    return None if found is None else Answer(found[1] == b"-ERR", printable(found[2]))


def ssh(data: bytes) -> Answer | None:
    """Read the identification of RFC 4253, section 4.2, lines of text before it included."""
    found = re.search(rb"^SSH-[\d.]+-([^\r\n]*)", data, re.MULTILINE)
    if found is not None:
        return Answer(version=printable(found[1], 60))
    refused = re.match(rb"(Exceeded MaxStartups|Not allowed at this time)", data)
    return None if refused is None else Answer(True, printable(refused[1]))


def nats(data: bytes) -> Answer | None:
    """Read INFO, and an error right behind it."""
    if not data.startswith(b"INFO {"):
        return None
    line, _, rest = data.partition(b"\r\n")
    error = re.search(rb"-ERR '([^']*)'", rest)
    try:
        version = str(json.loads(line[5:]).get("version"))[:40]
    except (ValueError, AttributeError):
        version = None
    return Answer(error is not None, printable(error[1]) if error else None, version)


def memcached(data: bytes) -> Answer | None:
    """Read the answer to ``version``."""
    line = data.partition(b"\r\n")[0]
    if line.startswith(b"VERSION "):
        return Answer(version=printable(line[8:], 40))
    if not line.startswith((b"ERROR", b"SERVER_ERROR")):
        return None
    return Answer(line != b"ERROR", printable(line))


def mqtt(data: bytes) -> Answer | None:
    """Read CONNACK (MQTT 3.1.1, section 3.2): only "unavailable" refuses everybody."""
    if data[:2] != b"\x20\x02" or len(data) < 4:
        return None
    return Answer(data[3] == 3, _MQTT.get(data[3]))


def ldap(data: bytes) -> Answer | None:
    """Read an LDAPMessage (RFC 4511, section 4.1.1)."""
    found = _LDAP.match(data)
    if found is None:
        return None
    said = "it ends the session" if found[1] == b"\x78" else _LDAP_RESULT.get(_ldap_result(data))
    return Answer(said is not None, said)


def _ldap_result(data: bytes) -> int | None:
    """The resultCode of a SearchResultDone, which a server without entries sends at once."""
    found = re.search(rb"\x65(?:[\x00-\x7f]|\x81.|\x82..|\x84....)\x0a\x01(.)", data, re.DOTALL)
    return found[1][0] if found else None


def mongodb(data: bytes) -> Answer | None:
    """Read the reply to ``hello`` in an OP_MSG."""
    if data[12:16] not in {b"\xdd\x07\x00\x00", b"\x01\x00\x00\x00"}:
        return None
    found = re.search(rb"\x02errmsg\x00....([^\x00]{1,200})", data, re.DOTALL)
    return Answer(message=printable(found[1]) if found else None)


def _numbered(data: bytes, *good: bytes) -> Answer | None:
    found = re.match(rb"(\d{3})(?:[ -]([^\r\n]*)|\r?\n)", data)
    if found is None:
        return None
    return Answer(found[1] not in good, printable(found[0]))


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
