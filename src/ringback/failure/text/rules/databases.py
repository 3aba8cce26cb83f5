"""What SQL databases and their drivers say, and pools of connections.

Sources: PostgreSQL, pgbouncer, MySQL, Oracle, Db2, ClickHouse; FreeTDS and Microsoft's ODBC driver;
pgjdbc, Npgsql, pgx, node-postgres, Connector/J, MariaDB's and Microsoft's drivers, tedious, mysql2.
"""

from ringback.failure.clue import EXACT, GENERIC, SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.codes import MYSQL_REFUSALS
from ringback.failure.model import Phase
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    say_each,
    says,
)
from ringback.failure.text.rules.other import OTHER
from ringback.failure.text.rules.services import REJECTED, SYSTEM_NUMBERS

_DURING_QUERY = 75
"""It tells why the connection to the server was lost."""

_SYSTEM_ERROR: dict[int, KindName] = {
    104: "tcp.reset",
    110: "tcp.timed_out.established",
    111: "tcp.refused",
    113: "tcp.address_unreachable.host",
}
"""What MySQL's client adds of the operating system, on Linux."""

_SQLSTATE = r"(?:HY000|28000|42000|08004|08S01)\)"
_OF_A_DRIVER = r"(?:Operational|Internal|Programming|Database)Error[)'\"]{0,2}:? ?"
"""What makes a number beside it one of MySQL's errors."""

_HEXADECIMAL: dict[str, ClueKind] = {
    "2746": "tcp.reset", "274c": "tcp.timed_out", "274d": "tcp.refused",
    "271d": "tcp.address_unreachable.prohibited", "2743": "tcp.address_unreachable.network",
    "2751": "tcp.address_unreachable.host", "2af9": "dns.name_not_resolved",
    "102": TIMEOUT, "20": "tcp.closed", "65": "tcp.address_unreachable.network",
    "68": "tcp.reset", "6e": "tcp.timed_out", "6f": "tcp.refused",
    "71": "tcp.address_unreachable.host",
}  # fmt: skip
"""Of Windows and of Linux, as Microsoft's ODBC driver shows them."""

_FATAL = (
    "fatal: ", "fatale: ", "fatalt: ", "важно: ", "важливо: ", "致命错误: ", "致命的エラー: ",
    "치명적오류: ", "katastrofalny: ", "ölümcül (fatal): ",
)  # fmt: skip
_POSTGRESQL = (
    r"(?:[\da-f]\)[^\n]{0,30}(?:\b(?:port|puerto|porta)\b|порт|ポート|端口|포트)|\.s\.PGSQL\.)"
    r"[^\n]{0,80}: {0,2}"
)
"""What libpq says in each of its languages before it tells what the server answered."""


def _oracle(kind: ClueKind, rank: int, phase: Phase, *numbers: str) -> list[TextRule]:
    """A number as the server, the clients and the listener's log show it."""
    return [
        rule
        for number in numbers
        for rule in says(kind, rank, phase)(f"ora-{number}", f"tns-{number}")
    ]


DATABASES: list[TextRule] = [
    # PostgreSQL, pgbouncer, Supabase's pooler
    *says(REJECTED, VERDICT, "wait")(
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
        "no more connections allowed (max_",
        "client connections exceeded (max_",
        "maxclientsinsessionmode",
        "max clients reached",
        "max client connections reached",
        "too many connections for role",
        "too many connections for database",
        "connection limit exceeded for non-superusers",
        "connection because of crash of another server process",
        "is not permitted to log in",
        "tenant or user not found",
        "server login failed",
        "no postgresql user name specified",
        "ssl connection required",
    ),
    *says(REJECTED, VERDICT, "wait")(
        "does not exist", before=r"FATAL: {1,3}(?:database|role|user) [^\n]{1,80} "
    ),
    *says(REJECTED, SPECIFIC, "wait")("fatal: ", before=r"port \d{1,5} failed: "),
    *says(REJECTED, SPECIFIC, "wait")(*_FATAL, before=_POSTGRESQL),
    *says(REJECTED, SENTENCE, "wait")(
        "server is not in hot standby mode",
        "server is in hot standby mode",
        "session is read-only",
        "session is not read-only",
        before=_POSTGRESQL,
    ),
    *says(REJECTED, SENTENCE, "wait")("scram authentication requires libpq version"),
    *says(REJECTED, SENTENCE, "wait")("authentication method ", then=r"\d{1,3} not supported"),
    *says(REJECTED, SENTENCE, "wait")(
        "autenticação do tipo senha falhou para",
        "autenticação de senha falhou para",
        "autoryzacja hasła nie powiodła się",
        "parola doğrulaması başarısız oldu",
        "şifre doğrulaması başarısız oldu",
        "ověření heslem selhalo",
    ),
    *says("tls.bad_client_auth_cert", VERDICT, "tls")(
        "connection requires a valid client certificate"
    ),
    *says(REJECTED, SPECIFIC, "wait")("sasl required", "ssl required", before=r"ERROR: {1,3}"),
    *says("tcp.closed", SENTENCE)("consuming input failed", "the connection is closed"),
    *says("tcp.closed", SENTENCE)("server closed the connection unexpectedly"),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")(
        "rejected ssl upgrade", "ssl is required but the server doesn't support it"
    ),
    *says("tcp.closed", SENTENCE)("unexpected connection_lost() call"),
    # another protocol: of libpq, of MySQL's, of redis-py, of gRPC
    *says("http.response.invalid.not_http", VERDICT, "wait")(
        "expected authentication request from server, but received",
        "packet sequence number wrong",
        "protocol error: b'",
        "expected settings frame as the first frame",
        "this version of the driver does not support protocol version",
    ),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "is larger than server max message size", before=r"Message length \(\d{1,12}\) "
    ),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "got response id", then=r" -?\d{1,12} but expected"
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "incorrect username or password", "incorrect user name or password", "cannot complete login"
    ),
    *says("tcp.timed_out.established", SENTENCE)("terminating walreceiver due to timeout"),
    *says("tcp.closed", PHRASE)("server closed the connection"),
    # Prisma
    *says("tcp.closed", PHRASE)("server has closed the connection"),
    *says("client.pool_exhausted", VERDICT, "pool")(
        "fetching a new connection from the connection pool"
    ),
    # MySQL and MariaDB
    *says(REJECTED, NARROWER, "wait")(
        "access denied for user",
        "is not allowed to connect to this",
        "unknown database",
        "is blocked because of many connection errors",
        *("er_host_is_blocked", "er_host_not_privileged", "er_con_count_error"),
        *("er_access_denied_error", "er_bad_db_error", "user_limit_reached"),
        "max_user_connections",
    ),
    *says(REJECTED, NARROWER, "wait")(
        *(f"{number} (" for number in MYSQL_REFUSALS), before=r"(?<![\w.])", then=_SQLSTATE
    ),
    *says(REJECTED, NARROWER, "wait")(
        *(f"({number}, " for number in MYSQL_REFUSALS), before=_OF_A_DRIVER, then=r"['\"]"
    ),
    *says(REJECTED, NARROWER, "wait")(
        "too many connections", before=r"(?:1040|08004|FATAL|MySQL|error|HY000)[^\n]{0,60}"
    ),
    *says(REJECTED, NARROWER, "wait")(
        "authentication plugin", then=r"[^\n]{0,80}(?:cannot|not|reported)"
    ),
    *says(REJECTED, SPECIFIC, "wait")(
        "ssl connection is required", "insecure transport are prohibited"
    ),
    *says("tcp.closed", SENTENCE)("mysql server has gone away"),
    *says("tcp.closed", PHRASE)("got an error reading communication packets"),
    *says("tcp.timed_out.established", PHRASE)("got timeout reading communication packets"),
    *says("unix.not_found", SPECIFIC, "connect")(
        "no such file or directory", before=r"(?:\[2002\] |\(2002, [^\n]{0,60})"
    ),
    *says("tcp.closed", SENTENCE)("lost connection to mysql server"),
    *[
        rule
        for number, kind in _SYSTEM_ERROR.items()
        for rule in says(kind, EXACT)(f"system error: {number}", then=r"\b")
    ],
    *says(TIMEOUT, _DURING_QUERY, "wait")("(timed out)", before=r"during query[^\n]{0,20}"),
    # MySQL's Connector/J: how long the connection had been idle tells of wait_timeout
    *says("tcp.closed", PHRASE)(
        "before connection was unexpectedly lost", "can not read response from server"
    ),
    *says("tcp.closed.stale", SENTENCE, "wait")(
        "is longer than the server configured value of 'wait_timeout'",
    ),
    *says("client.closed", PHRASE, "pool")("no operations allowed after connection closed"),
    *says(REJECTED, SPECIFIC, "wait")("server shutdown in progress"),
    # SQL Server: its own words, ODBC, FreeTDS
    *says(REJECTED, NARROWER, "wait")(
        "cannot open database", "cannot open server", "adaptive server connection failed"
    ),
    # Oracle: what the listener and the server answer, then what the network layer says
    *_oracle(
        REJECTED,
        NARROWER,
        "wait",
        "00018",
        "00020",
        "00028",
        "01005",
        "01017",
        "01033",
        "01034",
        "01035",
        "01045",
        "01089",
        "01090",
        "01109",
        "02391",
        "02396",
        "02399",
        "12500",
        "12504",
        "12505",
        "12506",
        "12513",
        "12514",
        "12516",
        "12518",
        "12519",
        "12520",
        "12521",
        "12523",
        "12526",
        "12527",
        "12528",
        "12529",
        "12564",
        "12638",
        "12639",
        "12640",
        "12649",
        "12650",
        "12660",
        "28000",
        "28001",
        "28040",
    ),
    *says(REJECTED, NARROWER, "wait")(
        "dpy-6000",
        "dpy-6001",
        "dpy-6003",
        "is not registered with the listener",
        "listener does not currently know of",
        "listener refused the connection with the following error",
        "logon denied",
    ),
    *_oracle("tcp.refused", PHRASE, "connect", "12224", "12541"),
    *says("tcp.refused", PHRASE, "connect")("tns:no listener"),
    *says("tcp.failed", GENERIC, "connect")("dpy-6005", "ora-17820"),
    *_oracle("dns.name_not_resolved", PHRASE, "dns", "12154", "12545", "17868"),
    *says("dns.name_not_resolved", SENTENCE, "dns")("unknown host specified"),
    *_oracle(TIMEOUT, TEXT, "connect", "12170", "12535"),
    *says(TIMEOUT, phase="connect")("tns:connect timeout"),
    *_oracle(TIMEOUT, SENTENCE, "connect", "12606"),
    *_oracle(TIMEOUT, SENTENCE, "send", "12608"),
    *_oracle(TIMEOUT, SENTENCE, "wait", "12609"),
    *_oracle("tcp.address_unreachable.host", SENTENCE, "connect", "12543"),
    *_oracle("tcp.address_unreachable.prohibited", SENTENCE, "connect", "12546", "24247"),
    *_oracle("client.resources_exhausted", SENTENCE, "connect", "12549"),
    *_oracle("tcp.failed", PHRASE, "connect", "12203", "12560"),
    *_oracle("tls.cert.name_invalid", SENTENCE, "tls", "29003"),
    *_oracle("tls.cert.invalid", SENTENCE, "tls", "28791", "29024"),
    *_oracle("tls.version_or_cipher_mismatch", SENTENCE, "tls", "28859", "29019"),
    *_oracle("tls.failed", SENTENCE, "tls", "17967", "28860", "28862"),
    *_oracle("tls.closed", SENTENCE, "tls", "28864", "28865"),
    *_oracle("config.tls_files_invalid", SENTENCE, "config", "28759"),
    *_oracle(
        "tcp.closed",
        SENTENCE,
        "unknown",
        "03113",
        "03114",
        "03135",
        "12150",
        "12151",
        "12152",
        "12161",
        "12537",
        "12547",
        "12570",
        "12571",
        "12583",
        "12637",
        "17410",
    ),
    *_oracle("tcp.closed", HINT, "unknown", "01012", "12153", "17008"),
    *says("tcp.closed", SENTENCE)(
        "dpy-4011", "got minus one from a read call", "no more data to read from socket"
    ),
    *says("tcp.closed", HINT)("oall8 is in an inconsistent state"),
    *says("url.invalid", SPECIFIC, "config")(
        "nl exception was generated", "invalid connection string format, a valid format is"
    ),
    *says("tcp.failed", GENERIC, "connect")("network adapter could not establish the connection"),
    # Db2: the number is the operating system's, of Linux, AIX or Windows
    *[
        rule
        for number, kind in SYSTEM_NUMBERS.items()
        for rule in says(kind, SPECIFIC)(
            "sql30081n", then=rf"[^\n]{{1,260}}specific error code\(s\): \"{number}\""
        )
    ],
    *says("tcp.failed", HINT)("sql30081n"),
    *says("dns.name_not_resolved", SENTENCE, "dns")("sql1336n"),
    *says(REJECTED, SPECIFIC, "wait")("sql30082n", "sql1060n"),
    # ClickHouse: its words; the code stands for several of them
    *says(TIMEOUT, SENTENCE, "wait")("timeout exceeded while reading from socket"),
    *says(TIMEOUT, SENTENCE, "send")("timeout exceeded while writing to socket"),
    *says(TIMEOUT, SPECIFIC, "connect")(
        "connect timed out: ", before=r"(?:DB::|timeout: )[^\n]{0,80}"
    ),
    *says("dns.name_not_resolved", SENTENCE, "dns")("not found address of host"),
    *says("dns.failed", PHRASE, "dns")("(dns_error)"),
    *says("tcp.closed", PHRASE)("attempt to read after eof", before=r"DB::[^\n]{0,120}"),
    *says("tcp.failed", GENERIC)("(network_error)", "(all_connection_tries_failed)"),
    *says(TIMEOUT, PHRASE, "wait")("(socket_timeout)"),
    *says(REJECTED, SPECIFIC, "wait")("(authentication_failed)", "too_many_simultaneous_queries"),
    *says(TIMEOUT, TEXT)("timeout error [258]"),  # ODBC for SQL Server: the wait of Windows
    # pgbouncer's setting has the same name
    *says(REJECTED, VERDICT, "wait")("query_wait_timeout", then=r"(?! ?=)"),
    *says("tcp.timed_out", SENTENCE, "connect")("selectforconnecttimeout"),  # Db2's
    *says("tls.failed", SENTENCE, "tls")("sqlccsslsocketsetup"),
    *says("client.pool_exhausted", TEXT, "pool")("timeout failure stats ("),  # HikariCP
    *says("tcp.closed", HINT + 5)("server conn crashed"),
    # PostgreSQL's clients, further: pgjdbc, Npgsql, pgx, lib/pq, node-postgres
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")(
        "server refused tls connection",
        "server refused ssl",
        "does not handle ssl connection",
        "the server does not support ssl",
        "server does not support ssl, but ssl was required",
        "no ssl enabled connection from this host is configured",
    ),
    *says("tls.failed", SENTENCE, "tls")(
        "while setting up the ssl connection",
        "while setting up the gss encoded connection",
        "sent an error response during ssl exchange",
        "there was an error establishing an ssl connection",
        "exception while performing ssl handshake",
    ),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")(
        "could not be verified by hostnameverifier", "server name validation failed: "
    ),
    *says("config.tls_files_invalid", SPECIFIC, "config")(
        "could not open ssl certificate file",
        "could not open ssl root certificate file",
        "could not read ssl root certificate file",
        "could not read ssl key file",
        "could not decrypt ssl key file",
    ),
    *says("config.tls_files_invalid", SPECIFIC, "config")(
        "loading the ssl certificate ",
        "loading the ssl root certificate ",
        then=r"[^\n]{1,200}into a \w{1,20}Manager failed",
    ),
    *says(REJECTED, SPECIFIC, "wait")(
        "authentication, but no password was provided",
        "check that you have configured the pg_hba.conf file",
        "no password has been provided but the backend requires one",
        "failed sasl auth",
        "failed gss auth",
        "server error (fatal: ",
        "server error: fatal: ",
        "without channel binding",
        "sasl: scram-server-final-message: server returned error",
    ),
    *says(REJECTED, SENTENCE, "wait")("canceling authentication due to timeout"),
    *says(REJECTED, SENTENCE, "wait")(
        "authentication method requirement ", then=r"\"[^\n]{1,80} failed: "
    ),
    *says("tls.failed", PHRASE, "tls")("psqlexception: ssl error: "),
    *says("http.protocol.error", SENTENCE, "wait")("lost synchronization with server"),
    *says("request.invalid", PHRASE, "config")("client password must be a string"),
    *says("dns.failed", HINT, "dns")("hostname resolving error"),
    *says(TIMEOUT, SENTENCE, "connect")(
        "timeout during connection attempt", "terminated due to connection timeout"
    ),
    *says(TIMEOUT, SENTENCE, "wait")("query read timeout"),
    *says("tcp.failed", GENERIC, "connect")(
        "the connection attempt failed.", "exception while connecting"
    ),
    *says("tcp.failed", TEXT, "connect")("could not find a server with specified targetservertype"),
    *says("tls.closed", SENTENCE, "tls")("could not accept ssl connection: eof detected"),
    *says("tcp.closed", SENTENCE)(
        "connection to client lost",
        "has encountered a connection error and is not queryable",
        "replication terminated by primary server",
    ),
    *says("tcp.closed", SENTENCE)("past the end of the stream", before=r"npgsql[^\n]{0,300}"),
    *says("tcp.closed", GENERIC)("exception while reading from stream", "while writing to stream"),
    *says("tcp.closed", HINT)("incomplete startup packet", "this connection has been closed"),
    *says("tcp.closed", HINT)("conn closed", before=r"(?:^|[\"':= ])", then=r"(?:$|[\s\"')(])"),
    *says("client.closed", SPECIFIC, "pool")(
        "client was closed and is not queryable",
        "after calling end on the pool",
        "a new connection was opened for the same pooledconnection",
    ),
    *says("client.closed", PHRASE, "pool")(
        "closed pool", before=r"(?:err|fail|pgx|acquire)[^\n]{0,80}[: ]", then=r"(?:$|[\s\"').,])"
    ),
    *says("http.response.invalid.not_http", SPECIFIC, "tls")(
        "received invalid response to ssl negotiation"
    ),
    *says("http.response.invalid.not_http", PHRASE, "wait")(
        "invalid length of startup packet", "unsupported frontend protocol"
    ),
    *says("http.response.invalid.not_http", PHRASE, "wait")(
        "session setup failed.", before=r"protocol error\.[^\n]{1,120}"
    ),
    # pgbouncer: what it says last to a client and of a server
    *says(REJECTED, TEXT, "wait")("server login has been failing"),
    *says("tcp.failed", SPECIFIC, "connect")(
        "cached error: connect failed", "cached error: connect timeout"
    ),
    *says("tcp.failed", SENTENCE, "connect")(
        "pgbouncer cannot connect", "client_login_timeout (server down"
    ),
    *says(REJECTED, SENTENCE, "wait")("pooler is shutting down"),
    *says(REJECTED, SPECIFIC, "wait")(
        "no such database: ",
        "no such user: ",
        before=r"(?:C-0x|pooler error|ERROR|FATAL|because)[^\n]{0,200}[ :]",
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "client_idle_timeout", "idle_transaction_timeout", before=r"(?:because|fatal|error): {1,3}"
    ),
    *says(OTHER, OVERRIDE)(
        "closing because: ",
        then=r"(?:server[_ ]lifetime|server[_ ]idle[_ ]timeout|client close request|idle client)",
    ),
    # MySQL and MariaDB, further: servers' logs, drivers of Go, Node, Java and PHP
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")(
        "tls requested but server does not support tls",
        "server does not support secure connection",
        "ssl is required, but the server does not support it",
    ),
    *says("tls.cert.invalid", SPECIFIC, "tls")("validation of ssl server certificate failed"),
    *says(REJECTED, SPECIFIC, "wait")(
        "could not use requested auth plugin",
        "data source rejected establishment of connection",
        "requested authentication method unknown to the client",
        "client_plugin_auth is required",
        "server is running in --secure-auth mode",
        "(pre-4.1.1) authentication protocol refused",
    ),
    *says(REJECTED, SPECIFIC, "wait")(
        "this user requires ", then=r"(?:clear text|mysql native password|old password) auth"
    ),
    *says(REJECTED, SENTENCE, "wait")("public key retrieval is not allowed"),
    *says(REJECTED, SENTENCE, "wait")(
        "your password has expired",
        "account is locked",
        before=r"(?:1862|1820|3118|MySQL|HY000)[^\n]{0,120}",
    ),
    *says("http.response.invalid.not_http", NARROWER, "wait")(
        "likely connecting to an x protocol port"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "handshake inactivity timeout", "protocol_sequence_timeout"
    ),
    *says(TIMEOUT, SPECIFIC, "connect")("socket timeout when connecting to"),
    *says("tcp.failed", GENERIC, "connect")(
        "socket fail to connect to",
        "could not create connection to database server",
        "error reconnecting to master",
        "has not received any packets from the server",
    ),
    *says("tcp.failed", PHRASE, "connect")(
        "attempted reconnect ", then=r"\d{1,4} times\. giving up"
    ),
    *says("tcp.closed", PHRASE)(
        "got an error writing communication packets",
        "the last packet successfully received from the server was",
        "when connection is in closed state",
        "connection was killed",
        "cannot execute new commands: connection closed",
        "premature end of data (mysqlnd",
    ),
    *says("tcp.closed", SENTENCE)(
        "disconnected by the server because of inactivity",
        "error while reading greeting packet",
        "socket was closed by server",
        "socket has unexpectedly been closed",
    ),
    *says("tcp.closed", PHRASE)(
        "cannot enqueue ", then=r"\w{1,30} after (?:fatal error|being destroyed)"
    ),
    *says("client.closed", SPECIFIC, "pool")(
        "cannot enqueue ", then=r"\w{1,30} after invoking quit"
    ),
    *says("tcp.closed.stale", SENTENCE, "wait")("closing bad idle connection"),
    *says("tcp.closed", HINT)(
        "invalid connection",
        before=r"(?:mysql|sql|err(?:or)?|fail(?:ed)?)[^\n]{0,60}[:=] ?\"?",
        then=r"(?:$|[\n\"').,;]|\s{1,3}$)",
    ),
    *says("tcp.timed_out.established", PHRASE)("got timeout writing communication packets"),
    *says("client.pool_exhausted", SENTENCE, "pool")("retrieve a connection from pool after"),
    # SQL Server, further: ODBC's numbers are the system's, in hexadecimal; its drivers
    *[
        rule
        for number, kind in _HEXADECIMAL.items()
        for rule in says(kind, SPECIFIC)(f"tcp provider: error code 0x{number}", then=r"\b")
    ],
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")(
        "the server is not configured to support ssl"
    ),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("failed to validate the server name"),
    *says("tls.closed", SENTENCE, "tls")("cannot read handshake packet: eof"),
    *says("tls.failed", GENERIC, "tls")("error occurred during the pre-login handshake"),
    *says("tls.timed_out", SPECIFIC, "tls")(
        "provider: ssl provider, error: 0 - the wait operation timed out"
    ),
    *says("http.response.invalid.not_http", SPECIFIC, "wait")("unexpected pre-login response"),
    *says(TIMEOUT, SPECIFIC, "connect")(
        "expired before connecting to the routing destination",
        "to consume the pre-login handshake acknowledgement",
    ),
    *says(TIMEOUT, SPECIFIC, "connect")(
        "failed to connect to ", then=r"[^\s]{1,120} in \d{1,9} ?ms"
    ),
    *says(TIMEOUT, SENTENCE, "wait")("timeout: request failed to complete in "),
    *says("tcp.failed", SENTENCE, "connect")("is not configured to listen with tcp/ip"),
    *says("tcp.failed", GENERIC, "connect")(
        "unable to open tcp connection with host",
        "instances from sql server browser",
        "instance-specific error occurred while establishing",
        "error opening socket to server",
        "so exception was generated",
        "could not open client transport",
    ),
    *says("tcp.closed", SENTENCE)(
        "sql server did not return a response",
        "sql server returned an incomplete response",
        "physical connection is not usable",
    ),
    *says("tcp.closed", PHRASE)("communication link failure"),
    *says("tcp.closed", GENERIC)("but then an error occurred during the login process"),
    *says(REJECTED, SPECIFIC, "wait")("server requires encryption, set 'encrypt'"),
    *says(REJECTED, HINT, "wait")("login failed; one or more errormessage events"),
    *says("client.pool_exhausted", SENTENCE, "pool")("operation timed out for an unknown reason"),
    # FreeTDS
    *say_each(
        {
            "adaptive server is unavailable or does not exist": "tcp.failed",
            "unexpected eof from the server": "tcp.closed",
            "dbprocess is dead or not enabled": "tcp.closed",
            "read from the server failed": "tcp.closed",
            "write to the server failed": "tcp.closed",
        },
        rank=SENTENCE,
    ),
    *says(TIMEOUT, SENTENCE)("adaptive server connection timed out"),
    # Db2's driver for Java
    *says("tcp.closed", SENTENCE)("error location: reply.fill()"),
    *says("tcp.closed", GENERIC)("error occurred during operations on the connection's underlying"),
    *says(REJECTED, SPECIFIC, "wait")(
        "connection authorization failure occurred", "sql1032n", "sql1040n", "sql1224n", "sql30061n"
    ),
    # ClickHouse, further
    *says("http.response.invalid.not_http", SPECIFIC, "wait")(
        "unexpected packet from server", "[handshake] unexpected packet", "is for clickhouse-client"
    ),
    *says("client.pool_exhausted", SPECIFIC, "pool")("acquire conn timeout"),
    *says(REJECTED, SPECIFIC, "wait")("(required_password)", "(ip_address_not_allowed)"),
    # CockroachDB
    *says(REJECTED, SPECIFIC, "wait")("is not accepting clients"),
    *says("tcp.closed", HINT + 5)(
        "connection terminated", before=r"err(?:or)?[:=] ?\"?", then=r"(?:$|[\s\"'])"
    ),
    *says("tcp.closed", PHRASE)("mysql connection not available"),
    *says("client.pool_exhausted", SPECIFIC, "pool")("universal connection pool are in use"),
]
