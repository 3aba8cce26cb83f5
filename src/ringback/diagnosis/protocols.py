"""What is spoken behind a scheme: its port, who begins, and what else it may be confused with."""

from __future__ import annotations

from typing import Final, Literal

from ringback.values import dataclass

First = Literal["server", "client", "none"]
"""Who speaks first once the connection (and TLS) stands; ``none``: connecting is all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What is spoken behind a scheme."""

    # `http`, `none` (connecting is all), `dns` (only the name is asked for) or the name of a
    # service
    name: str
    port: int = 0  # Its port where the URL gives none; 0: it must give one (or has none, `dns`)
    tls: bool = False  # Whether TLS is begun at once
    partners: tuple[int, ...] = ()  # The other ports on which the same service is usual
    first: First = "client"  # Who speaks first
    # What a client may say, without logging in, to be answered; empty where the server begins
    opening: bytes = b""


_AMQP = b"AMQP\x00\x00\x09\x01"  # AMQP 0-9-1, section 4.2.2
_POSTGRES = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # SSLRequest: answered S or N before any login
_REDIS = b"PING\r\n"
_MEMCACHED = b"version\r\n"
_LDAP = (  # RFC 4511, section 4.5.1: the attribute vendorName of the root entry
    b"\x301\x02\x01\x01\x63\x2c\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x01\x02\x01\x05"
    b"\x01\x01\x00\x87\x0bobjectClass\x30\x0c\x04\x0avendorName"
)
_MQTT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00"  # MQTT 3.1.1, section 3.1: no client id
_MONGODB = (  # OP_MSG {hello: 1, $db: "admin"}
    b"\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00"
    b"\x1f\x00\x00\x00\x10hello\x00\x01\x00\x00\x00\x02$db\x00\x06\x00\x00\x00admin\x00\x00"
)


def _of(name: str, port: int, *partners: int, tls: bool = False, opening: bytes = b"") -> Protocol:
    first: First = "client" if opening or name == "http" else "server"
    return Protocol(name=name, port=port, partners=partners, tls=tls, first=first, opening=opening)


_POSTGRESQL = _of("postgres", 5432, 6432, opening=_POSTGRES)
_MYSQL = _of("mysql", 3306)


def _only_connected(port: int) -> Protocol:
    return Protocol(name="none", port=port, first="none")


_ONLY_CONNECTED = {
    "bolt": 7687,
    "cassandra": 9042,
    "clickhouse": 9000,
    "git": 9418,
    "irc": 6667,
    "kafka": 9092,
    "mssql": 1433,
    "neo4j": 7687,
    "oracle": 1521,
    "rdp": 3389,
    "rsync": 873,
    "rtsp": 554,
    "sqlserver": 1433,
    "stomp": 61613,
    "telnet": 23,
    "vnc": 5900,
    "xmpp": 5222,
    "zookeeper": 2181,
}
"""Schemes of which no first word is known here, with their ports: connecting is all."""

PROTOCOLS: Final[dict[str, Protocol]] = {
    "http": _of("http", 80, 443),
    "https": _of("http", 443, 80, tls=True),
    "ws": _of("http", 80, 443),
    "wss": _of("http", 443, 80, tls=True),
    "tcp": Protocol(name="none", first="none"),
    "tls": Protocol(name="none", port=443, tls=True, first="none"),
    "dns": Protocol(name="dns", first="none"),
    "postgres": _POSTGRESQL,
    "postgresql": _POSTGRESQL,
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "redis": _of("redis", 6379, 6380, opening=_REDIS),
    "rediss": _of("redis", 6379, 6380, tls=True, opening=_REDIS),
    "amqp": _of("amqp", 5672, 5671, opening=_AMQP),
    "amqps": _of("amqp", 5671, 5672, tls=True, opening=_AMQP),
    "smtp": _of("smtp", 25, 587),
    "smtps": _of("smtp", 465, 587, tls=True),
    "submission": _of("smtp", 587, 465),
    "imap": _of("imap", 143, 993),
    "imaps": _of("imap", 993, 143, tls=True),
    "pop3": _of("pop3", 110, 995),
    "pop3s": _of("pop3", 995, 110, tls=True),
    "ldap": _of("ldap", 389, 636, opening=_LDAP),
    "ldaps": _of("ldap", 636, 389, tls=True, opening=_LDAP),
    "mongodb": _of("mongodb", 27017, opening=_MONGODB),
    "mqtt": _of("mqtt", 1883, 8883, opening=_MQTT),
    "mqtts": _of("mqtt", 8883, 1883, tls=True, opening=_MQTT),
    "ssh": _of("ssh", 22, 2222),
    "sftp": _of("ssh", 22, 2222),
    "ftp": _of("ftp", 21, 990),
    "ftps": _of("ftp", 990, 21, tls=True),
    "nntp": _of("nntp", 119, 563),
    "nntps": _of("nntp", 563, 119, tls=True),
    "nats": _of("nats", 4222),
    "memcached": _of("memcached", 11211, opening=_MEMCACHED),
    **{scheme: _only_connected(port) for scheme, port in _ONLY_CONNECTED.items()},
    "ircs": Protocol(name="none", port=6697, tls=True, first="none"),
}
"""Scheme, lower case, to what is spoken behind it.

The ports are those of the IANA registry of service names, or where it has none (Redis over TLS)
those of the service's own documentation.
"""

ALIASES: Final[dict[str, str]] = {
    "memcache": "memcached",
    "mqtt+ssl": "mqtts",
    "psql": "postgres",
    "mongo": "mongodb",
    "ssl": "tls",
    "imap4": "imap",
    "pop": "pop3",
}
"""Schemes that mean another."""


def protocol_of(scheme: str) -> Protocol | None:
    """Return what is spoken behind a scheme; ``None``: it is not known.

    A driver behind a plus sign (``postgresql+psycopg``) does not change it.
    """
    lower = scheme.lower()
    lower = ALIASES.get(lower, lower)
    return PROTOCOLS.get(lower) or PROTOCOLS.get(ALIASES.get(base := lower.split("+")[0], base))


def partners_of(scheme: str, port: int) -> tuple[int, ...]:
    """Return the other ports on which a service may be expected, the likeliest first."""
    protocol = protocol_of(scheme)
    if protocol is None:
        return ()
    usual = (protocol.port, *protocol.partners)
    return tuple(other for other in usual if other not in {0, port})
