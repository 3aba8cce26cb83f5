"""Worlds of services: their own words when they refuse, and what answers on the wrong port."""

from functools import partial

from e2e import papers
from e2e.building import (
    NAME,
    dual,
    listen,
    name,
    secure,
    unaccepted,
)
from e2e.handlers import mysql, page, postgres, redis, smtp, ssh
from e2e.site import SERVER6
from e2e.talk import (
    LDAP_UNAVAILABLE,
    MQTT_UNAVAILABLE,
    answer,
    either,
    mysql_refusal,
    postgres_over_tls,
    postgres_refusal,
    replies,
    says,
    unread,
)
from e2e.world import SILENT, World, broken

from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.server import Connection

_SERVER6 = f"[{SERVER6}]"
_HTTPS = f"https://{NAME}/"
_NOT_ADMITTED = (
    b'no pg_hba.conf entry for host "192.0.2.2", user "app", database "shop", no encryption'
)


def _world(label, target, expected, *build, **more):
    return World(name=f"greetings-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _world(
        "redis-silent-v6",
        f"redis://{_SERVER6}",
        broken(
            "service_silent",
            "http.response.timed_out|service.rejected|unknown|tcp.timed_out.established",
            "application|tcp",
            "their service|their application",
        ),
        listen(6379, unread, address=SERVER6),
        limit=SILENT,
    ),
    _world(
        "tls-silent-8443",
        f"https://{NAME}:8443/",
        broken("handshake_silent", "tls.timed_out", "tls", "their service"),
        name(),
        unaccepted(8443),
        limit=SILENT,
    ),
    _world(
        "http-silent-after-tls",
        _HTTPS,
        broken(
            "accepts_and_silent",
            "http.response.timed_out",
            "http|application",
            "their application|their service",
        ),
        name(),
        secure(handler=Connection.stall),
        limit=SILENT,
    ),
    _world(
        "close-after-tls",
        _HTTPS,
        broken(
            "closes_without_answer",
            "http.response.invalid.empty|tcp.closed",
            "http",
            "their application|their service",
        ),
        dual(),
        secure(handler=Connection.read_request),
    ),
    _world(
        "redis-protected-mode",
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
    _world(
        "postgres-no-hba",
        f"postgresql://app@{NAME}:5433/shop",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(5433, partial(postgres, refusal=postgres_refusal(b"28000", _NOT_ADMITTED))),
    ),
    _world(
        "mysql-host-blocked",
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
    _world(
        "https-port-speaks-ssh",
        f"https://{NAME}:2222/",
        broken("other_protocol", "tls.protocol.error.not_tls", "tls", "this program|their service"),
        name(),
        listen(2222, ssh),
    ),
    _world(
        "tls-on-plain-jetty",
        f"https://{NAME}:8080/",
        broken("tls_on_plain_port", "tls.protocol.error.not_tls", "tls", "this program"),
        name(),
        listen(8080),
        limit=SILENT,
    ),
    _world(
        "plain-on-tls-go",
        f"http://{NAME}:8443/",
        broken(
            "plain_on_tls_port",
            "http.error|http.response.invalid.not_http|tls.protocol.error.not_tls",
            "http|status|tls|config|url",
            "this program",
        ),
        name(),
        listen(
            8443,
            either(
                over_tls(papers.server_context(), page()),
                answer(
                    "HTTP/1.0 400 Bad Request",
                    length=False,
                    body=b"Client sent an HTTP request to an HTTPS server.\n",
                ),
            ),
        ),
    ),
    _world(
        "plain-on-tls-openssl",
        f"http://{NAME}:4433/",
        broken(
            "plain_on_tls_port",
            (
                "http.response.invalid.not_http|tcp.reset|http.respons"
                "e.invalid.empty|tls.protocol.error.not_tls|tcp.closed"
            ),
            "http|tls|tcp|config|url",
            "this program",
        ),
        name(),
        secure(4433),
    ),
    _world(
        "imap-bye",
        f"imap://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(143, says(b"* BYE Too many connections from your IP\r\n")),
    ),
    _world(
        "pop3-err",
        f"pop3://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(110, says(b"-ERR [SYS/TEMP] Temporary system problem, try again later\r\n")),
    ),
    _world(
        "ftp-421",
        f"ftp://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(21, says(b"421 There are too many connected users, please try again later.\r\n")),
    ),
    _world(
        "smtp-421-tls",
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
    _world(
        "ssh-maxstartups",
        f"ssh://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(22, says(b"Exceeded MaxStartups\r\n")),
    ),
    _world(
        "memcached-full",
        f"memcached://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(11211, says(b"ERROR Too many open connections\r\n")),
    ),
    _world(
        "redis-loading-tls",
        f"redis://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(6379, says(b"-LOADING Redis is loading the dataset in memory\r\n")),
    ),
    _world(
        "postgres-starting",
        f"postgres://app@{NAME}/shop",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(5432, says(postgres_refusal(b"57P03", b"the database system is starting up"))),
    ),
    _world(
        "ssh-not-allowed-wrapper",
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
    _world(
        "rediss-expired",
        f"rediss://{NAME}:6380",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        secure(6380, "expired", redis),
    ),
    _world(
        "rediss-on-plain",
        f"rediss://{NAME}:6379",
        broken(
            "tls_on_plain_port",
            "tls.protocol.error.not_tls|tls.closed|tls.timed_out",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(
            6379, partial(redis, says=b"-ERR Protocol error: unauthenticated multibulk length\r\n")
        ),
        limit=SILENT,
    ),
    _world(
        "redis-on-tls",
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
    _world(
        "amqps-wrong-name",
        f"amqps://{NAME}",
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        dual(),
        secure(5671, "bare_domain"),
    ),
    _world(
        "mongodb-silent",
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
    _world(
        "mysql-port-http",
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
    _world(
        "ldap-refused",
        f"ldap://{_SERVER6}",
        broken("service_down", "tcp.refused", "tcp", "their service|their host"),
    ),
    _world(
        "postgres-tls-expired",
        f"postgres://app@{NAME}/shop?sslmode=verify-full",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        listen(5432, postgres_over_tls("expired")),
    ),
    _world(
        "postgres-tls-required-not-offered",
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
    _world(
        "https-on-smtps",
        f"https://{NAME}:465/",
        broken(
            "not_http",
            "http.response.invalid.not_http",
            "http|application",
            "this program|their service",
        ),
        name(),
        secure(465, handler=smtp),
    ),
    _world(
        "http-on-smtp",
        f"http://{NAME}:25/",
        broken(
            "not_http",
            "http.response.invalid.not_http",
            "http|application",
            "this program|their service",
        ),
        name(),
        listen(25, smtp),
    ),
    _world(
        "http-on-redis",
        f"http://{NAME}:6379/",
        broken(
            "not_http",
            "http.response.invalid.not_http",
            "http|application",
            "this program|their service",
        ),
        name(),
        listen(
            6379, replies(b"-ERR wrong number of arguments for 'get' command\r\n", hangs_up=False)
        ),
    ),
    _world(
        "http-on-postgres",
        f"http://{NAME}:5432/",
        broken(
            "closes_without_answer",
            "http.response.invalid.not_http|http.response.invalid.empty|tcp.closed",
            "http|tcp",
            "this program|their service|their application",
        ),
        name(),
        listen(5432, postgres),
    ),
    _world(
        "http-on-mysql-v6",
        f"http://{_SERVER6}:3306/",
        broken(
            "not_http",
            "http.response.invalid.not_http",
            "http|application",
            "this program|their service",
        ),
        listen(3306, mysql),
    ),
    _world(
        "smtp-on-smtps",
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
    _world(
        "smtps-on-submission",
        f"smtps://{NAME}:587",
        broken(
            "tls_on_plain_port", "tls.protocol.error.not_tls", "tls", "this program|their service"
        ),
        name(),
        listen(587, smtp),
    ),
    _world(
        "amqp-on-management",
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
    _world(
        "redis-on-memcached",
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
    _world(
        "mqtt-unavailable",
        f"mqtt://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(1883, replies(MQTT_UNAVAILABLE)),
    ),
    _world(
        "ldap-busy",
        f"ldap://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(389, replies(LDAP_UNAVAILABLE)),
    ),
    _world(
        "nntp-400",
        f"nntp://{NAME}",
        broken(
            "service_rejects", "service.rejected", "application", "their service|their application"
        ),
        name(),
        listen(119, says(b"400 load at 15.23, throttling\r\n")),
    ),
)
