"""How far a call had come, read from the functions it stood in.

A timeout or a reset carries no phase of its own; the functions on its traceback do, and they are
the same names in a live traceback and in a pasted one.
"""

from collections.abc import Callable, Iterator, Mapping
from socket import AF_INET6, socket
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from ringback.failure.model import Phase

_FUNCTIONS: dict[Phase, str] = {
    "pool": "_wait_for_available_connection",
    "dns": "getaddrinfo _getaddrinfo gethostbyname _resolve_host _resolve_host_with_throttle",
    "connect": """
        create_connection create_unix_connection retry_on_signal open_unix_connection _new_conn
        _connect_sock sock_connect _sock_connect _sock_connect_cb start_connection connect_tcp
        connect_unix_socket _create_direct_connection finish_connect
    """,
    "tls": """
        _create_connection_transport do_handshake ssl_wrap_socket
        _ssl_wrap_socket_and_match_hostname start_tls _start_tls_connection wrap_socket
    """,
    "proxy": "_tunnel _init_socks5_connection _SOCKS5_request _negotiate_SOCKS5 _negotiate_SOCKS4",
    "send": "_send_output endheaders _send_request_headers _send_request_body write_bytes",
    "wait": "_read_status getresponse _receive_response_headers _receive_response",
    "body": """
        _receive_response_body _safe_read _readinto_chunked _read_chunked _read_next_chunk_size
        _update_chunk_length _fp_read _raw_read read_chunked iter_content readany
    """,
}
_DISTINCT = {name: phase for phase, names in _FUNCTIONS.items() for name in names.split()}
"""Function → phase, where the name alone tells."""

_IN_FILE: dict[str, tuple[tuple[str, Phase], ...]] = {
    "resolve": (("aiohttp/resolver.py", "dns"),),
    "dial": (("client/dial/tcp.py", "connect"),),
    "stream": (("urllib3/response.py", "body"),),
    "send": (
        ("http/client.py", "send"),
        ("asyncio/sslproto.py", "send"),
        ("backend/hface.py", "send"),
    ),
    "begin": (("http/client.py", "wait"),),
    "read": (
        ("http/client.py", "body"),
        ("urllib3/response.py", "body"),
    ),
    "readinto": (("http/client.py", "body"),),
    "read1": (("http/client.py", "body"),),
    "readline": (("http/client.py", "body"),),
    "_wait": (("aiohttp/streams.py", "body"),),
    "_do_handshake": (  # that of MySQL is another
        ("asyncio/sslproto.py", "tls"),
        ("uvloop/sslproto.pyx", "tls"),
        ("trio/_ssl.py", "tls"),
    ),
    "handshake": (("websockets/sync/client.py", "wait"),),
    "start": (("aiohttp/client_reqrep.py", "wait"),),
}

_FALLBACK: dict[str, Phase] = {
    "_read_ready__data_received": "wait",
    "_read_ready__get_buffer": "wait",
    "recv": "wait",
    "recv_into": "wait",
}
"""Where any read of an open connection ends; what stands further out knows better."""

_CERTIFICATE_FILES = frozenset(
    {
        "load_verify_locations",
        "load_cert_chain",
        "cert_verify",
        "create_default_context",
        "create_ssl_context",
        "create_urllib3_context",
    }
)
_MAX_FRAMES = 100


def phase_of_read(function: str) -> Phase | None:
    """The phase that a function which only reads stands for, where no other tells more."""
    return _FALLBACK.get(function)


def phase_of_frame(file: str, function: str) -> Phase | None:
    """The phase that a function of a known library stands for, ``None`` for any other."""
    if function in _DISTINCT:
        return _DISTINCT[function]
    if function not in _IN_FILE:
        return None
    path = file.replace("\\", "/")
    return next((phase for end, phase in _IN_FILE[function] if path.endswith(end)), None)


class Trace(NamedTuple):
    """What a traceback tells."""

    phase: Phase  # How far the call had come
    proxied: bool  # It was still on its way to or through a proxy


NO_TRACE = Trace("unknown", False)
"""There is no traceback."""


def trace(traceback: TracebackType | None) -> Trace:
    """How far the call had come; looks at 100 functions at the most, the innermost decides.

    A proxy's tunnel and a TLS handshake are made of writes and reads of their own: once inside
    one of them, what follows is part of it.
    """
    if traceback is None:
        return NO_TRACE
    phase: Phase | None = None
    route = _DIRECT
    for _ in range(_MAX_FRAMES):
        if traceback is None or phase in _STICKY:
            break
        frame = traceback.tb_frame
        traceback = traceback.tb_next
        name = frame.f_code.co_name
        if name not in _KNOWN_FUNCTIONS:
            continue
        if name in _PROXIED:
            route = route or _PROXIED[name](frame)
        else:
            found = phase_of_frame(frame.f_code.co_filename, name)
            # asyncio makes the transport there of either sort.
            if name == "_create_connection_transport" and not frame.f_locals.get("ssl"):
                found = "connect"
            phase = found or phase
    if route == _TUNNEL and phase in {"send", "wait"}:
        phase = "proxy"
    # urllib speaks no TLS to a proxy: what its wrapper alone does not tell may be the target's.
    proxied = bool(route) and phase in _ON_THE_WAY and (phase is not None or route != _PLAIN)
    return Trace(phase or "unknown", proxied)


_STICKY = frozenset({"proxy", "tls"})
_ON_THE_WAY = frozenset({"dns", "connect", "proxy", None})
_DIRECT, _FORWARD, _TUNNEL, _PLAIN = range(4)
"""No proxy; a proxy that is only connected to here; a proxy asked for a tunnel here; urllib's."""


def _forward(_frame: FrameType) -> int:
    return _FORWARD


def _tunnel(_frame: FrameType) -> int:
    return _TUNNEL


def _httpcore(frame: FrameType) -> int:
    """The same function opens the tunnel and later uses it; only its object knows which."""
    if not frame.f_code.co_filename.endswith("_proxy.py"):
        return _DIRECT
    connection: object = frame.f_locals.get("self")
    if "Forward" in type(connection).__name__:
        return _FORWARD
    opened = getattr(connection, "_connected", None)
    if opened is None:
        opened = getattr(connection, "_connection", None)
    return _DIRECT if opened else _TUNNEL


def _urllib(frame: FrameType) -> int:
    """A request that goes through a proxy keeps the proxy's address as its host."""
    request = frame.f_locals.get("req")
    tunnel = getattr(request, "_tunnel_host", None)
    return _PLAIN if tunnel or getattr(request, "selector", "").startswith("http") else _DIRECT


_PROXIED: dict[str, Callable[[FrameType], int]] = {
    "_prepare_proxy": _forward,
    "_create_proxy_connection": _tunnel,
    "handle_request": _httpcore,
    "handle_async_request": _httpcore,
    "do_open": _urllib,
}


_KNOWN_FUNCTIONS = frozenset({*_DISTINCT, *_IN_FILE, *_PROXIED})


def was_reused(traceback: TracebackType | None) -> bool:
    """Whether the request went over a connection that had already carried another one."""
    for frame in frames_of(traceback):
        served = _REUSE.get(frame.f_code.co_name)
        if served is not None and served(frame.f_locals.get("self")):
            return True
    return False


def _pool_has_reused(pool: object) -> bool:
    requests = getattr(pool, "num_requests", 0)
    return bool(requests > getattr(pool, "num_connections", requests))


def _connection_has_served(connection: object) -> bool:
    return bool(getattr(connection, "_request_count", 0) > 1)


def _response_reused(response: object) -> bool:  # that of our integration of aiohttp
    return getattr(response, "reused", False) is True


_REUSE: dict[str, Callable[[object], bool]] = {
    "start": _response_reused,
    "urlopen": _pool_has_reused,
    "handle_request": _connection_has_served,
    "handle_async_request": _connection_has_served,
}


def reads_certificate_files(traceback: TracebackType | None) -> bool:
    """Whether the exception left a function that loads certificates, keys or CA bundles."""
    left = any(frame.f_code.co_name in _CERTIFICATE_FILES for frame in frames_of(traceback))
    return left or last_called(traceback) in _CERTIFICATE_FILES


_OF_SOCKETS = frozenset(
    {
        *("connect", "connect_ex", "open_unix_connection", "create_unix_connection"),
        *("recv", "recv_into", "recvfrom", "recvmsg", "read", "readinto", "readline"),
        *("send", "sendall", "sendmsg", "sendfile", "sendto", "write"),
    }
)
_CALLED: dict[str, Phase] = {
    **dict.fromkeys(("recv", "recv_into", "recvfrom", "recvmsg", "read", "readinto"), "wait"),
    **dict.fromkeys(("send", "sendall", "sendmsg", "sendfile", "sendto", "write"), "send"),
    **dict.fromkeys(("connect", "connect_ex"), "connect"),
}


def phase_of_socket(traceback: TracebackType | None) -> Phase:
    """The phase that the method of a socket stands for which the exception left."""
    return _CALLED.get(last_called(traceback), "unknown")


def last_called(traceback: TracebackType | None) -> str:
    """The function of a socket or of certificates that was called last; ``""``: it shows none.

    What is written in C leaves no frame, but the code that called it names it.
    """
    if traceback is None:
        return ""
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    if not (_OF_SOCKETS | _CERTIFICATE_FILES).intersection(code.co_names):
        return ""
    from dis import get_instructions  # noqa: PLC0415 - seldom needed, and slow to load

    called: dict[tuple[int | None, int | None], object] = {}
    place: tuple[int | None, int | None] = (None, None)
    for instruction in get_instructions(code):
        if instruction.offset > traceback.tb_lasti or instruction.positions is None:
            break
        # What is called is named last where the call begins; its arguments begin further on.
        place = instruction.positions.lineno, instruction.positions.col_offset
        if isinstance(instruction.argval, str):
            called[place] = instruction.argval
    name = "" if None in place else str(called.get(place, ""))
    return name if name in _OF_SOCKETS or name in _CERTIFICATE_FILES else ""


def connects_by_ipv6(traceback: TracebackType | None) -> bool:
    """Whether the exception left a function that was connecting to an IPv6 address."""
    frame = None
    for frame in frames_of(traceback):
        if any(_is_ipv6(local) for local in frame.f_locals.values()):
            return True
    # Where no address has a name, the socket tells; one that is bound is not meant.
    asked = frame.f_locals.values() if frame and phase_of_socket(traceback) == "connect" else ()
    return any(isinstance(local, socket) and local.family == AF_INET6 for local in asked)


def _is_ipv6(local: object) -> bool:
    """Whether it is an address as sockets take it: text, port, and what IPv6 adds to them."""
    if not isinstance(local, tuple) or len(local) < 2:
        return False
    host, port = local[:2]
    return isinstance(host, str) and isinstance(port, int) and ":" in host and "/" not in host


def reads_chunks(traceback: TracebackType | None) -> bool:
    """Whether the exception left a function that reads a chunked body."""
    return any("chunk" in frame.f_code.co_name for frame in frames_of(traceback))


def reads_json_answer(traceback: TracebackType | None) -> bool:
    """Whether the exception left a client's method that reads an answer as JSON."""
    return any(
        frame.f_code.co_name == "json" and _ends(frame, _RESPONSES)
        for frame in frames_of(traceback)
    )


def reads_packets(traceback: TracebackType | None) -> bool:
    """Whether the exception left a function of paramiko that reads from the server."""
    return any(_ends(frame, ("/paramiko/packet.py",)) for frame in frames_of(traceback))


def was_redirected(traceback: TracebackType | None) -> bool:
    """Whether a client was following a redirect: a server had answered before."""
    for frame in frames_of(traceback):
        local = _REDIRECTING.get(frame.f_code.co_name)
        if local is not None and frame.f_locals.get(local):
            return True
    return False


def was_logging_in(traceback: TracebackType | None) -> bool:
    """Whether a driver was still opening its connection: no statement of the program's was sent."""
    return any(_logs_in(frame) for frame in frames_of(traceback))


def _logs_in(frame: FrameType) -> bool:
    files = _LOGINS.get(frame.f_code.co_name)
    return files is not None and _ends(frame, files)


_LOGINS: dict[str, tuple[str, ...]] = {
    "connect": (
        *("/psycopg/connection.py", "/psycopg/connection_async.py", "/psycopg2/__init__.py"),
        *("/asyncpg/connection.py", "/pymysql/connections.py", "/oracledb/connection.py"),
        *("/mysql/connector/abstracts.py", "/mysql/connector/aio/connection.py"),
        *("/redis/connection.py", "/redis/asyncio/connection.py", "/amqp/connection.py"),
        *("/aiormq/connection.py",),
        *("/pymongo/synchronous/pool.py", "/pymongo/asynchronous/pool.py"),
    ),
    "_connect": ("/aiomysql/connection.py",),
    "_create_connection": ("/pika/adapters/blocking_connection.py",),
    "_connect_addr": ("/asyncpg/connect_utils.py",),
    "_open_connection": (
        *("/mysql/connector/connection.py", "/mysql/connector/connection_cext.py"),
    ),
    "__init__": ("/pg8000/core.py", "/MySQLdb/connections.py"),
    "_process_params": ("/mysql/connector/cursor.py",),  # asks for the character set
    "raw_connection": ("/sqlalchemy/engine/base.py",),  # asks for the version and the schema
}
"""Function → the files of drivers where it opens a connection (TCP, TLS, login), or asks what it
must know before it can send a statement."""


def was_tried_before(traceback: TracebackType | None) -> bool:
    """Whether a library was at a later attempt of its own: an earlier one may have been sent.

    What it tried again while it only connected does not count.
    """
    for frame in frames_of(traceback):
        if _logs_in(frame):
            return False
        files, is_later = _ATTEMPTS.get(frame.f_code.co_name, _NO_ATTEMPTS)
        try:
            if _ends(frame, files) and is_later(frame.f_locals):
                return True
        except Exception:  # noqa: BLE001 - a local of that name may be anything; nothing is known
            return True
    return False


def _of_urllib3(names: Mapping[str, Any]) -> bool:
    history = getattr(names.get("retries"), "history", ())
    return any(type(tried.error).__name__ not in _NEVER_SENT for tried in history)


_NEVER_SENT = frozenset({"NewConnectionError", "ConnectTimeoutError", "NameResolutionError"})


def _counted(name: str, first: int) -> Callable[[Mapping[str, Any]], bool]:
    """What a library counts its attempts with, and its value at the first one."""

    def later(names: Mapping[str, Any]) -> bool:
        count = names.get(name)
        return isinstance(count, int) and count > first

    return later


_ATTEMPTS: dict[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], bool]]] = {
    "urlopen": (("/urllib3/connectionpool.py",), _of_urllib3),
    "call_with_retry": (("/redis/retry.py", "/redis/asyncio/retry.py"), _counted("failures", 0)),
    "run": (
        (
            *("/pymongo/synchronous/mongo_client.py", "/pymongo/asynchronous/mongo_client.py"),
            "/pymongo/mongo_client.py",
        ),
        lambda names: getattr(names.get("self"), "_last_error", None) is not None,
    ),
    "perform_request": (
        (
            *("/elastic_transport/_transport.py", "/elastic_transport/_async_transport.py"),
            *("/elasticsearch/transport.py", "/elasticsearch/_async/transport.py"),
            *("/opensearchpy/transport.py", "/opensearchpy/_async/transport.py"),
        ),
        lambda names: bool(names.get("errors") or names.get("attempt")),
    ),
    "_send_request": (("botocore/endpoint.py",), _counted("attempts", 1)),  # also aiobotocore
    "request": (("/_base_client.py",), _counted("retries_taken", 0)),  # openai, and made as it
    "__call__": (
        ("/tenacity/__init__.py", "/tenacity/asyncio/__init__.py", "/tenacity/_asyncio.py"),
        lambda names: getattr(names.get("retry_state"), "attempt_number", 1) > 1,
    ),
    "retry": (("/backoff/_sync.py", "/backoff/_async.py"), _counted("tries", 1)),
    "retry_target": (
        (
            *("/api_core/retry/retry_unary.py", "/api_core/retry/retry_unary_async.py"),
            "/api_core/retry.py",
        ),
        lambda names: len(names.get("error_list", ())) > 1,
    ),
}
"""Function of a library that tries again → its files, and whether it is at a later attempt."""
_NO_ATTEMPTS: tuple[tuple[str, ...], Callable[[Mapping[str, Any]], bool]] = (), lambda _: False


_REDIRECTING = {
    "resolve_redirects": "resp",
    "_build_redirect_request": "response",
    "_send_handling_redirects": "history",
    "_request": "history",
    "http_error_302": "headers",
    "urlopen": "redirect_location",
    "process_redirect": "exc",
}
"""Function → the local that is set once there is a redirect to follow."""
_RESPONSES = ("/models.py", "/_models.py", "/client_reqrep.py", "/response.py")


def _ends(frame: FrameType, endings: tuple[str, ...]) -> bool:
    return frame.f_code.co_filename.replace("\\", "/").endswith(endings)


def frames_of(traceback: TracebackType | None) -> Iterator[FrameType]:
    """The functions that a traceback has left, the outermost first; at the most 100."""
    for _ in range(_MAX_FRAMES):
        if traceback is None:
            break
        yield traceback.tb_frame
        traceback = traceback.tb_next
