"""The stage of services with a protocol of their own: their first words, and what they mean."""

from __future__ import annotations

import json
import re
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, unquote

from ringback.diagnosis.facts import GreetingFacts
from ringback.diagnosis.layer.opening import raw_connection, subject_of
from ringback.diagnosis.layer.spoken import is_tls, printable, printable_text, speaks
from ringback.diagnosis.layer.tls_handshake import (
    TlsChannel,
    attempted,
    server_name,
    shake_hands_over,
    sni_of,
)
from ringback.diagnosis.layer.tls_readings import record_chain, record_handshake
from ringback.diagnosis.layer.tls_trust import context_of_program, unverifying
from ringback.diagnosis.protocols import protocol_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.diagnosis.context import DiagnosisContext, OpenRoute
    from ringback.diagnosis.layer.tls_handshake import TlsConnection
    from ringback.diagnosis.model import Asked
    from ringback.diagnosis.protocols import Protocol
    from ringback.failure.names import KindName


__all__ = ["read_service"]


@dataclass(frozen=True, slots=True)
class ServiceReply:
    """First words in the protocol that was expected."""

    refused: bool = False  # Whether the service takes nobody, for now or from here
    message: str | None = None  # Its own message
    version: str | None = None  # What it says it is
    wants_login: bool = False  # Whether it does nothing for who has not logged in


Read = Callable[[bytes], ServiceReply | None]
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
    refused = _REDIS_REFUSING.match(line) is not None
    return ServiceReply(refused, printable(line[1:]), wants_login=line.startswith(b"-NOAUTH"))


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
    found = re.search(rb"^SSH-[\d.]+-([^\r\n]*)", data, re.MULTILINE)
    if found is not None:
        return ServiceReply(version=printable(found[1], 60))
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
    said = "it ends the session" if found[1] == b"\x78" else _LDAP_RESULT.get(_ldap_result(data))
    return ServiceReply(said is not None, said)


def _ldap_result(data: bytes) -> int | None:
    """The resultCode of a SearchResultDone, which a server without entries sends at once."""
    found = re.search(rb"\x65(?:[\x00-\x7f]|\x81.|\x82..|\x84....)\x0a\x01(.)", data, re.DOTALL)
    return found[1][0] if found else None


def mongodb(data: bytes) -> ServiceReply | None:
    """Read the reply to ``hello`` in an OP_MSG."""
    if data[12:16] not in {b"\xdd\x07\x00\x00", b"\x01\x00\x00\x00"}:
        return None
    found = re.search(rb"\x02errmsg\x00....([^\x00]{1,200})", data, re.DOTALL)
    return ServiceReply(message=printable(found[1]) if found else None)


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


Outcome = Literal[
    "spoke", "silent", "closed", "reset", "other_protocol", "refused", "tls_failed", "timeout"
]

GREETING_TIMEOUT = 3.5
"""Seconds for the first word."""
SILENT_SECONDS = 1.2
"""Seconds after which it is looked for another protocol, where a service was spoken to. One that
speaks first is waited for: some mail servers take offence at who speaks before them."""
_POKE_TIMEOUT = 0.7
_MORE_TIMEOUT = 0.05
_REST_TIMEOUT = 0.5
"""Seconds for the rest of what came in pieces too small to be known by."""
_MAX_GREETING = 4096
_POKE = b"GET / HTTP/1.0\r\n\r\n"
"""What makes an HTTP or a TLS server give itself away."""
_USER = "ringback-diagnose"
"""The user that is given to PostgreSQL where the URL names none."""
_TLS_WANTED = frozenset({"require", "verify-ca", "verify-full"})
"""Values of ``sslmode`` with which a client of PostgreSQL does not go on without TLS."""


@dataclass(slots=True)
class Greeting:
    """What came of the first words."""

    outcome: Outcome = "silent"  # In one word
    data: bytes = b""  # The first bytes
    answer: ServiceReply | None = None  # What they mean, in the protocol that was expected
    secured: bool = False  # Whether TLS stands
    reason: str = ""  # Why TLS failed


Secure = Callable[["TlsChannel", float], str | None]
"""Begins TLS on a connection within some seconds; returns why it failed."""


def greet(
    channel: TlsChannel, protocol: Protocol, asked: Asked, within: float, secure: Secure
) -> Greeting:
    """Exchange the first words with a service and return what came of it. Nobody logs in."""
    greeting = Greeting(secured=channel.tls is not None)
    try:
        if protocol.opening:
            channel.send(protocol.opening, within)
        first = min(SILENT_SECONDS, within) if protocol.opening else within
        greeting.data = heard(channel, first, protocol.name)
        _judge(greeting, protocol.name)
        if protocol.name == "postgres" and greeting.data in {b"S", b"N"}:
            _start_up(channel, greeting, asked, within, secure)
    except TimeoutError:
        _poke(
            channel, greeting, protocol.name, within - SILENT_SECONDS if protocol.opening else 0.0
        )
    except ssl.SSLError as error:
        greeting.outcome, greeting.reason = "tls_failed", error.reason or str(error)[:100]
    except OSError:
        greeting.outcome = "reset"
    return greeting


def heard(channel: TlsChannel, within: float, name: str) -> bytes:
    """Return what comes, waiting for the first piece; then until it can be told what it is."""

    def rest(data: bytes) -> float:
        return _MORE_TIMEOUT if _is_known(data, name) else _REST_TIMEOUT

    return channel.receive_some(within, rest, _MAX_GREETING)


def _is_known(data: bytes, name: str) -> bool:
    reader = READERS.get(name)
    return speaks(data) is not None or (reader is not None and reader(data) is not None)


def _judge(greeting: Greeting, name: str) -> None:
    data = greeting.data
    if not data:
        greeting.outcome = "closed"
        return
    reader = READERS.get(name)
    greeting.answer = reader(data) if reader is not None else None
    if greeting.answer is not None:
        greeting.outcome = "refused" if greeting.answer.refused else "spoke"
    else:
        greeting.outcome = "spoke" if speaks(data) == name else "other_protocol"


def tls_wanted(asked: Asked) -> str | None:
    """Return how a URL of PostgreSQL wants TLS (``sslmode``); ``None``: it does not insist."""
    modes = parse_qs(asked.query).get("sslmode", [""])
    return modes[0] if modes[0] in _TLS_WANTED else None


def _start_up(
    channel: TlsChannel, greeting: Greeting, asked: Asked, within: float, secure: Secure
) -> None:
    """Name the user: a server that is full, shutting down, or closed to us says so only then."""
    if greeting.data == b"N" and tls_wanted(asked):
        greeting.outcome = "refused"
        greeting.answer = ServiceReply(True, "it offers no TLS, which the URL's sslmode wants")
        return
    if greeting.data == b"S":
        failure = secure(channel, within)
        if failure is not None:
            greeting.outcome, greeting.reason = "tls_failed", failure
            return
        greeting.secured = True
    channel.send(_startup(asked), within)
    try:
        data = heard(channel, within, "postgres")
    except OSError:
        return  # it has spoken already
    if data:
        greeting.data = data
        _judge(greeting, "postgres")
    if asked.user and greeting.answer is not None and data[:1] == b"E":
        greeting.outcome = "refused"  # this very user, before any password


def _startup(asked: Asked) -> bytes:
    """PostgreSQL's StartupMessage, protocol 3.0 (section "Message Formats" of its manual)."""
    pairs = [("user", asked.user or _USER)]
    if asked.user and asked.path.strip("/"):
        pairs.append(("database", unquote(asked.path.strip("/"))))
    text = "".join(f"{name}\0{value}\0" for name, value in pairs) + "\0"
    body = b"\x00\x03\x00\x00" + text.encode()
    return struct.pack("!I", len(body) + 4) + body


def _poke(channel: TlsChannel, greeting: Greeting, name: str, within: float) -> None:
    """A port that says nothing may speak another protocol, in which the client begins."""
    try:
        channel.send(_POKE, _POKE_TIMEOUT)
        greeting.data = heard(channel, max(within, _POKE_TIMEOUT), name)
    except OSError:
        return
    if greeting.data:  # an end now would only be about what was sent
        _judge(greeting, name)


_HANDSHAKE_TIMEOUT = 0.7
_MARGIN_SECONDS = 0.8
"""Seconds before the end of the diagnosis at which waiting ends."""
_KINDS: dict[str, KindName] = {
    "silent": "http.response.timed_out",
    "closed": "tcp.closed",
    "reset": "tcp.reset",
    "other_protocol": "service.rejected",
    "refused": "service.rejected",
    "tls_failed": "tls.failed",
}
_WORDS = {
    "silent": "it accepts the connection and says nothing",
    "closed": "it closes the connection without a word",
    "reset": "it resets the connection",
    "tls_failed": "it offers TLS, and the handshake fails",
}


def read_service(
    context: DiagnosisContext, routes: Sequence[OpenRoute], connections: Sequence[TlsConnection]
) -> None:
    """Exchange the first words of the protocol that is asked for, and record what came of it."""
    protocol = protocol_of(context.asked.scheme)
    try:
        if protocol is None or protocol.name in {"http", "none", "dns"}:
            return
        if context.asked.tls:
            for connection in connections[:1]:
                _greet(context, connection.route, connection.channel, protocol)
        elif routes:
            _open(context, routes[0], protocol)
    finally:
        for connection in connections:
            connection.close()


def _open(context: DiagnosisContext, route: OpenRoute, protocol: Protocol) -> None:
    since = context.now()
    try:
        sock = raw_connection(context, "service", route, context.asked.port)
    except ConnectionResetError:
        _record(context, route, Greeting("reset"), protocol, since)
        return
    if sock is not None:
        with TlsChannel(sock) as channel:
            _greet(context, route, channel, protocol)


def _greet(
    context: DiagnosisContext, route: OpenRoute, channel: TlsChannel, protocol: Protocol
) -> None:
    since = context.now()
    within = max(0.0, min(GREETING_TIMEOUT, context.left(3600.0) - _MARGIN_SECONDS))
    greeting = greet(channel, protocol, context.asked, within, partial(_secure, context, route))
    if not (greeting.data or greeting.secured):
        _look_for_tls(context, route, greeting)
    _record(context, route, greeting, protocol, since)


def _secure(
    context: DiagnosisContext, route: OpenRoute, channel: TlsChannel, within: float
) -> str | None:
    """Begin TLS as strictly as the URL wants it; return why it failed."""
    mode = tls_wanted(context.asked)
    if not str(mode).startswith("verify-"):
        made = shake_hands_over(channel, unverifying(), None, within)
        return None if made.error is None else made.reason or made.error
    ssl_context, store = context_of_program(context)
    ssl_context.check_hostname = mode == "verify-full"
    made = shake_hands_over(channel, ssl_context, server_name(context.asked.host), within)
    own = store.trust.client_certificate is not None
    record_handshake(context, route, made, name=sni_of(context.asked.host), own_certificate=own)
    record_chain(context, route, made, ssl_context)
    return None if made.error is None else made.reason or made.error


def _look_for_tls(context: DiagnosisContext, route: OpenRoute, greeting: Greeting) -> None:
    """A port that says nothing, or hangs up, may wait for a TLS handshake."""
    made = attempted(context, route, unverifying(), within=_HANDSHAKE_TIMEOUT)
    if made is None:
        return
    made.channel.close()
    if is_tls(made.channel.first):
        greeting.outcome, greeting.data = "other_protocol", made.channel.first


def _record(
    context: DiagnosisContext,
    route: OpenRoute,
    greeting: Greeting,
    protocol: Protocol,
    since: float,
) -> None:
    answer = greeting.answer
    kind = _KINDS.get(greeting.outcome)
    context.record(
        GreetingFacts,
        subject_of(route),
        state="failed" if kind else "ok",
        result=_result(greeting, protocol.name),
        kind=kind,
        since=since,
        facts=GreetingFacts(
            protocol=protocol.name,
            outcome=greeting.outcome,
            speaks=speaks(greeting.data) if greeting.data else None,
            first_bytes=printable(greeting.data, 100) or None,
            message=answer.message if answer else None,
            version=answer.version if answer else None,
            secured=greeting.secured,
            reason=printable_text(greeting.reason) or None,
            wants_login=answer is not None and answer.wants_login,
        ),
    )


def _result(greeting: Greeting, name: str) -> str:
    answer = greeting.answer
    said = (answer.message or answer.version or "") if answer else ""
    if greeting.outcome == "spoke":
        return f"it speaks {name}{f': {said}' if said else ''}"
    if greeting.outcome == "refused":
        return f"it speaks {name} and refuses: {said}"
    if greeting.outcome == "other_protocol" and is_tls(greeting.data):
        return f"it does not speak {name}, but TLS"
    if greeting.outcome == "other_protocol":
        return f"it does not speak {name}: {printable(greeting.data, 60)!r}"
    return _WORDS[greeting.outcome]
