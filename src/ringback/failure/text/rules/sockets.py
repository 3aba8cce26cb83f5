"""What the operating system says of sockets, TCP and Unix, in any language.

And what libraries say when the peer closed a connection that stood.
"""

from ringback.failure.clue import EXACT, GENERIC, SPECIFIC, TEXT, Clue
from ringback.failure.codes import KIND_OF_ERRNO
from ringback.failure.names import KindName
from ringback.failure.text.rule import FAINT, HINT, PHRASE, SENTENCE, TextRule, say_each, says
from ringback.failure.text.wording import SYSTEM_ENGLISH, SYSTEM_TRANSLATED

# What the operating system says about sockets, in any language.

_SYMBOLIC = (
    "ECONNREFUSED",
    "ECONNRESET",
    "ECONNABORTED",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "EHOSTDOWN",
    "ENETUNREACH",
    "ENETDOWN",
    "ENETRESET",
    "EADDRINUSE",
    "EADDRNOTAVAIL",
    "EPIPE",
    "ESHUTDOWN",
    "ENOTCONN",
    "ENOBUFS",
    "EAFNOSUPPORT",
)
_CALLING = r"(?:connect|accept|listen|\bbind\b|socket|urlopen)[^\n]{0,200}"
_CONNECTING = r"(?:connect|urlopen|sendto|getsockopt)"
_NO_UNIX_SOCKET = r"(?![^\n]{0,200}(?:unix|\.sock|publickey))"


def _beside_socket(kind: KindName, *needles: str) -> list[TextRule]:
    """What files and processes word alike, beside a call on a socket."""
    return [
        *says(kind)(*needles, before=_CALLING),
        *says(kind)(*needles, then=r"[^\n]{0,80}(?:socket|connect|accept)"),
    ]


SOCKETS: list[TextRule] = [
    # strerror and FormatMessage
    *(
        TextRule(words, Clue(KIND_OF_ERRNO[name], TEXT, needs_socket=name == "EPIPE"))
        for words, name in {**SYSTEM_ENGLISH, **SYSTEM_TRANSLATED}.items()
    ),
    *say_each(
        {name.lower(): KIND_OF_ERRNO[name] for name in _SYMBOLIC}, before=r"\b(?:WSA)?", then=r"\b"
    ),
    *_beside_socket("client.resources_exhausted", "too many open files", "cannot allocate memory"),
    *_beside_socket("client.resources_exhausted", "can't start new thread"),
    *says("client.resources_exhausted", SPECIFIC)("out of system resource"),
    *_beside_socket("tcp.address_unreachable.prohibited", "operation not permitted"),
    *says("tcp.address_unreachable.prohibited")(
        "permission denied", before=_CONNECTING + _NO_UNIX_SOCKET + r"[^\n]{0,160}"
    ),
    *says("tcp.address_unreachable.prohibited")(
        "permission denied", before=r"dial tcp[^\n]{0,200}"
    ),
    *says("tcp.address_invalid")(
        "invalid argument",
        before=r"(?:connect(?:ion|\(\)|ing)?\b|NewConnectionError|urlopen)[^\n]{0,160}",
    ),
    *says("tcp.address_unreachable.network")("network is unavailable", "internet is unreachable"),
    *says("tcp.refused")("(111)", before=r"(?:through socket|connect to)[^\n]{0,120}"),
    *says("tcp.failed", PHRASE, "connect")(
        "resource temporarily unavailable", before=r"connect\(\)[^\n]{0,120}"
    ),
    # ping, nc
    *says("tcp.address_unreachable.prohibited", SENTENCE)(
        "packet filtered",
        "communication prohibited",
        "administratively prohibited",
        "destination host prohibited",
        "destination net prohibited",
        before=r"(?:icmp_seq|from \d)[^\n]{0,80}",
    ),
    *says("tcp.address_unreachable.network", SENTENCE)("destination net unreachable"),
    *says("tcp.refused", TEXT)("destination port unreachable"),
    *says("tcp.timed_out", SPECIFIC, "connect")("timed out: operation now in progress"),
    *says("tcp.timed_out", SENTENCE, "connect")("ncat: timeout."),
    # asyncio and anyio, which tried several addresses
    *says("tcp.failed", PHRASE, "connect")("all connection attempts failed"),
    *says("tcp.failed", GENERIC, "connect")("connect call failed", "multiple exceptions:"),
    # a connection that could not be made; the cause follows, if it is known
    *says("tcp.failed", GENERIC, "connect")(
        "failed to establish a new connection",
        "failed to establish connection",
        "unable to establish connection",
        "could not be established",
        "failed to connect to",
        "unable to connect to",
        "could not connect to",
        "cannot connect to",
        "can't connect to",
        "couldn't connect to",
        "fail connecting to",
        "failed connecting to",
        "error connecting to",
        "while trying to connect to",
        "retrying to connect to",
        "connect to host failed",
        "can't reach database server",
        "communications link failure",
        "unsuccessful connection",
        "layer4 connection problem",
        "não foi possível conectar",
        "impossible de se connecter",
        "no se pudo conectar",
        "no se puede conectar",
        # .NET's "Unable to connect to the remote server"
        "verbindung mit dem remoteserver kann nicht hergestellt werden",
        "no es posible conectar con el servidor remoto",
        "impossível conectar-se ao servidor remoto",
        "невозможно соединиться с удаленным сервером",
        "に接続できません",
    ),
    # reset, as CPython's and Java's wrappers word it
    *says("tcp.reset", SPECIFIC)("java.net.socketexception: connection reset"),
    *says("tcp.reset", SENTENCE)("connection reset without closing handshake"),
]


# What is said of Unix sockets and Windows pipes: Docker, PostgreSQL, MySQL.

_UNIX_SOCKET = (
    r"(?:unix(?: domain)? socket|unix_socket|unix:/|dial unix|through socket|server on socket"
    r"|\.sock\b|\.s\.PGSQL|http\+(?:unix|docker)|unixconn\.py|docker_engine|//\./pipe|docker daemon"
    r"|while fetching server API version)"
)
_UNIX_BEFORE = _UNIX_SOCKET + r"[^\n]{0,240}"
_UNIX_AFTER = r"[^\n]{0,120}(?:unix (?:domain )?socket|docker daemon|\.sock\b|named pipe)"

UNIX: list[TextRule] = [
    *says("unix.not_found", SPECIFIC)(
        "no such file or directory",
        "cannot find the file",
        "filenotfounderror(2",
        "(2)",
        before=_UNIX_BEFORE,
    ),
    *says("unix.not_found", SPECIFIC)(
        "no such file or directory", "cannot find the file", "filenotfounderror(2", then=_UNIX_AFTER
    ),
    *says("unix.not_found", SPECIFIC)(
        "(2, 'createfile'", "(2, 'waitnamedpipe'", "docker daemon is not running"
    ),
    *says("unix.not_found", SPECIFIC)(
        "is the docker daemon running",
        before=r"cannot connect to the docker daemon at unix://[^\n]{0,120}",
    ),
    *says("unix.forbidden", SPECIFIC)(
        "permission denied", "permissionerror(13", "(13)", before=_UNIX_BEFORE
    ),
    *says("unix.forbidden", SPECIFIC)("permission denied", then=_UNIX_AFTER),
    *says("unix.not_found", SENTENCE, "connect")("failed to connect to bus: no such file"),
]


# What libraries say when the peer closed a connection that stood.

CLOSED: list[TextRule] = [
    # of a socket or of standard output
    *says("unknown", FAINT)("brokenpipeerror: [errno 32]"),
    *says("tcp.closed")(
        "connection closed by remote host",
        "connection closed by foreign host",
        "connection closed by server",
        "connection is closed by peer",
        "connection closed by peer",
        "connection was closed by the server",
        "connection has been closed by the server",
        "remote end closed the connection",
        "peer closed the connection",
        "closed by the remote host",
        "connection closed unexpectedly",
        "connection unexpectedly closed",
        "unexpectedly closed tcp connection",
        "socket closed unexpectedly",
        "connection was terminated",
        "lost connection to",
        "has gone away",
        "socket connection broken",
        "socket error: eof",
        "premature close",
    ),
    *says("tcp.closed", SENTENCE)("unexpectedly dropped the connection"),
    *says("tcp.closed", PHRASE)("connection to the server was interrupted"),
    # What follows may be the system's word for it
    *says("tcp.closed", TEXT - 2)("connection dropped", "connection lost"),
    *says("tcp.closed", SENTENCE)(
        "closed by remote host", before=r"connection to [\w.\-:\[\]]{1,120} "
    ),
    # asyncio, asyncpg, aiomysql, pika, neo4j, Spark, Node
    *says("tcp.closed")(
        "connection was closed in the middle of operation",
        "cannot write to closing transport",
        "connection closed while reading",
        "bytes read on a total of",
        "read empty data, calling disconnect",
        "defunct connection",
        "answer from java side is empty",
        "socket hang up",
    ),
    *says("tcp.closed", SENTENCE)("0 bytes read on a total of"),
    *says("tcp.closed", SENTENCE)("incompletereaderror", "streamclosederror"),
    # libpq says this of any end under TLS
    *says("tls.closed", SPECIFIC, "tls")("ssl connection has been closed unexpectedly"),
    *says("tcp.closed", HINT)("connection closed", "connection was closed", "closed connection"),
    # Go
    *says("tcp.closed", SENTENCE)("error reading from server: eof"),
    *says("tcp.closed.stale", SPECIFIC, "wait")("server closed idle connection"),
    *says("tcp.closed", PHRASE)("use of closed network connection", "unexpected eof"),
    # .NET
    *says("tcp.closed", PHRASE)(
        "unable to read data from the transport connection", "the response ended prematurely"
    ),
    # gRPC; elsewhere "socket closed" is what the caller did
    *says("tcp.closed", PHRASE)(
        "socket closed", before=r"(?:grpc|rpc|StatusCode|details|UNAVAILABLE)[^\n]{0,200}"
    ),
    *says("tcp.closed", PHRASE)("stream removed", before=r"(?:grpc|details)[^\n]{0,200}"),
    # a peer that stopped answering on a connection that stood
    *says("tcp.timed_out.established", SPECIFIC)(
        "keepalive watchdog timeout",
        "error: keepalive timeout",
        "ping timeout",
        "pong timeout",
        "ping/pong timed out",
        "heartbeat timeout",
        "no heartbeat",
        "missed heartbeats from",
        "too many heartbeats missed",
    ),
    *says("tcp.timed_out.established", SENTENCE)(
        " not responding.",
        before=r"timeout, server [^\n]{1,120}",  # OpenSSH
    ),
    *says("tcp.timed_out.established", TEXT)(  # NFS and CIFS
        " not responding, ", before=r"server [\w.\-:]{1,120}", then=r"(?:timed out|still trying)"
    ),
    *says("tcp.timed_out.established", TEXT)("has not responded in "),
    *says("tcp.timed_out.established", EXACT)(
        "connection timed out",
        "operation timed out",
        before=r"(?:SSL SYSCALL error|could not (?:receive data from|send data to) server): ",
    ),
    *says("tcp.timed_out.established", SPECIFIC)(
        "connection timed out", before=r"\b(?:read|recv|write|send) failed: "
    ),
    *says("tcp.closed", SENTENCE)("connection remotely closed", "shut down by peer"),
    *says("tcp.timed_out.established", SENTENCE)("disconnected by timeout"),
    # Apache's portable runtime, its number first
    *says("tcp.reset", SPECIFIC)("connection reset by peer", before=r"\((?:104|54|10054)\)"),
    # at the end of what is said, as Java says it
    *says("tcp.reset", PHRASE)(
        "connection reset", before=r"(?:: |^)", then=r"(?:$|[.)\]\"']| (?=Retrying|at )|\s{1,4}$)"
    ),
    *says("tcp.closed", PHRASE)(
        "connection to ", "connection with ", then=r"(?:the )?[\w.\-:]{1,60} lost(?: ?$|[.,;!)])"
    ),
    *says("tcp.timed_out.established", SENTENCE)(
        "heartbeat_check: no reply from",  # Ceph
        "a processor failed, forming new configuration",  # Corosync
        "timeout elapsed without receiving a message from the server",  # SignalR
    ),
    *says("tcp.timed_out.established", PHRASE)(
        "state is now lost", before=r"[Nn]ode [\w.\-]{1,80} "
    ),
    *says("tcp.closed", PHRASE)("connection terminated unexpectedly"),
]


# Names of errors and enumerations that are one word, in any language: HostNotFoundError,
# CONNECTION_REFUSED, REMOTE_HOST_CLOSED.

_NO_PATH = r"(?<![/\-])(?<!class )(?=(?-i:[A-Z]))"
"""No part of a path, and no definition; what begins in lower case is a variable or a metric."""
_JOINED: dict[str, tuple[KindName, int]] = {
    "connection refused": ("tcp.refused", TEXT),
    "connect refused": ("tcp.refused", TEXT),
    "host not found": ("dns.name_not_resolved", SENTENCE),
    "name not resolved": ("dns.name_not_resolved", SENTENCE),
    "unknown host": ("dns.name_not_resolved", SENTENCE),
    "resolve host failed": ("dns.failed", SENTENCE),
    "dns failure": ("dns.failed", PHRASE),
    "dns error": ("dns.failed", PHRASE),
    "network unreachable": ("tcp.address_unreachable.network", TEXT),
    "remote host closed": ("tcp.closed", TEXT),
    "connection aborted": ("tcp.aborted", TEXT),
    "connection lost": ("tcp.closed", PHRASE),
    "connection loss": ("tcp.closed", PHRASE),
    "connection closed": ("tcp.closed", PHRASE),
    "no response data received": ("http.response.invalid.empty", SENTENCE),
    "connection timed out": ("tcp.timed_out", TEXT),
    "exception on connect": ("tcp.failed", TEXT),
    "cannot connect to host": ("tcp.failed", PHRASE),
    "failed to connect": ("tcp.failed", PHRASE),
    "connect failed": ("tcp.failed", PHRASE),
    "ssl handshake failed": ("tls.failed", PHRASE),
    "tls handshake failed": ("tls.failed", PHRASE),
    "handshake failed": ("tls.failed", HINT + 5),
    "server disconnected": ("tcp.closed", HINT + 5),
    "too many redirects": ("http.response.redirect_loop", SENTENCE),
}
_NO_CODE = r"(?!\w{0,40}(?:\.\w{1,4}\b|=|\(\)))"
"""Neither a file, nor a setting, nor a function."""


def _joined() -> list[TextRule]:
    rules = []
    for words, (kind, rank) in _JOINED.items():
        needles = words.replace(" ", ""), words.replace(" ", "_")
        rules += says(kind, rank)(*needles, before=_NO_PATH, then=_NO_CODE)
    return rules


JOINED: list[TextRule] = _joined()
