"""What libraries say when the peer closed a connection that stood."""

from ringback.failure.reading import EXACT, SPECIFIC
from ringback.failure.text.rule import HINT, PHRASE, SENTENCE, Rule, says

CLOSED: list[Rule] = [
    *says(
        "tcp.closed",
        "connection closed by remote host",
        "connection closed by foreign host",
        "connection closed by server",
        "connection is closed by peer",
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
        "connection dropped",
        "connection lost",
        "lost connection to",
        "has gone away",
        "socket connection broken",
        "socket error: eof",
        "premature close",
    ),
    # asyncio, asyncpg, aiomysql, pika, neo4j, Spark, Node
    *says(
        "tcp.closed",
        "connection was closed in the middle of operation",
        "cannot write to closing transport",
        "connection closed while reading",
        "bytes read on a total of",
        "read empty data, calling disconnect",
        "defunct connection",
        "answer from java side is empty",
        "socket hang up",
    ),
    *says("tcp.closed", "0 bytes read on a total of", rank=SENTENCE),
    *says("tcp.closed", "incompletereaderror", rank=SENTENCE),
    # libpq says this of any end under TLS
    *says("tls.closed", "ssl connection has been closed unexpectedly", rank=SPECIFIC, phase="tls"),
    *says(
        "tcp.closed", "connection closed", "connection was closed", "closed connection", rank=HINT
    ),
    # Go
    *says("tcp.closed", "error reading from server: eof", rank=SENTENCE),
    *says("tcp.closed.stale", "server closed idle connection", rank=SPECIFIC, phase="wait"),
    *says("tcp.closed", "use of closed network connection", "unexpected eof", rank=PHRASE),
    # .NET
    *says(
        "tcp.closed",
        "unable to read data from the transport connection",
        "the response ended prematurely",
        rank=PHRASE,
    ),
    # gRPC; elsewhere "socket closed" is what the caller did
    *says(
        "tcp.closed",
        "socket closed",
        rank=PHRASE,
        before=r"(?:grpc|rpc|StatusCode|details|UNAVAILABLE)[^\n]{0,200}",
    ),
    *says("tcp.closed", "stream removed", rank=PHRASE, before=r"(?:grpc|details)[^\n]{0,200}"),
    # a peer that stopped answering on a connection that stood
    *says(
        "tcp.timed_out.established",
        "keepalive watchdog timeout",
        "ping timeout",
        "pong timeout",
        "ping/pong timed out",
        "heartbeat timeout",
        "no heartbeat",
        "missed heartbeats from",
        "too many heartbeats missed",
        rank=SPECIFIC,
    ),
    *says(
        "tcp.timed_out.established",
        "connection timed out",
        "operation timed out",
        rank=EXACT,
        before=r"(?:SSL SYSCALL error|could not (?:receive data from|send data to) server): ",
    ),
]
