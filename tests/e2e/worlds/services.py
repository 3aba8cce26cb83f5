"""Databases, mail, queues and other services."""

from e2e.building import NAME, listen, name, world
from e2e.expectations import (
    OTHER_KINDS,
    PG_URL,
    SILENT_KINDS,
    SLOW,
    THEIR_APPLICATION,
    THEIR_SERVICE,
)
from e2e.handlers import postgres_full, redis, ssh
from e2e.server_replies import (
    LDAP_DONE,
    lingering,
    mysql_refusal,
    postgres_over_tls,
    replies,
    says,
    unread,
)
from e2e.site import SERVER
from e2e.templates import service_world
from e2e.world import SILENT, broken

from ringback.testing.lab.http import greeting
from ringback.testing.lab.server import Connection

WORLDS = (
    world(
        "unread-postgres-behind-dead-tunnel",
        f"postgresql://{SERVER}:5432/shop",
        broken(
            "service_closes|closes_without_answer",
            "tcp.closed|tcp.reset",
            "application|tcp",
            THEIR_APPLICATION,
        ),
        listen(5432, lingering),
    ),
    world(
        "unread-redis-port-is-ssh",
        f"redis://{SERVER}:6379/0",
        broken("service_other_protocol", "service.rejected", "application", "this program"),
        listen(6379, ssh),
    ),
    world(
        "unread-mysql-too-many",
        f"mysql://{SERVER}:3306/shop",
        broken("service_rejects", "service.rejected", "application", THEIR_APPLICATION),
        listen(3306, says(mysql_refusal(1040, b"08004", b"Too many connections"))),
    ),
    world(
        "unread-redis-hangs-after-fork",
        f"redis://{SERVER}:6379/0",
        broken("service_silent", "http.response.timed_out", "application", THEIR_APPLICATION),
        listen(6379, unread),
        **SLOW,
    ),
    service_world(
        "postgres-full",
        f"postgres://app@{NAME}/shop",
        postgres_full,
        5432,
        "service_rejects",
        "service.rejected",
        fact="too many clients",
    ),
    service_world(
        "postgres-silent",
        f"postgres://app@{NAME}/shop",
        Connection.stall,
        5432,
        "service_silent|accepts_and_silent",
        SILENT_KINDS,
        fact="time",
        limit=SILENT,
    ),
    service_world(
        "postgres-port-speaks-ssh",
        f"postgres://app@{NAME}/shop",
        greeting(b"SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n"),
        5432,
        "service_other_protocol|other_protocol",
        OTHER_KINDS,
        fact="ssh",
    ),
    world(
        "way-redis-closes",
        f"redis://{NAME}",
        broken(
            "service_closes|closes_without_answer|service_rejects|connection_reset",
            "tcp.closed|service.rejected|tcp.reset",
            "tcp|application",
            "their service|their application",
        ),
        name(),
        listen(6379, Connection.finish),
        fact=("clos|EOF|empty",),
    ),
    world(
        "greeted-redis-wants-password",
        f"redis://{NAME}",
        broken("service_wants_login", "service.rejected", "application", "this program"),
        name(),
        listen(
            6379, lambda connection: redis(connection, says=b"-NOAUTH Authentication required.\r\n")
        ),
    ),
    world(
        "words-postgres-tls-reset",
        PG_URL,
        broken(
            "service_tls_failed|service_closes",
            "tls.failed|tcp.reset|tls.closed",
            "tls|application|tcp",
            "their service|path",
        ),
        name(),
        listen(5432, postgres_over_tls("good", handshakes=False)),
    ),
    world(
        "akin-ldap-wants-binding",
        f"ldap://{NAME}/",
        broken(
            "service_wants_login|service_rejects",
            "service.rejected",
            "application",
            f"{THEIR_SERVICE}|this program",
        ),
        name(),
        listen(389, replies(LDAP_DONE.replace(b"\x0a\x01\0", b"\x0a\x01\1"))),
        fact=("bind",),
    ),
)
