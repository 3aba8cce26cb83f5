"""What the operating system says about sockets, in any language."""

from ringback.failure.codes.system import KIND_OF_NAME
from ringback.failure.codes.wording import ENGLISH, TRANSLATED
from ringback.failure.reading import GENERIC, SPECIFIC, TEXT, TIMEOUT
from ringback.failure.text.rule import Rule, says

BARE_TIMEOUT = GENERIC + 2
"""A bare "timed out" says more than a bare "cannot connect", and less than anything else."""
_SYMBOLIC = (
    "ECONNREFUSED",
    "ECONNRESET",
    "ECONNABORTED",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "EHOSTDOWN",
    "ENETUNREACH",
    "ENETDOWN",
    "EADDRINUSE",
    "EADDRNOTAVAIL",
    "EPIPE",
    "ESHUTDOWN",
    "ENOTCONN",
    "ENOBUFS",
    "EAFNOSUPPORT",
)
_SOCKET_NEARBY = (
    r"(?:socket|connect|accept|NewConnectionError|urlopen|listen|\bbind\b)[^\n]{0,200}%s"
    r"|%s[^\n]{0,80}(?:socket|connect|accept)"
)


def _beside_socket(text: str) -> str:
    return _SOCKET_NEARBY % (text, text)


_WORDS = {**ENGLISH, **TRANSLATED}

RULES: list[Rule] = [
    *(
        rule
        for words, name in _WORDS.items()
        for rule in says(KIND_OF_NAME[name], words, needs_socket=name == "EPIPE")
    ),
    *(
        rule
        for name in _SYMBOLIC
        for rule in says(KIND_OF_NAME[name], name.lower(), around=rf"\b(?:WSA)?{name}\b")
    ),
    *says(
        "client.resources_exhausted",
        "too many open files",
        around=_beside_socket("too many open files"),
    ),
    *says("client.resources_exhausted", "out of system resource", rank=SPECIFIC),
    *says(
        "client.resources_exhausted",
        "can't start new thread",
        "cannot allocate memory",
        around=_beside_socket("(?:can't start new thread|cannot allocate memory)"),
    ),
    *says(
        "tcp.address_unreachable.prohibited",
        "operation not permitted",
        around=_beside_socket("operation not permitted"),
    ),
    *says(
        "tcp.address_unreachable.prohibited",
        "permission denied",
        around=r"(?:connect|NewConnectionError|urlopen|sendto|getsockopt)(?![^\n]{0,200}(?:unix|\.sock|publickey))"
        r"[^\n]{0,160}permission denied|dial tcp[^\n]{0,200}permission denied",
    ),
    *says(
        "tcp.address_invalid",
        "invalid argument",
        around=r"(?:connect(?:ion|\(\)|ing)?\b|NewConnectionError|urlopen)[^\n]{0,160}invalid argument",
    ),
    *says("tcp.address_unreachable.network", "network is unavailable", "internet is unreachable"),
    # Unix sockets and Windows pipes
    *says(
        "unix.not_found",
        "no such file or directory",
        "cannot find the file",
        "(2)",
        "filenotfounderror(2",
        rank=SPECIFIC,
        around=r"(?:unix(?: domain)? socket|through socket|unix:/|\.sock\b|\.s\.PGSQL|http\+unix|http\+docker"
        r"|docker_engine|//\./pipe|while fetching server API version|docker daemon|unix_socket"
        r"|server on socket|unixconn\.py)[^\n]{0,200}(?:no such file|cannot find the file|\(2\)|error\(2)"
        r"|(?:no such file or directory|cannot find the file)[^\n]{0,120}(?:unix socket|unix domain socket|docker daemon|\.sock\b|named pipe)"
        r"|(?:FileNotFoundError\(2|No such file)[^\n]{0,60}(?:\.sock)",
    ),
    *says(
        "unix.not_found",
        "createfile",
        "docker_engine",
        "docker daemon",
        "is the docker daemon running",
        rank=SPECIFIC,
        around=r"\(2, '(?:CreateFile|WaitNamedPipe)'|open //\./pipe/[^\n]{0,80}cannot find"
        r"|cannot connect to the docker daemon at unix://[^\n]{0,120}is the docker daemon running"
        r"|docker daemon is not running",
    ),
    *says(
        "unix.forbidden",
        "permission denied",
        "permissionerror(13",
        "permission to access",
        "acceso denegado",
        "zugriff verweigert",
        rank=SPECIFIC,
        around=r"(?:unix(?: domain)? socket|dial unix|through socket|unix:/|docker daemon socket"
        r"|while fetching server API version|connect[^\n]{0,60}\.sock|\.s\.PGSQL)[^\n]{0,240}(?:permission denied|error\(13)"
        r"|permission denied[^\n]{0,100}(?:unix socket|docker daemon socket|\.sock\b)",
    ),
    *says(
        "tcp.failed",
        "resource temporarily unavailable",
        rank=45,
        phase="connect",
        around=r"connect\(\)[^\n]{0,120}resource temporarily unavailable",
    ),
    *says("tcp.refused", "(111)", around=r"(?:through socket|connect to)[^\n]{0,120}\(111\)"),
    # a closed peer, worded by libraries
    *says(
        "tcp.closed",
        "connection closed by remote host",
        "connection closed by foreign host",
        "remote end closed the connection",
        "server closed the connection unexpectedly",
        "peer closed the connection",
        "closed by the remote host",
        "socket closed unexpectedly",
        "connection closed by server",
        "connection closed unexpectedly",
        "connection unexpectedly closed",
        "connection was closed by the server",
        "connection was closed in the middle of operation",
        "connection has been closed by the server",
        "lost connection to",
        "has gone away",
        "socket connection broken",
        "stream connection lost",
        "ssl connection has been closed unexpectedly",
        "connection closed while reading",
        "connection lost",
        "connection is closed by peer",
        "bytes read on a total of",
        "cannot write to closing transport",
        "connection was terminated",
        "socket error: eof",
        "unexpectedly closed tcp connection",
        "read empty data, calling disconnect",
        "defunct connection",
        "answer from java side is empty",
        "socket hang up",
        "premature close",
        "connection dropped",
    ),
    *says("tcp.closed", "connection closed", "connection was closed", "closed connection", rank=30),
    *says(
        "tcp.failed", "connect call failed", "multiple exceptions:", rank=GENERIC, phase="connect"
    ),
    *says("tcp.failed", "all connection attempts failed", rank=45, phase="connect"),
    *says(
        "tcp.failed",
        "failed to establish a new connection",
        "failed to connect to",
        "unable to connect to",
        "could not connect to",
        "cannot connect to",
        "can't connect to",
        "couldn't connect to",
        "unable to establish connection",
        "failed to establish connection",
        "fail connecting to",
        "error connecting to",
        "failed connecting to",
        "while trying to connect to",
        "retrying to connect to",
        "connect to host failed",
        "can't reach database server",
        "communications link failure",
        "unsuccessful connection",
        "layer4 connection problem",
        "could not be established",
        "não foi possível conectar",
        "impossible de se connecter",
        "no se pudo conectar",
        "no se puede conectar",
        "verbindung fehlgeschlagen",
        rank=GENERIC,
        phase="connect",
    ),
    # timeouts without a number; the phase decides
    *says(TIMEOUT, "read timed out", "read timeout", rank=TEXT, phase="wait"),
    *says(
        TIMEOUT,
        "read operation timed out",
        "timeout while reading",
        "timeout reading from",
        phase="wait",
    ),
    *says(
        TIMEOUT, "write operation timed out", "write timed out", "timeout writing to", phase="send"
    ),
    *says(
        TIMEOUT,
        "connect timeout",
        "connection timeout",
        "connect timed out",
        "connection attempt timed out",
        "timeout connecting to",
        "timed out connecting to",
        "timed out while connecting",
        "timed out trying to connect",
        "timeout while connecting",
        "connection time out",
        "timeout: timed out while waiting for handshake",
        "timeout expired",
        "timed out during opening handshake",
        rank=55,
        phase="connect",
    ),
    *says(
        "tls.timed_out",
        "handshake operation timed out",
        "tls handshake timeout",
        "ssl handshake timed out",
        "tls handshake timed out",
        "ssl handshake is taking longer than",
        "ssl connection timeout",
        rank=SPECIFIC + 1,
        phase="tls",
    ),
    *says(
        TIMEOUT,
        "request timed out",
        "request timeout",
        "timed out waiting for a response",
        "no response from server",
        "response timed out",
        "timeout on reading data from socket",
        "server timed out",
        "timeout awaiting response headers",
        "timeout awaiting headers",
        rank=50,
        phase="wait",
    ),
    *says(TIMEOUT, "timed out", "timeout occurred", rank=BARE_TIMEOUT),
    *says(
        TIMEOUT,
        "timed out",
        "timeoutconnect",
        "failed: timeout",
        rank=55,
        phase="connect",
        around=r"timed out[^\n]{0,80}(?:trying|attempting|while)[^\n]{0,20} connect|TIMEOUTconnect"
        r"|tried connecting to[^\n]{0,200}timed out|connection to [^\n]{1,120}failed: timeout",
    ),
    *says(
        TIMEOUT,
        "timed out waiting for server response",
        "timed out waiting for response",
        "waiting for a response timed out",
        rank=55,
        phase="wait",
    ),
    *says(
        TIMEOUT,
        "exceeded",
        rank=50,
        phase="wait",
        around=r"(?:axios|request|http)[^\n]{0,80}timeout of \d{1,9} ?ms exceeded",
    ),
    *says(
        "client.deadline_exceeded",
        "context deadline exceeded",
        "deadline exceeded",
        "total timeout",
        rank=45,
    ),
]
