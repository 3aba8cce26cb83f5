"""What SQL databases and their drivers say: PostgreSQL, MySQL, SQL Server, Oracle, pools."""

from ringback.failure.reading import GENERIC, SPECIFIC, TIMEOUT
from ringback.failure.text.rule import (
    NARROWER,
    PHRASE,
    SENTENCE,
    VERDICT,
    Rule,
    says,
)

REJECTED = "service.rejected"
_DURING_QUERY = 75
"""It tells why the connection to the server was lost."""

DATABASES: list[Rule] = [
    # PostgreSQL, pgbouncer, Supabase's pooler
    *says(
        REJECTED,
        "password authentication failed",
        "peer authentication failed",
        "ident authentication failed",
        "sasl authentication failed",
        "no password supplied",
        "no pg_hba.conf entry",
        "pg_hba.conf rejects connection",
        "too many clients already",
        "remaining connection slots are reserved",
        "the database system is starting up",
        "the database system is shutting down",
        "the database system is in recovery mode",
        "is not currently accepting connections",
        "terminating connection due to administrator command",
        "terminating connection due to idle",
        "max_client_conn",
        "query_wait_timeout",
        "maxclientsinsessionmode",
        "max clients reached",
        "tenant or user not found",
        "server login failed",
        "server login has been failing",
        rank=VERDICT,
        phase="wait",
    ),
    *says(
        REJECTED,
        "does not exist",
        rank=VERDICT,
        phase="wait",
        before=r"FATAL: {1,3}(?:database|role|user) [^\n]{1,80} ",
    ),
    *says(REJECTED, "fatal: ", rank=SPECIFIC, phase="wait", before=r"port \d{1,5} failed: "),
    *says(
        REJECTED,
        "sasl required",
        "ssl required",
        rank=SPECIFIC,
        phase="wait",
        before=r"ERROR: {1,3}",
    ),
    *says("tcp.closed", "consuming input failed", "the connection is closed", rank=SENTENCE),
    *says("tcp.closed", "server closed the connection unexpectedly", rank=SENTENCE),
    # MySQL and MariaDB
    *says(
        REJECTED,
        "access denied for user",
        "is not allowed to connect to this",
        "unknown database",
        "is blocked because of many connection errors",
        "user_limit_reached",
        "max_user_connections",
        rank=NARROWER,
        phase="wait",
    ),
    *says(
        REJECTED,
        "too many connections",
        rank=NARROWER,
        phase="wait",
        before=r"(?:1040|08004|FATAL|MySQL|error|HY000)[^\n]{0,60}",
    ),
    *says(
        REJECTED,
        "authentication plugin",
        rank=NARROWER,
        phase="wait",
        then=r"[^\n]{0,80}(?:cannot|not|reported)",
    ),
    *says(
        REJECTED,
        "ssl connection is required",
        "insecure transport are prohibited",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says("tcp.closed", "mysql server has gone away", rank=SENTENCE),
    *says("tcp.closed", "lost connection to mysql server", rank=SENTENCE),
    *says(
        TIMEOUT, "(timed out)", rank=_DURING_QUERY, phase="wait", before=r"during query[^\n]{0,20}"
    ),
    # SQL Server: its own words, ODBC, FreeTDS
    *says(
        REJECTED,
        "cannot open database",
        "cannot open server",
        "adaptive server connection failed",
        rank=NARROWER,
        phase="wait",
    ),
    # Oracle: the listener's answers, then the network's
    *says(
        REJECTED,
        "ora-01017",
        "ora-12505",
        "ora-12506",
        "ora-12514",
        "ora-12516",
        "ora-12519",
        "ora-12520",
        "ora-28000",
        "dpy-6000",
        "dpy-6001",
        "dpy-6003",
        "is not registered with the listener",
        "listener does not currently know of",
        "logon denied",
        rank=NARROWER,
        phase="wait",
    ),
    *says("tcp.refused", "ora-12541", "tns:no listener", rank=PHRASE, phase="connect"),
    *says("tcp.failed", "dpy-6005", rank=GENERIC, phase="connect"),
    *says("dns.name_not_resolved", "ora-12545", "ora-12154", rank=PHRASE, phase="dns"),
    *says(TIMEOUT, "ora-12170", "ora-12535", "tns:connect timeout", phase="connect"),
    *says("tcp.closed", "ora-03113", "ora-03135", "ora-12537", "dpy-4011", rank=SENTENCE),
]
