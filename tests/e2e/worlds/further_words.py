"""Further first words of services, in their own protocol or in another."""

from e2e.building import NAME, dual, listen, name, nameservers, rule, secure, unaccepted
from e2e.handlers import mysql, mysql_full, postgres, redis, smtp, ssh
from e2e.site import OTHER, RESOLVER, RESOLVER2
from e2e.talk import (
    AMQP_START,
    LDAP_DONE,
    LDAP_UNAVAILABLE,
    MONGODB_HELLO,
    MQTT_FORBIDDEN,
    MQTT_UNAVAILABLE,
    NATS_INFO,
    late,
    mysql_refusal,
    postgres_over_tls,
    postgres_refusal,
    replies,
    says,
    smtp_that_resets,
)
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.server import Connection

_UNDECIDED = broken(
    "firewall_drops|overloaded",
    "tcp.timed_out",
    "tcp",
    "path|their host|their service",
    "firewall_drops|overloaded",
)
_PG = f"postgres://app@{NAME}/shop"
_PROHIBITED = "tcp.address_unreachable.prohibited"
_HOST = "tcp.address_unreachable.host"
_LAYERS = "application|tcp|http|status"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_REJ = broken(
    "service_rejects", "service.rejected", _LAYERS, "their service|their application|this program"
)
_BOTH = "their application|their service"
_CLOSES = broken("service_closes", "tcp.closed|tcp.reset", _LAYERS, f"{_BOTH}|path|their host")
_TLSPORT = broken(
    "plain_on_tls_port|service_other_protocol|service_silent|service_closes",
    "http.response.invalid.not_http|service.rejected|tcp.closed|tcp.reset|http.response.timed_out",
    f"{_LAYERS}|tls",
    f"{_BOTH}|this program",
)


def _words(label, target, expected, *build, **more):
    return World(name=f"words-{label}", target=target, build=build, expected=expected, **more)


def _pg(code, msg):
    return listen(5432, lambda c: postgres(c, refusal=postgres_refusal(code, msg)))


WORLDS = (
    _words(
        "redis-dropped",
        f"redis://{NAME}",
        _UNDECIDED,
        name(),
        listen(),
        rule("border", "FORWARD -p tcp --dport 6379 -j DROP"),
        limit=SILENT,
    ),
    _words(
        "postgres-prohibited",
        _PG,
        broken("firewall_rejects", f"{_PROHIBITED}|{_HOST}", "ip|tcp", "path"),
        name(),
        listen(5432, postgres),
        rule("border", "FORWARD -p tcp --dport 5432 -j REJECT --reject-with icmp-admin-prohibited"),
    ),
    _words(
        "smtp-own-provider-blocks-25",
        f"smtp://{NAME}",
        broken(
            "firewall_drops|overloaded",
            "tcp.timed_out",
            "tcp|ip",
            "path|their host|their service|this network",
        ),
        name(),
        listen(25, smtp),
        listen(587, smtp),
        rule("gateway", "FORWARD -p tcp --dport 25 -j DROP"),
        limit=SILENT,
    ),
    _words(
        "never-accepted-postgres",
        _PG,
        broken(
            "service_silent",
            "http.response.timed_out|tcp.timed_out.established|unknown|service.rejected",
            _LAYERS,
            "their service|their application|their host",
        ),
        name(),
        unaccepted(5432),
        limit=SILENT,
    ),
    _words(
        "mongodb-healthy",
        f"mongodb://{NAME}/shop",
        WELL,
        name(),
        listen(27017, replies(MONGODB_HELLO, hangs_up=False)),
    ),
    _words(
        "ldap-healthy",
        f"ldap://{NAME}",
        WELL,
        name(),
        listen(389, replies(LDAP_DONE, hangs_up=False)),
    ),
    _words(
        "mqtt-forbidden",
        f"mqtt://{NAME}",
        broken("service_wants_login", "service.rejected", "application", "this program"),
        name(),
        listen(1883, replies(MQTT_FORBIDDEN)),
    ),
    _words(
        "nats-healthy",
        f"nats://{NAME}",
        WELL,
        name(),
        listen(4222, says(NATS_INFO, hangs_up=False)),
    ),
    _words(
        "mariadb-healthy",
        f"mariadb://{NAME}/shop",
        WELL,
        name(),
        listen(3306, mysql),
    ),
    _words(
        "kafka-healthy",
        f"kafka://{NAME}:9092",
        WELL,
        name(),
        listen(9092, Connection.stall),
    ),
    _words(
        "mssql-refused",
        f"mssql://{NAME}:1433/shop",
        _DOWN,
        name(),
        listen(),
    ),
    _words(
        "ssh-late-healthy",
        f"ssh://{NAME}",
        WELL,
        name(),
        listen(22, late(2.0, ssh)),
        limit=SILENT,
    ),
    _words(
        "postgres-no-database",
        _PG,
        _REJ,
        name(),
        _pg(b"3D000", b'database "shop" does not exist'),
    ),
    _words(
        "postgres-shutting-down",
        _PG,
        _REJ,
        name(),
        _pg(b"57P01", b"terminating connection due to administrator command"),
    ),
    _words(
        "smtp-greylisted",
        f"smtp://{NAME}",
        _REJ,
        name(),
        listen(25, says(b"450 4.7.1 You are greylisted\r\n")),
    ),
    _words(
        "pop3-err",
        f"pop3://{NAME}",
        _REJ,
        name(),
        listen(110, says(b"-ERR [SYS/TEMP] try again later\r\n")),
    ),
    _words(
        "mysql-user-limit",
        f"mysql://{NAME}/x",
        _REJ,
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
    _words(
        "amqp-port-speaks-http",
        f"amqp://{NAME}:15672",
        broken(
            "service_other_protocol|other_protocol",
            "http.response.invalid.not_http|service.rejected",
            _LAYERS,
            f"{_BOTH}|this program",
        ),
        name(),
        listen(15672, replies(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")),
    ),
    _words(
        "mongodb-silent",
        f"mongodb://{NAME}",
        broken(
            "service_silent",
            "http.response.timed_out|tcp.timed_out.established|unknown|service.rejected",
            _LAYERS,
            _BOTH,
        ),
        name(),
        listen(27017, Connection.stall),
        limit=SILENT,
    ),
    _words(
        "loading-beside-dead-resolver",
        f"redis://{NAME}",
        _REJ,
        name(),
        listen(
            6379,
            lambda connection: redis(
                connection, says=b"-LOADING Redis is loading the dataset in memory\r\n"
            ),
        ),
        nameservers(RESOLVER, RESOLVER2),
    ),
    _words(
        "balancer-closes-postgres",
        _PG,
        _CLOSES,
        name(),
        listen(5432, late(1.0, Connection.finish)),
        limit=SILENT,
    ),
    _words(
        "postgres-port-tls-first",
        _PG,
        _TLSPORT,
        name(),
        secure(5432, handler=postgres),
        limit=SILENT,
    ),
    _words(
        "mysql-behind-tls-tunnel",
        f"mysql://{NAME}/x",
        _TLSPORT,
        name(),
        secure(3306, handler=mysql),
        limit=SILENT,
    ),
    _words(
        "smtp-to-465",
        f"smtp://{NAME}:465",
        _TLSPORT,
        name(),
        secure(465, handler=smtp),
        limit=SILENT,
    ),
    _words(
        "mongodb-to-tls-port",
        f"mongodb://{NAME}",
        _TLSPORT,
        name(),
        secure(27017, handler=replies(MONGODB_HELLO)),
        limit=SILENT,
    ),
    _words(
        "postgres-old-says-e-healthy",
        f"postgres://{NAME}/shop",
        WELL,
        name(),
        listen(
            5432,
            replies(
                postgres_refusal(
                    b"0A000", b"unsupported frontend protocol 1234.5679: server supports 2.0 to 3.0"
                )
            ),
        ),
    ),
    _words(
        "pgbouncer-no-such-user",
        _PG,
        _REJ,
        name(),
        _pg(b"08P01", b"no such user: app"),
    ),
    _words(
        "postgres-tls-reset",
        _PG,
        broken(
            "service_tls_failed|service_closes",
            "tls.failed|tcp.reset|tls.closed",
            "tls|application|tcp",
            "their service|path",
        ),
        name(),
        listen(5432, postgres_over_tls("good", handshakes=False)),
    ),
    _words(
        "ldap-unavailable",
        f"ldap://{NAME}",
        _REJ,
        name(),
        listen(389, replies(LDAP_UNAVAILABLE)),
    ),
    _words(
        "mqtt-unavailable",
        f"mqtt://{NAME}",
        _REJ,
        name(),
        listen(1883, replies(MQTT_UNAVAILABLE)),
    ),
    _words(
        "nats-full",
        f"nats://{NAME}",
        _REJ,
        name(),
        listen(4222, says(NATS_INFO + b"-ERR 'maximum connections exceeded'\r\n")),
    ),
    _words(
        "memcached-out-of-memory",
        f"memcached://{NAME}",
        _REJ,
        name(),
        listen(11211, replies(b"SERVER_ERROR out of memory\r\n")),
    ),
    _words(
        "ssh-not-now",
        f"ssh://{NAME}",
        _REJ,
        name(),
        listen(22, says(b"Not allowed at this time\r\n")),
    ),
    _words(
        "ssh-closes",
        f"ssh://{NAME}",
        _CLOSES,
        name(),
        listen(22, Connection.finish),
    ),
    _words(
        "ftp-later-healthy",
        f"ftp://{NAME}",
        WELL,
        name(),
        listen(21, says(b"120 Service ready in 2 minutes\r\n", hangs_up=False)),
    ),
    _words(
        "redis-port-speaks-postgres-error",
        f"redis://{NAME}:5432",
        broken(
            "service_other_protocol|service_closes|service_silent",
            "service.rejected|tcp.closed|tcp.reset|http.response.invalid.not_http|http.response.timed_out",
            _LAYERS,
            f"{_BOTH}|this program",
        ),
        name(),
        listen(5432, postgres),
        limit=SILENT,
    ),
    _words(
        "smtp-speaks-ftp",
        f"smtp://{NAME}:21",
        broken("service_other_protocol", "service.rejected", _LAYERS, f"{_BOTH}|this program"),
        name(),
        listen(21, says(b"220 ProFTPD Server ready.\r\n", hangs_up=False)),
    ),
    _words(
        "imap-speaks-pop3",
        f"imap://{NAME}:110",
        broken("service_other_protocol", "service.rejected", _LAYERS, f"{_BOTH}|this program"),
        name(),
        listen(110, says(b"+OK POP3 ready\r\n", hangs_up=False)),
    ),
    _words(
        "mysql-port-speaks-ssh",
        f"mysql://{NAME}:22",
        broken("service_other_protocol", "service.rejected", _LAYERS, f"{_BOTH}|this program"),
        name(),
        listen(22, ssh),
    ),
    _words(
        "smtp-resets-after-banner-healthy",
        f"smtp://{NAME}",
        WELL,
        name(),
        listen(25, smtp_that_resets),
    ),
    _words(
        "redis-cut-within-answer",
        f"redis://{NAME}",
        broken(
            "service_closes|service_other_protocol|healthy",
            "tcp.closed|tcp.reset|service.rejected|healthy",
            f"{_LAYERS}|none",
            f"{_BOTH}|this program|",
            healthy=None,
        ),
        name(),
        listen(6379, replies(b"+PO")),
    ),
    _words(
        "redis-readonly-healthy",
        f"redis://{NAME}",
        WELL,
        name(),
        listen(
            6379,
            lambda connection: redis(
                connection,
                says=b"-NOPERM this user has no permissions to run the 'ping' command\r\n",
            ),
        ),
    ),
    _words(
        "redis-busy-script",
        f"redis://{NAME}",
        _REJ,
        name(),
        listen(
            6379,
            lambda connection: redis(connection, says=b"-BUSY Redis is busy running a script.\r\n"),
        ),
    ),
    _words(
        "redis-master-down",
        f"redis://{NAME}",
        _REJ,
        name(),
        listen(
            6379,
            lambda connection: redis(
                connection, says=b"-MASTERDOWN Link with MASTER is down and no stale data.\r\n"
            ),
        ),
    ),
    _words(
        "postgres-recovery",
        _PG,
        _REJ,
        name(),
        listen(
            5432,
            lambda connection: postgres(
                connection,
                refusal=postgres_refusal(b"57P03", b"the database system is in recovery mode"),
            ),
        ),
    ),
    _words(
        "postgres-multi-host",
        f"postgres://app@{NAME},{OTHER}/shop",
        WELL,
        name(),
        listen(5432, postgres),
    ),
    _words(
        "mysql-full-beside-ipv6-dead",
        f"mysql://{NAME}/x",
        _REJ,
        dual(),
        listen(3306, mysql_full),
        rule("border", "FORWARD -p tcp -j DROP", 6),
        limit=SILENT,
    ),
    _words(
        "amqps-healthy",
        f"amqps://{NAME}",
        WELL,
        name(),
        secure(5671, handler=replies(AMQP_START, hangs_up=False)),
    ),
    _words(
        "imap-silent",
        f"imap://{NAME}",
        broken(
            "service_silent",
            "http.response.timed_out|tcp.timed_out.established|unknown|service.rejected",
            _LAYERS,
            _BOTH,
        ),
        name(),
        listen(143, Connection.stall),
        limit=SILENT,
    ),
    _words(
        "ssh-speaks-http",
        f"ssh://{NAME}:80",
        broken(
            "service_other_protocol",
            "service.rejected|http.response.invalid.not_http",
            _LAYERS,
            f"{_BOTH}|this program",
        ),
        name(),
        listen(),
        limit=SILENT,
    ),
    _words(
        "mysql-x-port",
        f"mysql://{NAME}:33060/x",
        broken("service_other_protocol", "service.rejected", _LAYERS, f"{_BOTH}|this program"),
        name(),
        listen(33060, says(b"\x05\x00\x00\x00\x0b\x08\x05\x1a\x00", hangs_up=False)),
    ),
    _words(
        "smtp-bare-code-healthy",
        f"smtp://{NAME}",
        WELL,
        name(),
        listen(25, lambda connection: smtp(connection, greeting=b"220\r\n")),
    ),
    _words(
        "ssh-with-notice-healthy",
        f"ssh://{NAME}",
        WELL,
        name(),
        listen(22, says(b"Authorised use only.\r\nSSH-2.0-OpenSSH_9.6\r\n", hangs_up=False)),
    ),
    _words(
        "imap-preauth-healthy",
        f"imap://{NAME}",
        WELL,
        name(),
        listen(143, says(b"* PREAUTH IMAP4rev1\r\n", hangs_up=False)),
    ),
    _words(
        "mongodb-answers-http",
        f"mongodb://{NAME}:80",
        broken(
            "service_other_protocol|service_closes",
            "service.rejected|tcp.closed|http.response.invalid.not_http|tcp.reset",
            _LAYERS,
            f"{_BOTH}|this program",
        ),
        name(),
        listen(80, replies(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    ),
)
