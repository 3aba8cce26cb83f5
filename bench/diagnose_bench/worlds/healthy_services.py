"""Healthy services that are not HTTP."""

from functools import partial

from e2e.building import NAME, dual, hosts, listen, name, secure, world
from e2e.expectations import PG_URL, SLOW
from e2e.handlers import mysql, postgres, redis, smtp, ssh
from e2e.server_replies import LDAP_DONE, postgres_over_tls, replies, says
from e2e.site import OTHER, SERVER
from e2e.templates import well
from e2e.world import SILENT, WELL

from diagnose_bench.servers import (
    AMQP_START,
    MONGODB_HELLO,
    NATS_INFO,
    ftp,
    late,
    pieces,
    smtp_that_resets,
)
from diagnose_bench.worlds.expectations import MYSQL_URL
from diagnose_bench.worlds.templates import HOST6, ask_url, greeted, only_new, postgres_refusal
from ringback.testing.lab.http import closing
from ringback.testing.lab.message import head
from ringback.testing.lab.server import Connection

WORLDS = (
    world(
        "unread-healthy-late-greeting",
        f"smtp://{SERVER}:25/",
        WELL,
        listen(25, late(0.6, smtp)),
        **SLOW,
    ),
    well("redis", f"redis://{NAME}", name(), listen(6379, redis), curl=()),
    world("way-ssh-healthy", f"ssh://{NAME}", WELL, name(), listen(22, ssh)),
    world("way-ftp-healthy", f"ftp://{NAME}/pub", WELL, name(), listen(21, ftp)),
    ask_url("healthy-bare-name", NAME, expected=WELL, build=(name(), secure())),
    greeted(
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
    greeted(
        "smtp-in-pieces-healthy",
        f"smtp://{NAME}",
        WELL,
        listen(25, pieces(b"2", b"20 mail.exa", b"mple.org ESMTP\r", b"\n")),
    ),
    greeted(
        "amqp-healthy", f"amqp://{NAME}", WELL, listen(5672, replies(AMQP_START, hangs_up=False))
    ),
    greeted(
        "postgres-with-tls-healthy",
        PG_URL,
        WELL,
        listen(5432, postgres_over_tls("good")),
    ),
    greeted("mysql-slow-healthy", MYSQL_URL, WELL, listen(3306, late(1.5, mysql)), limit=SILENT),
    greeted(
        "tcp-closes-at-once",
        f"tcp://{NAME}:9000",
        WELL,
        listen(9000, Connection.finish),
        note="only a connection was asked for",
    ),
    greeted(
        "postgres-wants-password-tls-healthy",
        f"postgresql+psycopg://app:hunter2@{NAME}/shop",
        WELL,
        listen(5432, postgres),
    ),
    world(
        "proof-tls-ends-after-handshake-raw-healthy",
        f"tls://{NAME}:8883",
        WELL,
        name(),
        secure(8883, handler=Connection.finish),
    ),
    world(
        "reply-websocket-healthy",
        f"ws://{NAME}/chat",
        WELL,
        name(),
        listen(
            80,
            closing(
                head(101, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: x")
            ),
        ),
    ),
    world(
        "words-mongodb-healthy",
        f"mongodb://{NAME}/shop",
        WELL,
        name(),
        listen(27017, replies(MONGODB_HELLO, hangs_up=False)),
    ),
    world(
        "words-ldap-healthy",
        f"ldap://{NAME}",
        WELL,
        name(),
        listen(389, replies(LDAP_DONE, hangs_up=False)),
    ),
    world(
        "words-nats-healthy",
        f"nats://{NAME}",
        WELL,
        name(),
        listen(4222, says(NATS_INFO, hangs_up=False)),
    ),
    world(
        "words-mariadb-healthy",
        f"mariadb://{NAME}/shop",
        WELL,
        name(),
        listen(3306, mysql),
    ),
    world(
        "words-kafka-healthy",
        f"kafka://{NAME}:9092",
        WELL,
        name(),
        listen(9092, Connection.stall),
    ),
    world(
        "words-ssh-late-healthy",
        f"ssh://{NAME}",
        WELL,
        name(),
        listen(22, late(2.0, ssh)),
        limit=SILENT,
    ),
    world(
        "words-postgres-old-says-e-healthy",
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
    world(
        "words-ftp-later-healthy",
        f"ftp://{NAME}",
        WELL,
        name(),
        listen(21, says(b"120 Service ready in 2 minutes\r\n", hangs_up=False)),
    ),
    world(
        "words-smtp-resets-after-banner-healthy",
        f"smtp://{NAME}",
        WELL,
        name(),
        listen(25, smtp_that_resets),
    ),
    world(
        "words-redis-readonly-healthy",
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
    world(
        "words-postgres-multi-host",
        f"postgres://app@{NAME},{OTHER}/shop",
        WELL,
        name(),
        listen(5432, postgres),
    ),
    world(
        "words-amqps-healthy",
        f"amqps://{NAME}",
        WELL,
        name(),
        secure(5671, handler=replies(AMQP_START, hangs_up=False)),
    ),
    world(
        "words-smtp-bare-code-healthy",
        f"smtp://{NAME}",
        WELL,
        name(),
        listen(25, lambda connection: smtp(connection, greeting=b"220\r\n")),
    ),
    world(
        "words-ssh-with-notice-healthy",
        f"ssh://{NAME}",
        WELL,
        name(),
        listen(22, says(b"Authorised use only.\r\nSSH-2.0-OpenSSH_9.6\r\n", hangs_up=False)),
    ),
    world(
        "words-imap-preauth-healthy",
        f"imap://{NAME}",
        WELL,
        name(),
        listen(143, says(b"* PREAUTH IMAP4rev1\r\n", hangs_up=False)),
    ),
    world(
        "mixed-tcp-resets-healthy",
        f"tcp://{NAME}:9000",
        WELL,
        name(),
        # Not at once: on a busy machine the RST would be there before the connection is looked at.
        listen(9000, late(0.2, Connection.reset)),
    ),
    world(
        "beside-well-smtp-many-lines",
        f"smtp://{NAME}:2525",
        WELL,
        name(),
        listen(
            2525,
            partial(
                smtp,
                greeting=(
                    b"220-mail.example.org ESMTP Exim 4.96\r\n220-We do not "
                    b"authorize the use of this system\r\n220 and no spam.\r\n"
                ),
            ),
        ),
    ),
    world(
        "beside-well-tls13-only-ending",
        f"tls://{NAME}:8443",
        WELL,
        name(),
        secure(8443, "good", prepare=only_new),
    ),
    world("beside-well-mysql-v6", f"mysql://app@{HOST6}:3307/x", WELL, listen(3307, mysql)),
    world(
        "beside-well-silent-but-only-tcp-asked",
        f"tcp://{NAME}:9000",
        WELL,
        name(),
        listen(9000, Connection.stall),
        limit=SILENT,
    ),
    world("beside-well-dns-url", f"dns://{NAME}", WELL, dual()),
    world(
        "beside-well-postgres-tls",
        f"postgres://app@{NAME}/shop",
        WELL,
        name(),
        listen(5432, postgres_over_tls("good")),
    ),
    world(
        "beside-well-smtp-late-greeting",
        f"smtp://{NAME}",
        WELL,
        name(),
        listen(25, late(1.2, smtp)),
        limit=4,
    ),
    world(
        "beside-well-ssh-pre-banner",
        f"ssh://{NAME}",
        WELL,
        name(),
        listen(22, says(b"Welcome to bastion\r\nSSH-2.0-OpenSSH_9.6\r\n", hangs_up=False)),
    ),
    world("beside-well-host-port-only", f"{NAME}:443", WELL, name(), secure()),
    world("beside-well-ftp", f"ftp://{NAME}", WELL, name(), listen(21, ftp)),
    world(
        "unread-healthy-postgres-by-hosts-name",
        "postgresql://db:5432/shop",
        WELL,
        hosts(f"{SERVER} db"),
        listen(5432, postgres),
    ),
    world(
        "unread-healthy-redis-with-long-name",
        "redis://a.very.long.name.of.a.cache.example.org:6379",
        WELL,
        name("*.cache.example.org", SERVER),
        name("a.very.long.name.of.a.cache.example.org", SERVER),
        listen(6379, redis),
    ),
    world(
        "unread-healthy-ssh-with-own-port",
        f"ssh://{SERVER}:2222",
        WELL,
        listen(2222, ssh),
    ),
)
