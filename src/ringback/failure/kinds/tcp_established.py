"""Reference data: an established connection ended early."""

from ringback.failure.kind import Kind

TCP_ESTABLISHED = (
    Kind(
        name="tcp.closed",
        layer="tcp",
        delivered="maybe",
        retry="idempotent",
        meaning="The peer closed the connection while this program was still writing, or before anything was exchanged.",
        looks_like={
            "linux": "`BrokenPipeError: [Errno 32] Broken pipe` (EPIPE), `[Errno 108] Cannot send after transport endpoint shutdown`",
            "macos": "`[Errno 32] Broken pipe`, `[Errno 58] Can't send after socket shutdown`",
            "windows": "`[WinError 10058]` (WSAESHUTDOWN), `[WinError 109] The pipe has been ended`",
            "asyncio": "`IncompleteReadError: 0 bytes read on a total of 4 expected bytes`",
            "redis": "`ConnectionError: Connection closed by server.`",
            "pymysql": "`(2013, 'Lost connection to MySQL server during query')`",
            "websockets": "`ConnectionClosedError: no close frame received or sent`",
        },
        causes=(
            "The server refuses a large upload early and closes while the body is still being sent.",
            "The server is shutting down or was restarted.",
            "An idle connection was closed by the server or a device on the way.",
            "The service speaks another protocol or expects TLS, and hangs up.",
        ),
        do=(
            "Look into the server's log: a limit on the body's size, a shutdown or an idle timeout.",
            "For large uploads, read the response before giving up: it often holds the reason (413).",
            "Send `Expect: 100-continue` so that the server can refuse before the body is sent.",
            "Keep pooled connections idle for less time than the server does, or check them before use.",
        ),
        dont=("Do not repeat a POST blindly: a part of it, or all, may have been processed.",),
        related=("tcp.closed.stale", "tcp.reset", "http.response.invalid.empty"),
        also_known_as={
            "curl": "55",
            "chromium": "ERR_CONNECTION_CLOSED",
            "ooni": "eof_error",
            "envoy": "UC",
            "grpc": "UNAVAILABLE",
        },
    ),
    Kind(
        name="tcp.closed.stale",
        layer="tcp",
        delivered="maybe",
        retry="idempotent",
        meaning="A kept-alive connection had already been closed by the other side when it was used again.",
        looks_like={
            "requests": "`('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))` on a connection used before",
            "httpx": "`RemoteProtocolError: Server disconnected without sending a response.` on a connection used before",
            "aiohttp": "`ServerDisconnectedError: Server disconnected`",
            "linux": "`[Errno 104] Connection reset by peer` or `[Errno 32] Broken pipe` on the first byte of a later request",
        },
        causes=(
            "The server's keep-alive timeout is shorter than the client's.",
            "A load balancer or NAT forgot the idle connection.",
            "The server was restarted between two requests.",
            "The process was suspended or forked while it held open connections.",
        ),
        do=(
            "Let the client drop idle connections sooner than the server: find the server's keep-alive timeout.",
            "With httpx set `Limits(keepalive_expiry=…)`, with aiohttp `TCPConnector(keepalive_timeout=…)`.",
            "Repeat the request once on a fresh connection, if it may be processed twice.",
            "Open sessions after a fork, not before it.",
        ),
        dont=(
            "Do not read it as a dead server: the next connection usually works.",
            "Do not repeat a POST without an `Idempotency-Key`: that it was not processed is likely, not certain.",
        ),
        related=("http.response.invalid.empty", "tcp.reset", "tcp.closed"),
        also_known_as={
            "curl": "52, 56",
            "chromium": "ERR_CONNECTION_CLOSED",
            "ooni": "eof_error",
            "envoy": "UC",
        },
    ),
    Kind(
        name="tcp.aborted",
        layer="tcp",
        delivered="maybe",
        retry="idempotent",
        meaning="This machine's own network stack gave the connection up.",
        looks_like={
            "windows": "`[WinError 10053] An established connection was aborted by the software in your host machine`",
            "linux": "`ConnectionAbortedError: [Errno 103] Software caused connection abort`",
            "macos": "`[Errno 53] Software caused connection abort`",
        },
        causes=(
            "On Windows, data was not acknowledged and the system stopped repeating it.",
            "Antivirus or security software on this machine cut the connection.",
            "The network changed: Wi-Fi, VPN or docking station.",
            "The machine was asleep.",
        ),
        do=(
            "Check whether the network changed at that time: Wi-Fi, VPN, sleep.",
            "Try with the security software's web protection off for this program, and add an exception.",
            "Repeat the request after a wait, if it may be processed twice.",
        ),
        dont=(
            "Do not search the server first: the error was made on this machine.",
            "Do not repeat a POST blindly: it may have been processed.",
        ),
        related=("tcp.reset", "tcp.timed_out.established", "tcp.closed"),
        also_known_as={
            "curl": "56",
            "chromium": "ERR_CONNECTION_ABORTED",
            "ooni": "connection_aborted",
        },
    ),
    Kind(
        name="tcp.timed_out.established",
        layer="tcp",
        delivered="maybe",
        retry="idempotent",
        meaning="An established connection went dead: the peer stopped acknowledging anything.",
        looks_like={
            "linux": "`TimeoutError: [Errno 110] Connection timed out` on a connection that had worked",
            "macos": "`[Errno 60] Operation timed out`",
            "windows": "`[WinError 10060]`, or `[WinError 10053]` when the system gives up",
            "requests": "`('Connection aborted.', TimeoutError(110, 'Connection timed out'))`",
        },
        causes=(
            "A NAT, firewall or load balancer forgot the connection and drops its packets.",
            "The peer lost power or was removed without closing its connections.",
            "A cable, Wi-Fi or VPN connection was lost.",
            "Large packets are lost on the way (MTU) while small ones pass.",
        ),
        do=(
            "See whether data is unacknowledged: `ss -tino dst ADDRESS` shows retransmissions and a timer.",
            "Turn on TCP keep-alive with a time below the NAT's (60 s is safe) for connections that idle.",
            "Set `TCP_USER_TIMEOUT` on Linux to notice a dead peer within seconds.",
            "If only large messages fail, test the MTU: `ping -M do -s 1400 HOST`.",
        ),
        dont=(
            "Do not wait for the kernel alone: without a timeout, Linux gives up only after about 15 minutes.",
            "Do not repeat a POST blindly: it may have arrived before the path was lost.",
        ),
        related=("http.response.timed_out", "tcp.timed_out", "tcp.aborted", "tcp.closed.stale"),
        also_known_as={
            "curl": "56",
            "chromium": "ERR_CONNECTION_TIMED_OUT",
            "ooni": "timed_out",
            "envoy": "UC",
        },
    ),
)
