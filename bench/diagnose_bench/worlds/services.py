"""Databases, mail, queues and other services."""

from functools import partial

from e2e.building import NAME, dual, listen, name, nameservers, rule, secure, unaccepted, world
from e2e.expectations import (
    OTHER_KINDS,
    PG_URL,
    SERVICE_LAYERS,
    SILENT_KINDS,
    SLOW,
    THEIR_APPLICATION,
    THEIR_SERVICE,
)
from e2e.handlers import mysql, page, postgres, redis, smtp, ssh
from e2e.server_replies import (
    LDAP_DONE,
    answer,
    mysql_refusal,
    postgres_over_tls,
    replies,
    says,
    unread,
)
from e2e.site import OTHER, RESOLVER, RESOLVER2, SERVER, SERVER6
from e2e.templates import service_world
from e2e.world import SILENT, World, broken

from diagnose_bench.servers import (
    AMQP_OTHER,
    LDAP_UNAVAILABLE,
    MONGODB_HELLO,
    MQTT_FORBIDDEN,
    MQTT_UNAVAILABLE,
    NATS_INFO,
    late,
    mysql_full,
    redis_full,
)
from diagnose_bench.worlds.expectations import MYSQL_URL
from diagnose_bench.worlds.templates import HOST6, greeted, ldap_refuses, postgres_refusal
from ringback.testing.lab.server import Connection

_SERVICE_OTHER = broken(
    "service_other_protocol|other_protocol",
    "http.response.invalid.not_http|service.rejected|tls.protocol.error.not_tls",
    SERVICE_LAYERS,
    f"{THEIR_SERVICE}|this program",
)


def _refuses(label, target, fact, *build, **more):
    expected = broken(
        "service_rejects", "service.rejected", SERVICE_LAYERS, f"{THEIR_SERVICE}|this program"
    )
    return greeted(label, target, expected, *build, fact=(fact,), **more)


def _postgres_refuses(code, message):
    return listen(
        5432, lambda connection: postgres(connection, refusal=postgres_refusal(code, message))
    )


_SERVICE_REJECTS = broken(
    "service_rejects",
    "service.rejected",
    SERVICE_LAYERS,
    "their service|their application|this program",
)

_SERVICE_CLOSES = broken(
    "service_closes", "tcp.closed|tcp.reset", SERVICE_LAYERS, f"{THEIR_APPLICATION}|path|their host"
)

_NOT_ADMITTED = (
    b'no pg_hba.conf entry for host "192.0.2.2", user "app", database "shop", no encryption'
)

_REJECTED_BY_SERVICE = ("service.rejected", "application", "their service|their application")

_MONGODB_NOT_OK = MONGODB_HELLO.replace(b"\xf0\x3f\x00", b"\x00\x00", 1)

_QUIESCE_TEXT = b"The server is in quiesce mode and will shut down\0"

_QUIESCE = (
    _MONGODB_NOT_OK
    + b"\x02errmsg\x00"
    + len(_QUIESCE_TEXT).to_bytes(4, "little")
    + _QUIESCE_TEXT
    + b"\x10code\x00\x5b\x00\x00\x00\x00"
)
"""MongoDB's reply to ``hello`` with ``ok: 0``, while it shuts down."""

WORLDS = (
    world(
        "unread-ssh-port-serves-http",
        f"ssh://{SERVER}:22",
        broken(
            "service_other_protocol|service_silent",
            "service.rejected|http.response.timed_out",
            "application",
            "this program|their service",
        ),
        listen(22, page()),
        **SLOW,
    ),
    world(
        "unread-mail-closed-for-today",
        f"smtp://{SERVER}:25/",
        broken("service_rejects", "service.rejected", "application", THEIR_APPLICATION),
        listen(25, says(b"554 5.3.2 mx1.example.org not accepting network messages\r\n")),
    ),
    world(
        "unread-postgres-url-to-mysql",
        f"postgresql://{SERVER}:3306/shop",
        broken("service_other_protocol", "service.rejected", "application", "this program"),
        listen(3306, mysql),
    ),
    service_world(
        "redis-full",
        f"redis://{NAME}",
        redis_full,
        6379,
        "service_rejects",
        "service.rejected",
        fact="max number of clients",
    ),
    service_world(
        "mysql-full",
        f"mysql://app@{NAME}/shop",
        mysql_full,
        3306,
        "service_rejects",
        "service.rejected",
        fact="Too many connections",
    ),
    service_world(
        "smtp-refuses",
        f"smtp://{NAME}",
        lambda connection: smtp(connection, greeting=b"554 mail.example.org no service\r\n"),
        25,
        "service_rejects",
        "service.rejected",
        fact="554",
    ),
    service_world(
        "smtp-silent",
        f"smtp://{NAME}",
        Connection.stall,
        25,
        "service_silent|accepts_and_silent",
        SILENT_KINDS,
        fact="time",
        limit=SILENT,
    ),
    service_world(
        "redis-port-speaks-http",
        f"redis://{NAME}:80",
        None,
        80,
        "service_other_protocol|other_protocol",
        OTHER_KINDS,
        fact="http",
        limit=SILENT,
    ),
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
        MYSQL_URL,
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
        MYSQL_URL,
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
        PG_URL,
        "starting up",
        _postgres_refuses(b"57P03", b"the database system is starting up"),
    ),
    _refuses(
        "postgres-host-not-allowed",
        PG_URL,
        "pg_hba",
        _postgres_refuses(
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
    greeted(
        "amqp-other-version",
        f"amqp://{NAME}",
        broken(
            "service_rejects|service_other_protocol",
            "service.rejected|http.response.invalid.not_http",
            SERVICE_LAYERS,
            f"{THEIR_SERVICE}|this program",
        ),
        listen(5672, replies(AMQP_OTHER)),
        fact=("AMQP|version",),
    ),
    greeted(
        "smtp-tarpit",
        f"smtp://{NAME}",
        broken(
            "service_silent",
            "http.response.timed_out|tcp.timed_out.established|unknown|service.rejected",
            SERVICE_LAYERS,
            THEIR_SERVICE,
        ),
        listen(25, late(30, smtp)),
        limit=SILENT,
        fact=("time",),
    ),
    greeted(
        "mysql-port-speaks-postgres",
        MYSQL_URL,
        broken(
            "service_silent|service_other_protocol|service_closes",
            "http.response.timed_out|tcp.timed_out.established|service.rejected|http.response.invalid.not_http",
            SERVICE_LAYERS,
            f"{THEIR_SERVICE}|this program",
        ),
        listen(3306, postgres),
        limit=SILENT,
        fact=("time",),
    ),
    greeted(
        "postgres-port-speaks-mysql", PG_URL, _SERVICE_OTHER, listen(5432, mysql), fact=("mysql",)
    ),
    greeted(
        "postgres-port-speaks-http",
        PG_URL,
        broken(
            "service_other_protocol|other_protocol|service_closes",
            "http.response.invalid.not_http|service.rejected|tcp.closed|tcp.reset",
            SERVICE_LAYERS,
            f"{THEIR_SERVICE}|this program",
        ),
        listen(5432, replies(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")),
        fact=("http",),
    ),
    greeted(
        "redis-port-speaks-smtp",
        f"redis://{NAME}",
        _SERVICE_OTHER,
        listen(6379, smtp),
        fact=("smtp",),
    ),
    greeted(
        "amqp-port-speaks-redis",
        f"amqp://{NAME}",
        _SERVICE_OTHER,
        listen(5672, replies(b"-ERR unknown command 'AMQP'\r\n")),
        fact=("redis",),
    ),
    greeted(
        "smtp-closes",
        f"smtp://{NAME}",
        broken(
            "service_closes|closes_without_answer|connection_reset",
            "tcp.closed|tcp.reset",
            SERVICE_LAYERS,
            f"{THEIR_SERVICE}|path",
        ),
        listen(25, Connection.finish),
        fact=("clos|EOF|empty",),
    ),
    greeted(
        "amqp-closes-on-header",
        f"amqp://{NAME}",
        broken(
            "service_closes|closes_without_answer",
            "tcp.closed|tcp.reset",
            SERVICE_LAYERS,
            THEIR_SERVICE,
        ),
        listen(5672, replies(b"")),
        fact=("clos|EOF|empty",),
    ),
    world(
        "words-never-accepted-postgres",
        PG_URL,
        broken(
            "service_silent",
            "http.response.timed_out|tcp.timed_out.established|unknown|service.rejected",
            SERVICE_LAYERS,
            "their service|their application|their host",
        ),
        name(),
        unaccepted(5432),
        limit=SILENT,
    ),
    world(
        "words-mqtt-forbidden",
        f"mqtt://{NAME}",
        broken("service_wants_login", "service.rejected", "application", "this program"),
        name(),
        listen(1883, replies(MQTT_FORBIDDEN)),
    ),
    world(
        "words-postgres-no-database",
        PG_URL,
        _SERVICE_REJECTS,
        name(),
        _postgres_refuses(b"3D000", b'database "shop" does not exist'),
    ),
    world(
        "words-postgres-shutting-down",
        PG_URL,
        _SERVICE_REJECTS,
        name(),
        _postgres_refuses(b"57P01", b"terminating connection due to administrator command"),
    ),
    world(
        "words-smtp-greylisted",
        f"smtp://{NAME}",
        _SERVICE_REJECTS,
        name(),
        listen(25, says(b"450 4.7.1 You are greylisted\r\n")),
    ),
    world(
        "words-pop3-err",
        f"pop3://{NAME}",
        _SERVICE_REJECTS,
        name(),
        listen(110, says(b"-ERR [SYS/TEMP] try again later\r\n")),
    ),
    world(
        "words-mysql-user-limit",
        f"mysql://{NAME}/x",
        _SERVICE_REJECTS,
        name(),
        listen(
            3306,
            says(
                mysql_refusal(
                    1203,
                    b"42000",
                    b"User already has more than 'max_user_connections' active connections",
                )
            ),
        ),
    ),
    world(
        "words-amqp-port-speaks-http",
        f"amqp://{NAME}:15672",
        broken(
            "service_other_protocol|other_protocol",
            "http.response.invalid.not_http|service.rejected",
            SERVICE_LAYERS,
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(15672, replies(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")),
    ),
    world(
        "words-mongodb-silent",
        f"mongodb://{NAME}",
        broken(
            "service_silent",
            "http.response.timed_out|tcp.timed_out.established|unknown|service.rejected",
            SERVICE_LAYERS,
            THEIR_APPLICATION,
        ),
        name(),
        listen(27017, Connection.stall),
        limit=SILENT,
    ),
    world(
        "words-loading-beside-dead-resolver",
        f"redis://{NAME}",
        _SERVICE_REJECTS,
        name(),
        listen(
            6379,
            lambda connection: redis(
                connection, says=b"-LOADING Redis is loading the dataset in memory\r\n"
            ),
        ),
        nameservers(RESOLVER, RESOLVER2),
    ),
    world(
        "words-balancer-closes-postgres",
        PG_URL,
        _SERVICE_CLOSES,
        name(),
        listen(5432, late(1.0, Connection.finish)),
        limit=SILENT,
    ),
    world(
        "words-pgbouncer-no-such-user",
        PG_URL,
        _SERVICE_REJECTS,
        name(),
        _postgres_refuses(b"08P01", b"no such user: app"),
    ),
    world(
        "words-ldap-unavailable",
        f"ldap://{NAME}",
        _SERVICE_REJECTS,
        name(),
        listen(389, replies(LDAP_UNAVAILABLE)),
    ),
    world(
        "words-mqtt-unavailable",
        f"mqtt://{NAME}",
        _SERVICE_REJECTS,
        name(),
        listen(1883, replies(MQTT_UNAVAILABLE)),
    ),
    world(
        "words-nats-full",
        f"nats://{NAME}",
        _SERVICE_REJECTS,
        name(),
        listen(4222, says(NATS_INFO + b"-ERR 'maximum connections exceeded'\r\n")),
    ),
    world(
        "words-memcached-out-of-memory",
        f"memcached://{NAME}",
        _SERVICE_REJECTS,
        name(),
        listen(11211, replies(b"SERVER_ERROR out of memory\r\n")),
    ),
    world(
        "words-ssh-not-now",
        f"ssh://{NAME}",
        _SERVICE_REJECTS,
        name(),
        listen(22, says(b"Not allowed at this time\r\n")),
    ),
    world(
        "words-ssh-closes",
        f"ssh://{NAME}",
        _SERVICE_CLOSES,
        name(),
        listen(22, Connection.finish),
    ),
    world(
        "words-redis-port-speaks-postgres-error",
        f"redis://{NAME}:5432",
        broken(
            "service_other_protocol|service_closes|service_silent",
            "service.rejected|tcp.closed|tcp.reset|http.response.invalid.not_http|http.response.timed_out",
            SERVICE_LAYERS,
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(5432, postgres),
        limit=SILENT,
    ),
    world(
        "words-smtp-speaks-ftp",
        f"smtp://{NAME}:21",
        broken(
            "service_other_protocol",
            "service.rejected",
            SERVICE_LAYERS,
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(21, says(b"220 ProFTPD Server ready.\r\n", hangs_up=False)),
    ),
    world(
        "words-imap-speaks-pop3",
        f"imap://{NAME}:110",
        broken(
            "service_other_protocol",
            "service.rejected",
            SERVICE_LAYERS,
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(110, says(b"+OK POP3 ready\r\n", hangs_up=False)),
    ),
    world(
        "words-mysql-port-speaks-ssh",
        f"mysql://{NAME}:22",
        broken(
            "service_other_protocol",
            "service.rejected",
            SERVICE_LAYERS,
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(22, ssh),
    ),
    world(
        "words-redis-cut-within-answer",
        f"redis://{NAME}",
        broken(
            "service_closes|service_other_protocol|healthy",
            "tcp.closed|tcp.reset|service.rejected|healthy",
            f"{SERVICE_LAYERS}|none",
            f"{THEIR_APPLICATION}|this program|",
            healthy=None,
        ),
        name(),
        listen(6379, replies(b"+PO")),
    ),
    world(
        "words-redis-busy-script",
        f"redis://{NAME}",
        _SERVICE_REJECTS,
        name(),
        listen(
            6379,
            lambda connection: redis(connection, says=b"-BUSY Redis is busy running a script.\r\n"),
        ),
    ),
    world(
        "words-redis-master-down",
        f"redis://{NAME}",
        _SERVICE_REJECTS,
        name(),
        listen(
            6379,
            lambda connection: redis(
                connection, says=b"-MASTERDOWN Link with MASTER is down and no stale data.\r\n"
            ),
        ),
    ),
    world(
        "words-postgres-recovery",
        PG_URL,
        _SERVICE_REJECTS,
        name(),
        listen(
            5432,
            lambda connection: postgres(
                connection,
                refusal=postgres_refusal(b"57P03", b"the database system is in recovery mode"),
            ),
        ),
    ),
    world(
        "words-mysql-full-beside-ipv6-dead",
        f"mysql://{NAME}/x",
        _SERVICE_REJECTS,
        dual(),
        listen(3306, mysql_full),
        rule("border", "FORWARD -p tcp -j DROP", 6),
        limit=SILENT,
    ),
    world(
        "words-imap-silent",
        f"imap://{NAME}",
        broken(
            "service_silent",
            "http.response.timed_out|tcp.timed_out.established|unknown|service.rejected",
            SERVICE_LAYERS,
            THEIR_APPLICATION,
        ),
        name(),
        listen(143, Connection.stall),
        limit=SILENT,
    ),
    world(
        "words-ssh-speaks-http",
        f"ssh://{NAME}:80",
        broken(
            "service_other_protocol",
            "service.rejected|http.response.invalid.not_http",
            SERVICE_LAYERS,
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(),
        limit=SILENT,
    ),
    world(
        "words-mysql-x-port",
        f"mysql://{NAME}:33060/x",
        broken(
            "service_other_protocol",
            "service.rejected",
            SERVICE_LAYERS,
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(33060, says(b"\x05\x00\x00\x00\x0b\x08\x05\x1a\x00", hangs_up=False)),
    ),
    world(
        "words-mongodb-answers-http",
        f"mongodb://{NAME}:80",
        broken(
            "service_other_protocol|service_closes",
            "service.rejected|tcp.closed|http.response.invalid.not_http|tcp.reset",
            SERVICE_LAYERS,
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(80, replies(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    ),
    world(
        "mixed-postgres-full-over-tls",
        f"postgres://app@{NAME}/shop?sslmode=require",
        broken(
            "service_rejects",
            "service.rejected",
            SERVICE_LAYERS,
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(
            5432,
            postgres_over_tls(
                "self_signed",
                refusal=postgres_refusal(b"53300", b"sorry, too many clients already"),
            ),
        ),
    ),
    world(
        "mixed-redis-full-on-ipv6",
        f"redis://[{SERVER6}]",
        broken(
            "service_rejects",
            "service.rejected",
            SERVICE_LAYERS,
            f"{THEIR_APPLICATION}|this program",
        ),
        listen(6379, says(b"-ERR max number of clients reached\r\n")),
    ),
    world(
        "mixed-mysql-one-address-full",
        f"mysql://{NAME}/x",
        broken(
            "service_rejects|healthy",
            "service.rejected|healthy",
            f"{SERVICE_LAYERS}|none",
            f"{THEIR_APPLICATION}|this program|",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        listen(3306, mysql_full, address=SERVER),
        listen(3306, mysql, address=OTHER),
    ),
    world(
        "greetings-redis-silent-v6",
        f"redis://{HOST6}",
        broken(
            "service_silent",
            "http.response.timed_out|service.rejected|unknown|tcp.timed_out.established",
            "application|tcp",
            "their service|their application",
        ),
        listen(6379, unread, address=SERVER6),
        limit=SILENT,
    ),
    world(
        "greetings-redis-protected-mode",
        f"redis://{NAME}:6379/0",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(
            6379,
            says(
                b"-DENIED Redis is running in protected mode becau"
                b"se protected mode is enabled and no password is s"
                b"et for the default user. In this mode connections"
                b" are only accepted from the loopback interface.\r\n"
            ),
        ),
    ),
    world(
        "greetings-postgres-no-hba",
        f"postgresql://app@{NAME}:5433/shop",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(5433, partial(postgres, refusal=postgres_refusal(b"28000", _NOT_ADMITTED))),
    ),
    world(
        "greetings-mysql-host-blocked",
        f"mysql://app@{NAME}/shop",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(
            3306,
            says(
                mysql_refusal(
                    1129,
                    b"HY000",
                    (
                        b"Host '192.0.2.2' is blocked because of many connec"
                        b"tion errors; unblock with 'mysqladmin flush-hosts'"
                    ),
                )
            ),
        ),
    ),
    world(
        "greetings-imap-bye",
        f"imap://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(143, says(b"* BYE Too many connections from your IP\r\n")),
    ),
    world(
        "greetings-pop3-err",
        f"pop3://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(110, says(b"-ERR [SYS/TEMP] Temporary system problem, try again later\r\n")),
    ),
    world(
        "greetings-ftp-421",
        f"ftp://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(21, says(b"421 There are too many connected users, please try again later.\r\n")),
    ),
    world(
        "greetings-smtp-421-tls",
        f"smtp://{NAME}:587",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(
            587,
            says(
                b"421-4.7.0 [192.0.2.2] Our system has detected an unusual"
                b" rate of\r\n421 4.7.0 unsolicited mail. Try again later.\r\n"
            ),
        ),
    ),
    world(
        "greetings-ssh-maxstartups",
        f"ssh://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(22, says(b"Exceeded MaxStartups\r\n")),
    ),
    world(
        "greetings-memcached-full",
        f"memcached://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(11211, says(b"ERROR Too many open connections\r\n")),
    ),
    world(
        "greetings-redis-loading-tls",
        f"redis://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(6379, says(b"-LOADING Redis is loading the dataset in memory\r\n")),
    ),
    world(
        "greetings-postgres-starting",
        f"postgres://app@{NAME}/shop",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(5432, says(postgres_refusal(b"57P03", b"the database system is starting up"))),
    ),
    world(
        "greetings-ssh-not-allowed-wrapper",
        f"ssh://{NAME}",
        broken(
            "service_closes",
            "tcp.closed|http.response.invalid.empty|service.rejected|tcp.reset",
            "application|tcp|http",
            "their service|path|their host|their application",
        ),
        name(),
        listen(22, Connection.finish),
    ),
    world(
        "greetings-redis-on-tls",
        f"redis://{NAME}:6379",
        broken(
            "service_other_protocol",
            (
                "tls.protocol.error.not_tls|service.reject"
                "ed|http.response.invalid.not_http|tcp.res"
                "et|tcp.closed|http.response.invalid.empty"
            ),
            "application|tls|tcp|config|http",
            "this program|their service",
        ),
        name(),
        secure(6379, handler=redis),
    ),
    world(
        "greetings-mongodb-silent",
        f"mongodb://{NAME}",
        broken(
            "service_silent",
            "http.response.timed_out|service.rejected|unknown|tcp.timed_out.established",
            "application|tcp",
            "their application|their service",
        ),
        name(),
        listen(27017, Connection.stall),
        limit=SILENT,
    ),
    world(
        "greetings-mysql-port-http",
        f"mysql://{NAME}:8080",
        broken(
            "service_other_protocol",
            "http.response.invalid.not_http|service.rejected|unknown|http.response.timed_out",
            "application|http|tcp",
            "this program|their service",
        ),
        name(),
        listen(8080),
        limit=SILENT,
    ),
    world(
        "greetings-postgres-tls-required-not-offered",
        f"postgres://app@{NAME}/shop?sslmode=require",
        broken(
            "service_rejects",
            (
                "service.rejected|tls.protocol.error.not_tls|tls.failed|conf"
                "ig.tls_unavailable|tls.version_or_cipher_mismatch|tls.closed"
            ),
            "tls|application|config",
            "this program|their service",
        ),
        name(),
        listen(5432, postgres),
    ),
    world(
        "greetings-smtp-on-smtps",
        f"smtp://{NAME}:465",
        broken(
            "service_other_protocol",
            (
                "http.response.timed_out|tls.protocol.error.not_tls|http.re"
                "sponse.invalid.not_http|service.rejected|tcp.closed|unknown"
            ),
            "application|tls|tcp|config",
            "this program|their service",
        ),
        name(),
        secure(465, handler=smtp),
        limit=SILENT,
    ),
    world(
        "greetings-amqp-on-management",
        f"amqp://{NAME}:15672",
        broken(
            "service_other_protocol",
            "http.response.invalid.not_http|service.rejected|unknown",
            "application|http|tcp",
            "this program|their service",
        ),
        name(),
        listen(15672, answer("HTTP/1.1 400 Bad Request", "Server: Cowboy", "Connection: close")),
    ),
    world(
        "greetings-redis-on-memcached",
        f"redis://{NAME}:11211",
        broken(
            "service_other_protocol",
            "http.response.invalid.not_http|service.rejected|unknown",
            "application",
            "this program|their service|their application",
        ),
        name(),
        listen(11211, replies(b"ERROR\r\n", hangs_up=False)),
    ),
    world(
        "greetings-mqtt-unavailable",
        f"mqtt://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(1883, replies(MQTT_UNAVAILABLE)),
    ),
    world(
        "greetings-ldap-busy",
        f"ldap://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(389, replies(LDAP_UNAVAILABLE)),
    ),
    world(
        "greetings-nntp-400",
        f"nntp://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(119, says(b"400 load at 15.23, throttling\r\n")),
    ),
    world(
        "beside-redis-noauth",
        f"redis://{NAME}:6380/2",
        broken("service_wants_login", "service.rejected", "application", "this program"),
        name(),
        listen(6380, partial(redis, says=b"-NOAUTH Authentication required.\r\n")),
    ),
    World(
        name="changed-mysql-shutting-down",
        target=f"mysql://app@{NAME}/shop",
        build=(
            name(),
            listen(3306, says(mysql_refusal(1053, b"08S01", b"Server shutdown in progress"))),
        ),
        expected=broken("service_rejects", *_REJECTED_BY_SERVICE),
        fact=("shutdown",),
    ),
    World(
        name="changed-ftp-oops",
        target=f"ftp://{NAME}/",
        build=(
            name(),
            listen(
                21,
                says(b"500 OOPS: vsftpd: cannot locate user specified in 'ftp_username':ftp\r\n"),
            ),
        ),
        expected=broken("service_rejects", *_REJECTED_BY_SERVICE),
        curl=(8,),
        fact=("OOPS|500|weird",),
    ),
    World(
        name="changed-ldap-wants-signing",
        target=f"ldap://{NAME}/",
        build=(name(), listen(389, replies(LDAP_DONE.replace(b"\x0a\x01\0", b"\x0a\x01\x08")))),
        expected=broken(
            "service_rejects|service_wants_login",
            "service.rejected",
            "application",
            "their service|their application|this program",
        ),
        fact=("strong",),
        note="the directory takes no binding without signing any more",
    ),
    ldap_refuses(
        "ldap-wants-encryption", 13, "service_rejects|service_wants_login", fact=("confid",)
    ),
    World(
        name="akin-mongodb-shutting-down",
        target=f"mongodb://{NAME}/shop",
        build=(name(), listen(27017, replies(_QUIESCE, hangs_up=False))),
        expected=broken("service_rejects", "service.rejected", "application", THEIR_SERVICE),
        fact=("quiesce",),
    ),
    world(
        "unread-redis-answers-error-max-clients",
        f"redis://{SERVER}:6379/0",
        broken("service_rejects", "service.rejected", "application", THEIR_APPLICATION),
        listen(6379, says(b"-ERR max number of clients reached\r\n")),
    ),
    world(
        "unread-postgres-database-unknown",
        f"postgresql://app@{SERVER}:5432/shopp",
        broken(
            "service_rejects",
            "service.rejected",
            "application",
            f"{THEIR_APPLICATION}|this program",
        ),
        listen(
            5432,
            lambda c: postgres(
                c, refusal=postgres_refusal(b"3D000", b'database "shopp" does not exist')
            ),
        ),
    ),
    greeted(
        "postgres-without-tls",
        f"{PG_URL}?sslmode=require",
        broken(
            "service_tls_failed|service_rejects|tls_on_plain_port",
            "tls.failed|service.rejected|tls.protocol.error.not_tls",
            "tls|application",
            f"{THEIR_SERVICE}|this program",
        ),
        listen(5432, postgres),
        fact=("TLS|SSL",),
    ),
)
