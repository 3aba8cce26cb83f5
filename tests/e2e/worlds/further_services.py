"""Further services that speak another protocol than HTTP: refusing, odd, late, or well."""

from e2e.building import NAME, listen, name, secure
from e2e.handlers import mysql, postgres, redis, smtp
from e2e.talk import (
    AMQP_OTHER,
    AMQP_START,
    late,
    mysql_refusal,
    pieces,
    postgres_over_tls,
    postgres_refusal,
    replies,
    says,
)
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.server import Connection

_THEIRS = "their service|their application"
_LAYERS = "application|tcp|http|status"
_OTHER = broken(
    "service_other_protocol|other_protocol",
    "http.response.invalid.not_http|service.rejected|tls.protocol.error.not_tls",
    _LAYERS,
    f"{_THEIRS}|this program",
)
_POSTGRES, _MYSQL = f"postgres://app@{NAME}/shop", f"mysql://app@{NAME}/shop"


def _greeted(label, target, expected, *build, **more):
    return World(
        name=f"greeted-{label}", target=target, build=(name(), *build), expected=expected, **more
    )


def _refuses(label, target, fact, *build, **more):
    expected = broken("service_rejects", "service.rejected", _LAYERS, f"{_THEIRS}|this program")
    return _greeted(label, target, expected, *build, fact=(fact,), **more)


def _postgres(code, message):
    return listen(
        5432, lambda connection: postgres(connection, refusal=postgres_refusal(code, message))
    )


WORLDS = (
    _greeted(
        "redis-wants-password",
        f"redis://{NAME}",
        broken("service_wants_login", "service.rejected", "application", "this program"),
        listen(
            6379, lambda connection: redis(connection, says=b"-NOAUTH Authentication required.\r\n")
        ),
    ),
    _greeted(
        "smtp-many-lines-healthy",
        f"smtp://{NAME}",
        WELL,
        listen(
            25,
            lambda connection: smtp(
                connection, greeting=b"220-mail.example.org ESMTP\r\n220-No spam\r\n220 please\r\n"
            ),
        ),
    ),
    _greeted(
        "smtp-in-pieces-healthy",
        f"smtp://{NAME}",
        WELL,
        listen(25, pieces(b"2", b"20 mail.exa", b"mple.org ESMTP\r", b"\n")),
    ),
    _greeted(
        "amqp-healthy", f"amqp://{NAME}", WELL, listen(5672, replies(AMQP_START, hangs_up=False))
    ),
    _greeted(
        "postgres-with-tls-healthy",
        _POSTGRES,
        WELL,
        listen(5432, postgres_over_tls("good")),
    ),
    _greeted("mysql-slow-healthy", _MYSQL, WELL, listen(3306, late(1.5, mysql)), limit=SILENT),
    _refuses(
        "redis-loading",
        f"redis://{NAME}",
        "LOADING",
        listen(
            6379,
            lambda connection: redis(
                connection, says=b"-LOADING Redis is loading the dataset in memory\r\n"
            ),
        ),
    ),
    _refuses(
        "redis-protected",
        f"redis://{NAME}",
        "DENIED",
        listen(
            6379,
            says(
                b"-DENIED Redis is running in protected mode because protected mode is"
                b" enabled and no password is set for the default user.\r\n"
            ),
        ),
    ),
    _refuses(
        "mysql-host-blocked",
        _MYSQL,
        "blocked",
        listen(
            3306,
            says(
                mysql_refusal(
                    1129, b"", b"Host '192.0.2.2' is blocked because of many connection errors"
                )
            ),
        ),
    ),
    _refuses(
        "mysql-host-not-allowed",
        _MYSQL,
        "not allowed",
        listen(
            3306,
            says(
                mysql_refusal(
                    1130, b"", b"Host '192.0.2.2' is not allowed to connect to this MySQL server"
                )
            ),
        ),
    ),
    _refuses(
        "postgres-starting",
        _POSTGRES,
        "starting up",
        _postgres(b"57P03", b"the database system is starting up"),
    ),
    _refuses(
        "postgres-host-not-allowed",
        _POSTGRES,
        "pg_hba",
        _postgres(
            b"28000", b'no pg_hba.conf entry for host "192.0.2.2", user "app", database "shop"'
        ),
    ),
    _refuses(
        "smtp-too-busy",
        f"smtp://{NAME}",
        "421",
        listen(25, says(b"421 4.3.2 mail.example.org too busy, try again later\r\n")),
    ),
    _refuses(
        "imap-bye",
        f"imap://{NAME}",
        "BYE",
        listen(143, says(b"* BYE Too many connections from your address\r\n")),
    ),
    _refuses(
        "ftp-full",
        f"ftp://{NAME}",
        "421",
        listen(21, says(b"421 Too many connections (8) from this IP\r\n")),
    ),
    _refuses(
        "ssh-throttled", f"ssh://{NAME}", "startups", listen(22, says(b"Exceeded MaxStartups\r\n"))
    ),
    _refuses(
        "memcached-error",
        f"memcached://{NAME}",
        "connections",
        listen(11211, says(b"ERROR Too many open connections\r\n")),
    ),
    _greeted(
        "amqp-other-version",
        f"amqp://{NAME}",
        broken(
            "service_rejects|service_other_protocol",
            "service.rejected|http.response.invalid.not_http",
            _LAYERS,
            f"{_THEIRS}|this program",
        ),
        listen(5672, replies(AMQP_OTHER)),
        fact=("AMQP|version",),
    ),
    _greeted(
        "smtp-tarpit",
        f"smtp://{NAME}",
        broken(
            "service_silent",
            "http.response.timed_out|tcp.timed_out.established|unknown|service.rejected",
            _LAYERS,
            _THEIRS,
        ),
        listen(25, late(30, smtp)),
        limit=SILENT,
        fact=("time",),
    ),
    _greeted(
        "mysql-port-speaks-postgres",
        _MYSQL,
        broken(
            "service_silent|service_other_protocol|service_closes",
            "http.response.timed_out|tcp.timed_out.established|service.rejected|http.response.invalid.not_http",
            _LAYERS,
            f"{_THEIRS}|this program",
        ),
        listen(3306, postgres),
        limit=SILENT,
        fact=("time",),
    ),
    _greeted("postgres-port-speaks-mysql", _POSTGRES, _OTHER, listen(5432, mysql), fact=("mysql",)),
    _greeted(
        "postgres-port-speaks-http",
        _POSTGRES,
        broken(
            "service_other_protocol|other_protocol|service_closes",
            "http.response.invalid.not_http|service.rejected|tcp.closed|tcp.reset",
            _LAYERS,
            f"{_THEIRS}|this program",
        ),
        listen(5432, replies(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")),
        fact=("http",),
    ),
    _greeted(
        "redis-port-speaks-smtp", f"redis://{NAME}", _OTHER, listen(6379, smtp), fact=("smtp",)
    ),
    _greeted(
        "amqp-port-speaks-redis",
        f"amqp://{NAME}",
        _OTHER,
        listen(5672, replies(b"-ERR unknown command 'AMQP'\r\n")),
        fact=("redis",),
    ),
    _greeted(
        "smtp-closes",
        f"smtp://{NAME}",
        broken(
            "service_closes|closes_without_answer|connection_reset",
            "tcp.closed|tcp.reset",
            _LAYERS,
            f"{_THEIRS}|path",
        ),
        listen(25, Connection.finish),
        fact=("clos|EOF|empty",),
    ),
    _greeted(
        "amqp-closes-on-header",
        f"amqp://{NAME}",
        broken("service_closes|closes_without_answer", "tcp.closed|tcp.reset", _LAYERS, _THEIRS),
        listen(5672, replies(b"")),
        fact=("clos|EOF|empty",),
    ),
    _greeted(
        "postgres-tls-expired",
        f"{_POSTGRES}?sslmode=verify-full",
        broken(
            "certificate_expired|service_tls_failed",
            "tls.cert.date_invalid.expired|tls.failed",
            "tls|application",
            "their certificate|their service",
        ),
        listen(5432, postgres_over_tls("expired")),
        fact=("expired",),
    ),
    _greeted(
        "postgres-without-tls",
        f"{_POSTGRES}?sslmode=require",
        broken(
            "service_tls_failed|service_rejects|tls_on_plain_port",
            "tls.failed|service.rejected|tls.protocol.error.not_tls",
            "tls|application",
            f"{_THEIRS}|this program",
        ),
        listen(5432, postgres),
        fact=("TLS|SSL",),
    ),
    _greeted(
        "amqps-to-plain-port",
        f"amqps://{NAME}",
        broken(
            "tls_on_plain_port|other_protocol|not_tls",
            "tls.protocol.error.not_tls|tls.protocol.error",
            "tls",
            "this program|their service",
        ),
        listen(5671, replies(b"AMQP\x00\x00\x09\x01")),
        fact=("amqp|plain|wrong version",),
    ),
    _greeted(
        "amqp-to-tls-port",
        f"amqp://{NAME}:5671",
        broken(
            "plain_on_tls_port|service_other_protocol|service_closes",
            "http.response.invalid.not_http|service.rejected|tcp.closed|tcp.reset",
            f"{_LAYERS}|tls",
            "this program|their service",
        ),
        secure(5671, handler=replies(AMQP_START)),
        fact=("TLS",),
    ),
    _greeted(
        "tcp-closes-at-once",
        f"tcp://{NAME}:9000",
        WELL,
        listen(9000, Connection.finish),
        note="only a connection was asked for",
    ),
    _greeted(
        "postgres-wants-password-tls-healthy",
        f"postgresql+psycopg://app:hunter2@{NAME}/shop",
        WELL,
        listen(5432, postgres),
    ),
)
