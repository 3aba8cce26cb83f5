"""What services and their drivers say: databases, stores, brokers, clouds."""

from typing import Final

from ringback.failure.clue import BARE, EXACT, GENERIC, SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    BARE_TIMEOUT,
    HINT,
    NARROWER,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    say_each,
    says,
)

# What SQL databases and their drivers say: PostgreSQL, MySQL, SQL Server, Oracle, pools.

REJECTED: Final = "service.rejected"
_DURING_QUERY = 75
"""It tells why the connection to the server was lost."""

_SYSTEM_ERROR: dict[int, KindName] = {
    104: "tcp.reset",
    110: "tcp.timed_out.established",
    111: "tcp.refused",
    113: "tcp.address_unreachable.host",
}
"""What MySQL's client adds of the operating system, on Linux."""

_SYSTEM_NUMBERS: dict[str, KindName] = {
    "(?:111|79|10061)": "tcp.refused",
    "(?:104|73|10054)": "tcp.reset",
    "(?:110|78|10060)": "tcp.timed_out",
    "(?:113|81|10065)": "tcp.address_unreachable.host",
    "(?:101|70|10051)": "tcp.address_unreachable.network",
    "(?:32|0)": "tcp.closed",
}
"""Of Linux, AIX and Windows, as Db2 and IBM MQ show them."""

_FATAL = (
    "fatal: ", "fatale: ", "fatalt: ", "важно: ", "важливо: ", "致命错误: ", "致命的エラー: ",
    "치명적오류: ", "katastrofalny: ", "ölümcül (fatal): ",
)  # fmt: skip
_POSTGRESQL = (
    r"(?:[\da-f]\)[^\n]{0,30}(?:\b(?:port|puerto|porta)\b|порт|ポート|端口|포트)|\.s\.PGSQL\.)"
    r"[^\n]{0,80}: {0,2}"
)
"""What libpq says in each of its languages before it tells what the server answered."""

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
        "max_client_conn",
        "query_wait_timeout",
        "maxclientsinsessionmode",
        "max clients reached",
        "tenant or user not found",
        "server login failed",
        "server login has been failing",
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
        "user_limit_reached",
        "max_user_connections",
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
    # Oracle: the listener's answers, then the network's
    *says(REJECTED, NARROWER, "wait")(
        "ora-01017",
        "ora-12505",
        "ora-12506",
        "ora-12514",
        "ora-12516",
        "ora-12519",
        "ora-12520",
        "ora-28000",
        "ora-00018",
        "ora-00020",
        "ora-01033",
        "ora-01034",
        "ora-02391",
        "ora-12518",
        "ora-12526",
        "ora-12527",
        "ora-12528",
        "ora-12638",
        "ora-28001",
        "dpy-6000",
        "dpy-6001",
        "dpy-6003",
        "is not registered with the listener",
        "listener does not currently know of",
        "logon denied",
    ),
    *says("tcp.refused", PHRASE, "connect")("ora-12541", "tns:no listener"),
    *says("tcp.failed", GENERIC, "connect")("dpy-6005"),
    *says("dns.name_not_resolved", PHRASE, "dns")("ora-12545", "ora-12154"),
    *says(TIMEOUT, phase="connect")("ora-12170", "ora-12535", "tns:connect timeout"),
    *says(TIMEOUT, SENTENCE, "connect")("ora-12606"),
    *says(TIMEOUT, SENTENCE, "send")("ora-12608"),
    *says(TIMEOUT, SENTENCE, "wait")("ora-12609"),
    *says("tcp.address_unreachable.host", SENTENCE, "connect")("ora-12543"),
    *says("tcp.address_unreachable.prohibited", SENTENCE, "connect")("ora-24247"),
    *says("tcp.failed", PHRASE, "connect")("ora-12560"),
    *says("tls.cert.invalid", SENTENCE, "tls")("ora-29024"),
    *says("tls.failed", SENTENCE, "tls")("ora-28860"),
    *says("config.tls_files_invalid", SENTENCE, "config")("ora-28759"),
    *says("tcp.closed", SENTENCE)(
        "ora-03113",
        "ora-03114",
        "ora-03135",
        "ora-12537",
        "ora-12547",
        "ora-12571",
        "ora-12637",
        "dpy-4011",
        "got minus one from a read call",
        "no more data to read from socket",
    ),
    *says("tcp.failed", GENERIC, "connect")("network adapter could not establish the connection"),
    # Db2: the number is the operating system's, of Linux, AIX or Windows
    *[
        rule
        for number, kind in _SYSTEM_NUMBERS.items()
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
]


# What key-value and document stores, search engines and directories say.

_SELECTION = 62
"""Outweighs the bare timeout inside it."""

STORES: list[TextRule] = [
    # Redis
    *says(REJECTED, NARROWER, "wait")(
        "noauth", "wrongpass", "noperm", "clusterdown", "masterdown", "misconf redis", before=r"\b"
    ),
    *says(REJECTED, NARROWER, "wait")(
        "invalid username-password pair",
        "client sent auth, but no password is set",
        "without any password configured",
        "max number of clients reached",
        "loading the dataset in memory",
        "redis is running in protected mode",
        "you can't write against a read only replica",
    ),
    *says(REJECTED, NARROWER, "wait")("invalid password", before=r"(?:Redis|ERR)[^\n]{0,40}"),
    *says("tcp.closed", SENTENCE)("error while reading from socket"),
    *says("client.pool_exhausted", VERDICT, "pool")(
        "too many connections", before=r"redis\.exceptions\.\w{1,30}: "
    ),
    *says("tcp.timed_out.established", SPECIFIC)("no data nor ping received"),
    # MongoDB
    *says("client.deadline_exceeded", PHRASE)("buffering timed out after"),
    *says(REJECTED, NARROWER, "wait")(
        "bad auth",
        "not primary",
        "not authorized on",
        "requires authentication",
        "user is not allowed to do action",
    ),
    *says("tcp.timed_out", _SELECTION, "connect")(
        ": timed out", before=r"ServerSelectionTimeoutError:? [^\n]{1,120}"
    ),
    *says(REJECTED, BARE)("no primary available for writes"),
    # Cassandra, Neo4j, LDAP, Elasticsearch
    *says(REJECTED, EXACT, "wait")("protocol version", before=r"\[Server error\][^\n]{0,200}"),
    *says(REJECTED, NARROWER, "wait")(
        "the client is unauthorized due to authentication failure",
        "unsupported authentication token",
        "invalidcredentials",
        "data 52e",
        "missing authentication credentials for rest request",
    ),
    # ldap3
    *says(TIMEOUT, SENTENCE, "connect")("socket connection error while opening: timed out"),
    *says("tcp.closed", SENTENCE)("session terminated by server"),
    # Kerberos
    *says(REJECTED, SPECIFIC, "wait")(
        "preauthentication failed", "not found in kerberos database", "clock skew too great"
    ),
    *says("tcp.failed", PHRASE, "connect")("cannot contact any kdc"),
    *says("dns.failed", PHRASE, "dns")("cannot find kdc for realm"),
    # any of them
    *says(REJECTED, NARROWER, "wait")("authentication failed", "auth failed", before=r"\b"),
]


# What brokers and WebSockets say: AMQP, Kafka, MQTT, NATS.

_MQRC: dict[str, tuple[ClueKind, int]] = {
    "connection_broken": ("tcp.closed", SPECIFIC),
    "host_not_available": ("tcp.failed", SENTENCE),
    "not_authorized": (REJECTED, SPECIFIC),
    "q_mgr_not_available": (REJECTED, TEXT),
    "channel_not_available": (REJECTED, SENTENCE),
    "unknown_channel_name": (REJECTED, SENTENCE),
    "ssl_initialization_error": ("tls.failed", SENTENCE),
    "jssl_error": ("tls.failed", SENTENCE),
}

_LIBRDKAFKA: dict[str, tuple[ClueKind, int]] = {
    "timed out": ("client.deadline_exceeded", PHRASE),
    "message timed out": ("client.deadline_exceeded", PHRASE),
    "authentication failure": (REJECTED, SPECIFIC),
    "host resolution failure": ("dns.failed", SENTENCE),
    "ssl error": ("tls.failed", HINT),
}

BROKERS: list[TextRule] = [
    # IBM MQ, ActiveMQ
    *[
        rule
        for number, kind in _SYSTEM_NUMBERS.items()
        for rule in says(kind, SPECIFIC)("return code from tcp/ip is ", then=rf"{number}\b")
    ],
    *[rule for name, said in _MQRC.items() for rule in says(*said)(f"mqrc_{name}", then=r"\b")],
    *says("tcp.timed_out.established", SPECIFIC)("channel was inactive for too "),
    # AMQP: RabbitMQ's replies
    *says(REJECTED, NARROWER, "wait")(
        "accessrefused",
        "access_refused",
        "access refused",
        "not_allowed - access to vhost",
        "not_allowed - vhost",
        "login was refused using authentication mechanism",
        "connection_forced",
        "precondition_failed",
        "resource_locked",
    ),
    *says(REJECTED, NARROWER, "wait")("not_found - no", then=r" (?:queue|exchange|vhost)"),
    *says("tcp.closed", SENTENCE)("amqp:connection:forced", "transport indicated eof"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("hostname verification check failed"),
    *says("config.tls_files_invalid", SPECIFIC, "config")(
        "ca_certs parameter is not a path", "client_cert parameter is not a path"
    ),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "invalid response size", then=r" \d{1,12} \(0\.\."
    ),
    *says(TIMEOUT, SENTENCE, "wait")("timeout opening channel"),
    *says(REJECTED, SENTENCE, "wait")("error from server: code=", then=r"1\d{3} \["),
    # Kafka
    *says(REJECTED, NARROWER, "wait")(
        "sasl authentication error",
        "topic authorization failed",
        "group authorization failed",
        "cluster authorization failed",
    ),
    *says("tcp.failed", HINT, "connect")(
        "nobrokersavailable",
        "no brokers available",
        "node_not_ready",
        "all broker connections are down",
        "no servers available for connection",
    ),
    *says("tcp.closed", SENTENCE)("disconnected while requesting", "disconnected (after"),
    *says("http.response.timed_out", SENTENCE, "wait")("kafkajsrequesttimeouterror"),
    # librdkafka
    *[
        rule
        for words, said in _LIBRDKAFKA.items()
        for rule in says(*said)(f"local: {words}", then=r"\b")
    ],
    # its hints, and what was said before them; settings are tried before anything is sent
    *says("tls.protocol.error.not_tls", SENTENCE, "tls")(
        "connecting to a plaintext broker listener?"
    ),
    *says("tcp.timed_out", SENTENCE, "connect")("connection setup timed out in state connect"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "request in flight", before=r"timed out [^\n]{1,60}"
    ),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")("connecting to a ssl listener?"),
    *says("tls.bad_client_auth_cert", SPECIFIC, "tls")(
        "client ssl authentication might be required"
    ),
    # also of one that has expired, and of one for another name
    *says("tls.cert.authority_invalid.unknown_issuer", SENTENCE, "tls")(
        "broker certificate could not be verified"
    ),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("broker certificate hostname mismatch"),
    *says("config.tls_files_invalid", SPECIFIC, "config")(
        "ssl.ca.location ",
        "ssl.key.location ",
        "ssl.certificate.location ",
        "ssl.keystore.location ",
        then=r"(?:open )?failed: ",
    ),
    # NATS
    *says(REJECTED, NARROWER, "wait")("authorization violation"),
    # MQTT: CONNACK's return codes (MQTT 3.1.1 section 3.2.2.3; 5.0 section 3.2.2.2)
    *says(REJECTED, NARROWER, "wait")(
        "not authorised",
        "connection refused: not authori",
        "connection refused: unacceptable protocol version",
        "connection refused: identifier rejected",
        "connection refused: broker unavailable",
        "bad user name or password",
        "bad username or password",
        "connectreturncode.",
    ),
    *says(REJECTED, NARROWER, "wait")(
        "connected with result code ", "connect failed, rc=", then=r"[1-5]\b"
    ),
    *says(REJECTED, SENTENCE, "wait")("connect failed", then=r"[^\n]{0,80}\brc[ =][1-5]\b"),
    *says("tcp.timed_out.established", PHRASE, "wait")("no ping_resp"),
    *says("tcp.closed", PHRASE)(
        "disconnected with result code ", "unexpected disconnection rc=", then=r"(?:7|1|16)\b"
    ),
    *says("tcp.closed", PHRASE)(
        "the connection was lost.", "socket error on client", "disconnected from mqtt server"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "timed out waiting for a response from the server (32000)"
    ),
    *says("tcp.closed", SENTENCE)("connection lost (32109)"),
    *says("tcp.failed", HINT, "connect")("unable to connect to server (32103)"),
    *says(REJECTED, SPECIFIC, "wait")("not authorized to connect (5)", "(mqttexception: 5)"),
    *says(REJECTED, SPECIFIC, "wait")(
        "reason code", "return code", before=r"connection refused?,? ", then=r":? ?\d"
    ),
    *says(REJECTED, SPECIFIC, "wait")("connack to", then=r" [^\n]{1,60}\(\d, [1-5]\)"),
    *says(REJECTED, SPECIFIC, "wait")(
        "connack", then=r"[^\n]{0,60}(?:code|reason)[^\n]{0,20}[1-5]\b"
    ),
    *says(REJECTED, SPECIFIC, "wait")("error: 0x00 0x0", then=r"[1-5]"),
    *says("tcp.closed", SENTENCE)(
        "connection to broker lost", "closed by remote broker", "disconnected during handshake"
    ),
    *says("tcp.closed", SENTENCE)(
        "disconnected: ", then=r"(?:verify|EOF|(?:connection )?(?:closed|lost))"
    ),
    # WebSockets in browsers, socket.io
    *says("tcp.closed", PHRASE)("websocket is already in closing or closed state"),
    *says("tcp.closed", PHRASE)("transport close", before=r"disconnect[^\n]{0,60}"),
    *says("unknown", HINT)("xhr poll error"),
    # WebSockets (RFC 6455 section 7.4.1: 1006 is an end without a closing handshake)
    *says("tcp.closed", SENTENCE)(
        "no close frame received or sent",
        "connection closed abnormally [1006]",
        "1006 (connection closed abnormally",
        "code = 1006",
        "code: 1006",
        "websocket closed with",
        "websocket connection is closed: code",
        "closed with an unexpected code",
    ),
]


# What cloud SDKs and remote procedure calls say: AWS, Google, gRPC.

_STATUS = 62
"""The status of a call; a library's sentence in its details outweighs it."""
_DENIED = (
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "Forbidden",
    "401",
    "403",
)
_THROTTLED = (
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "SlowDown",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "429",
)
_UNAVAILABLE = ("ServiceUnavailable", "ServiceUnavailableException", "503")


def _aws(kind: KindName, *codes: str) -> list[TextRule]:
    """The sentence of botocore with the service's error code in parentheses."""
    return [
        rule
        for code in codes
        for rule in says(kind, _STATUS, "wait")(f"an error occurred ({code.lower()})")
    ]


CLOUD: list[TextRule] = [
    *_aws("http.error.auth", *_DENIED),
    *_aws("http.error.rate_limited", *_THROTTLED),
    *_aws("http.error.unavailable", *_UNAVAILABLE),
    *_aws("http.error.gateway", "502", "504"),
    *_aws("http.error", "408", "425"),
    *says("http.error", HINT, "wait")("an error occurred (", then=r"\w{1,60}\) when calling the"),
    # Thrift
    *says("tcp.closed", SENTENCE)(
        "tsocket read 0 bytes", "ttransportexception: no more data to read"
    ),
    *says(TIMEOUT, SENTENCE, "wait")(
        "tsocket: timed out reading", "eagain (timed out)", "thrift eagain"
    ),
    *says("tcp.failed", PHRASE, "connect")("could not connect to any of ["),
    *says("http.response.invalid.not_http", PHRASE, "wait")(
        "version in readmessagebegin", "negative frame size", "larger than max length", before=r"\b"
    ),
    # gRPC: the status is an umbrella, the details name the cause
    *say_each(
        {
            "deadlineexceeded": "client.deadline_exceeded",
            "deadline_exceeded": "client.deadline_exceeded",
        },
        rank=_STATUS,
        then=r"(?! desc = latest balancer error)",  # that says why it waited
    ),
    *say_each(
        {
            "statuscode.unauthenticated": "http.error.auth",
            "statuscode.permission_denied": "http.error.auth",
            "statuscode.resource_exhausted": "http.error.rate_limited",
        },
        rank=_STATUS,
        phase="wait",
    ),
    *say_each(
        {
            "code = unauthenticated": "http.error.auth",
            "code = permissiondenied": "http.error.auth",
            "code = resourceexhausted": "http.error.rate_limited",
            "statusruntimeexception: unauthenticated": "http.error.auth",
            "statusruntimeexception: permission_denied": "http.error.auth",
        },
        rank=_STATUS,
        phase="wait",
    ),
    *says("abandoned", PHRASE)("code = canceled"),
    *says("h2.protocol.error", SPECIFIC, "wait")("stream terminated by rst_stream"),
    # Azure
    *says("http.error.auth", SENTENCE, "wait")(
        "this request is not authorized to perform this operation"
    ),
    *says("http.error.unavailable", SENTENCE, "wait")("serverbusy: the server is busy"),
    *says("tcp.failed", BARE_TIMEOUT, "connect")("failed to connect to all addresses"),
    *says("tcp.timed_out", SPECIFIC, "connect")(
        "failed to connect to remote host: timeout occurred", "fd shutdown"
    ),
    # google-api-core retries until its own limit; the last exception follows
    *says("client.deadline_exceeded", BARE)(
        "exceeded, last exception", before=r"timeout of [\d.]{1,10}s "
    ),
]
