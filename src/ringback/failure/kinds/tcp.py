"""Reference data: the address cannot be reached, no connection came about, or it ended early.

Of TCP and Unix sockets.
"""

from ringback.failure.kind import new_kind

# The address cannot be reached from here.

IP = (
    new_kind("tcp.address_unreachable.network", layer="ip", delivered="no", retry="backoff")(
        meaning="There is no route to the network of this address.",
        looks_like={
            "linux": "`[Errno 101] Network is unreachable` (ENETUNREACH), `[Errno 100] Network is down`; without IPv6 also `[Errno 97] Address family not supported by protocol`",
            "macos": "`[Errno 51] Network is unreachable`, `[Errno 50] Network is down`",
            "windows": "`[WinError 10051] A socket operation was attempted to an unreachable network`",
            "requests": "`NewConnectionError(\"HTTPSConnection(host='192.0.2.1', port=443): Failed to establish a new connection: [Errno 101] Network is unreachable\")`",
            "curl": "`curl: (7) Failed to connect to 192.0.2.1 port 443 after 0 ms: Couldn't connect to server`",
        },
        causes=(
            "The machine is offline, or the VPN or Wi-Fi is down.",
            "The name has an IPv6 address and this machine has no IPv6 route, which hides how IPv4 failed.",
            "The container or sandbox was started without a network.",
            "A router on the path, or a reject rule, answered that the network cannot be reached.",
        ),
        do=(
            "Ask for the route, `ip route get ADDRESS`, and reconnect the network or the VPN if there is none.",
            "Try each family: `curl -4 URL` and `curl -6 URL`; look at how IPv4 failed before blaming IPv6.",
            "In a container, check that it has a network: `docker inspect`, or `ip address` inside it.",
            "If IPv6 is not wanted, remove it from the machine or the AAAA record from the name.",
        ),
        dont=(
            "Do not blame the service before other targets have been tried: this is usually the local network.",
        ),
        related=(
            "tcp.address_unreachable.host",
            "tcp.timed_out",
            "client.local_address",
            "dns.no_address",
        ),
        also_known_as={
            "curl": "7",
            "chromium": "ERR_INTERNET_DISCONNECTED, ERR_ADDRESS_UNREACHABLE",
            "ooni": "network_unreachable",
            "envoy": "UF",
            "grpc": "UNAVAILABLE",
        },
    ),
    new_kind("tcp.address_unreachable.host", layer="ip", delivered="no", retry="backoff")(
        meaning="There is a route to the network, but the host on it cannot be reached.",
        looks_like={
            "linux": "`[Errno 113] No route to host` (EHOSTUNREACH), `[Errno 112] Host is down`",
            "macos": "`[Errno 65] No route to host`, `[Errno 64] Host is down`",
            "windows": "`[WinError 10065] A socket operation was attempted to an unreachable host`",
            "asyncio": "`[Errno 113] Connect call failed ('192.0.2.1', 443)`",
            "curl": "`curl: (7) Failed to connect to 192.0.2.1 port 443 after 3060 ms: Couldn't connect to server`",
        },
        causes=(
            "The host is switched off or has another address now; on the same link this shows after about 3 seconds.",
            "A firewall rejects with host-prohibited or admin-prohibited: this errno comes at once then.",
            "The router behind which the host lives says that it cannot be reached.",
            "A routing loop, or a VPN that lost the peer.",
        ),
        do=(
            "Time it: about 3 s means the host does not answer on its link, 0 s a firewall or a router.",
            "On the same link, run `ip neigh show ADDRESS`: FAILED means that no machine has this address.",
            "On the server, look for REJECT rules: `nft list ruleset` or `iptables -S`.",
            "Check that the address is current: `dig +short NAME`.",
        ),
        dont=(
            "Do not read the words “no route” literally: a firewall's refusal has the same number.",
            "Do not use a connect timeout under 4 seconds when looking for this: it would show as a timeout.",
        ),
        related=(
            "tcp.address_unreachable.network",
            "tcp.address_unreachable.prohibited",
            "tcp.timed_out",
        ),
        also_known_as={
            "curl": "7",
            "chromium": "ERR_ADDRESS_UNREACHABLE",
            "ooni": "host_unreachable",
            "envoy": "UF",
            "grpc": "UNAVAILABLE",
        },
    ),
    new_kind("tcp.address_unreachable.prohibited", layer="ip", delivered="no", retry="no")(
        meaning="A local or remote policy forbids the connection.",
        looks_like={
            "linux": "`PermissionError: [Errno 13] Permission denied` (EACCES), `[Errno 1] Operation not permitted` (EPERM), `[Errno 92] Protocol not available`",
            "macos": "`[Errno 13] Permission denied`, `[Errno 1] Operation not permitted`",
            "windows": "`[WinError 10013] An attempt was made to access a socket in a way forbidden by its access permissions`",
        },
        causes=(
            "A firewall or security program on this machine blocks the program.",
            "A sandbox, a container's policy or a cgroup filter forbids network access.",
            "The routing table has a `prohibit` route.",
            "A firewall on the path answers administratively prohibited (IPv6).",
            "The address is a broadcast address.",
        ),
        do=(
            "Try the same call with `curl` as the same user: if it works, the rule is about this program.",
            "Look at the local rules: `nft list ruleset`, `iptables -S OUTPUT`, `ip route get ADDRESS`.",
            "On Windows or macOS, allow the program in the firewall or security software.",
            "In a sandbox or cluster, ask for a rule that permits this host and port.",
        ),
        dont=(
            "Do not turn the firewall off to get through; add a rule for this destination.",
            "Do not catch only `ConnectionError`: Python raises `PermissionError` here.",
        ),
        related=("tcp.address_unreachable.host", "tcp.refused", "unix.forbidden"),
        also_known_as={
            "curl": "7",
            "chromium": "ERR_NETWORK_ACCESS_DENIED",
            "ooni": "permission_denied",
        },
    ),
    new_kind("tcp.address_invalid", layer="ip", delivered="no", retry="no")(
        meaning="The address or port is not one that can be connected to.",
        looks_like={
            "linux": "`[Errno 22] Invalid argument` (EINVAL)",
            "macos": "`[Errno 22] Invalid argument`, `[Errno 49] Can't assign requested address` for port 0",
            "windows": "`[WinError 10022] An invalid argument was supplied`, `[WinError 10049] The requested address is not valid in its context`",
        },
        causes=(
            "A link-local IPv6 address is given without its interface: `fe80::1` instead of `fe80::1%eth0`.",
            "The port is 0, often an unset number.",
            "The address is `0.0.0.0`, which is for listening (macOS and Windows refuse it, Linux connects to itself).",
            "A `blackhole` route covers the address.",
        ),
        do=(
            "Print the address and port: replace 0.0.0.0 or port 0 by the real ones, add `%iface` to fe80::.",
            "Look for a blackhole: `ip route get ADDRESS`.",
            "Use `127.0.0.1` or the host's name for a service on the same machine.",
        ),
        dont=("Do not retry: the same address stays invalid.",),
        related=("client.local_address", "dns.bogus_address", "url.invalid"),
        also_known_as={
            "curl": "7",
            "chromium": "ERR_ADDRESS_INVALID",
            "ooni": "invalid_argument",
        },
    ),
)


TCP = (
    new_kind("tcp.refused", layer="tcp", delivered="no", retry="backoff")(
        meaning="The connection attempt was answered with a refusal: nothing listens there, or a firewall says so.",
        looks_like={
            "linux": "`ConnectionRefusedError: [Errno 111] Connection refused`",
            "macos": "`[Errno 61] Connection refused`",
            "windows": "`[WinError 10061] No connection could be made because the target machine actively refused it`",
            "requests": "`NewConnectionError(\"HTTPConnection(host='127.0.0.1', port=8080): Failed to establish a new connection: [Errno 111] Connection refused\")`",
            "httpx": "`ConnectError: [Errno 111] Connection refused`; asynchronous: `All connection attempts failed`",
            "aiohttp": "`ClientConnectorError: Cannot connect to host 127.0.0.1:8080 ssl:default [Connect call failed ('127.0.0.1', 8080)]`",
            "urllib": "`<urlopen error [Errno 111] Connection refused>`",
            "curl": "`curl: (7) Failed to connect to 127.0.0.1 port 8080 after 0 ms: Couldn't connect to server`",
        },
        causes=(
            "The service is not running, or is still starting.",
            "The port or the host is wrong.",
            "`localhost` is used inside a container, where it means the container itself.",
            "The service listens only on 127.0.0.1, or only on IPv4 while `localhost` is tried as `::1`.",
            "A firewall rejects the connection.",
        ),
        do=(
            "Check on the target that the service runs and listens there: `ss -ltn 'sport = :PORT'`.",
            "Compare host and port with the service's configuration; in a container use the service's name.",
            "If it listens on 127.0.0.1 and the call comes from elsewhere, let it listen on 0.0.0.0 or `::`.",
            "If it listens and still refuses, look for a REJECT rule: `nft list ruleset` on the target.",
            "While the service is starting, retry with growing waits.",
        ),
        dont=(
            "Do not retry without a pause: the refusal comes at once, and the loop floods the host.",
            "Do not lengthen the timeout: no time was lost waiting.",
        ),
        related=("tcp.timed_out", "tcp.reset", "proxy.unreachable", "unix.not_found"),
        also_known_as={
            "curl": "7",
            "chromium": "ERR_CONNECTION_REFUSED",
            "ooni": "connection_refused",
            "envoy": "UF",
            "grpc": "UNAVAILABLE",
        },
    ),
    new_kind("tcp.timed_out", layer="tcp", delivered="no", retry="backoff")(
        meaning="The connection attempt got no answer at all within the time allowed.",
        looks_like={
            "linux": "`TimeoutError: timed out` without a number (the client's timeout), `[Errno 110] Connection timed out` (the kernel gave up)",
            "macos": "`[Errno 60] Operation timed out`",
            "windows": "`[WinError 10060] A connection attempt failed because the connected party did not properly respond after a period of time`",
            "requests": "`ConnectTimeout: … Connection to 192.0.2.1 timed out. (connect timeout=5)`",
            "httpx": "`ConnectTimeout: timed out`; asynchronous: an empty text",
            "aiohttp": "`ConnectionTimeoutError: Connection timeout to host http://192.0.2.1/`",
            "curl": "`curl: (28) Connection timed out after 2001 milliseconds`",
        },
        causes=(
            "A firewall or security group drops the packets.",
            "The address is wrong or no longer in use.",
            "The service accepts no new connections: its accept queue is full.",
            "The path is broken: a VPN is down or a route leads nowhere.",
            "The address is internal and the call comes from outside.",
        ),
        do=(
            "Try another port of the host: `nc -vz -w 4 HOST 22`; if that answers, this port is filtered.",
            "Check the address (`dig +short NAME`) and the VPN.",
            "Ask for a rule in the firewall or security group for this port.",
            "Repeat it three times over 10 seconds: partial success means that the service is overloaded.",
            "On the target, look for a full accept queue: `ss -ltn` and `nstat -az TcpExtListenOverflows`.",
        ),
        dont=(
            "Do not lengthen the timeout beyond some seconds: a host that has not answered by then will not.",
            "Do not use a connect timeout under 1 second: one lost packet is repeated only after 1 second.",
        ),
        related=(
            "tcp.address_unreachable.host",
            "tls.timed_out",
            "http.response.timed_out",
            "client.pool_exhausted",
        ),
        also_known_as={
            "curl": "28",
            "chromium": "ERR_CONNECTION_TIMED_OUT",
            "ooni": "generic_timeout_error",
            "envoy": "UF",
            "grpc": "UNAVAILABLE, DEADLINE_EXCEEDED",
        },
    ),
    new_kind("tcp.failed", layer="tcp", delivered="no", retry="backoff")(
        meaning="The connection could not be made for a reason that none of the other TCP kinds covers.",
        looks_like={
            "httpx": "`ConnectError: All connection attempts failed`, where the causes were lost",
            "asyncio": "`OSError: Multiple exceptions: [Errno 111] Connect call failed ('::1', 8080, 0, 0), [Errno 111] Connect call failed ('127.0.0.1', 8080)`, without an errno",
            "requests": "`Failed to establish a new connection` with a number that is not in the tables",
            "curl": "`curl: (7) Couldn't connect to server`",
        },
        causes=(
            "Several addresses were tried, they failed in different ways, and the library kept only a summary.",
            "The text was cut off before the reason.",
            "The system gave an uncommon error number.",
        ),
        do=(
            "Try each address by itself: `curl -4 -v URL` and `curl -6 -v URL`.",
            "Read the whole traceback, above all the parts before “During handling of the above exception”.",
            "Look up the number: `python -c 'import os; print(os.strerror(NUMBER))'`.",
        ),
        dont=("Do not log only the last line of the exception: the reason is often in its cause.",),
        related=("tcp.refused", "tcp.timed_out", "tcp.address_unreachable.network"),
        also_known_as={
            "curl": "7",
            "chromium": "ERR_CONNECTION_FAILED",
            "envoy": "UF",
            "grpc": "UNAVAILABLE",
        },
    ),
    new_kind("tcp.reset", layer="tcp", delivered="maybe", retry="idempotent")(
        meaning="The peer, or a device on the path, reset the connection.",
        looks_like={
            "linux": "`ConnectionResetError: [Errno 104] Connection reset by peer`",
            "macos": "`[Errno 54] Connection reset by peer`",
            "windows": "`[WinError 10054] An existing connection was forcibly closed by the remote host`",
            "requests": "`('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))`",
            "httpx": "`ReadError: [Errno 104] Connection reset by peer`; asynchronous: `ReadError` with an empty text",
            "aiohttp": "`ClientOSError: [Errno 104] Connection reset by peer`",
            "curl": "`curl: (56) Recv failure: Connection reset by peer`, `curl: (35)` during the TLS handshake",
        },
        causes=(
            "The server process crashed or was restarted while it worked on the request.",
            "A load balancer or NAT dropped a connection that had been idle for too long.",
            "The server refuses the rest of an upload and closes with unread data.",
            "A firewall or filter ends the connection, often right after the TLS ClientHello.",
            "Plain HTTP was sent to a port that expects TLS.",
        ),
        do=(
            "Find the phase: during connect or TLS nothing was delivered and any request may be repeated.",
            "Look into the server's and the load balancer's log at this time: crash, restart, out of memory.",
            "If it strikes after pauses, keep connections idle for less time than the load balancer does.",
            "Check that the scheme suits the port: `curl -v https://HOST:PORT/`.",
            "If it always comes after the TLS ClientHello, look for a filter on the path.",
        ),
        dont=(
            "Do not repeat a POST blindly: the server may have processed it before the reset.",
            "Do not lengthen timeouts: the connection was ended, not slow.",
        ),
        related=(
            "tcp.closed.stale",
            "http.response.invalid.empty",
            "tls.closed",
            "tcp.aborted",
        ),
        also_known_as={
            "curl": "56, 35",
            "chromium": "ERR_CONNECTION_RESET",
            "ooni": "connection_reset",
            "envoy": "UR",
            "grpc": "UNAVAILABLE",
        },
    ),
)


# An established connection ended early.

TCP_ESTABLISHED = (
    new_kind("tcp.closed", layer="tcp", delivered="maybe", retry="idempotent")(
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
            "An idle connection was closed by the server or a device on the path.",
            "The service uses another protocol or expects TLS, and closes the connection.",
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
    new_kind("tcp.closed.stale", layer="tcp", delivered="maybe", retry="idempotent")(
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
    new_kind("tcp.aborted", layer="tcp", delivered="maybe", retry="idempotent")(
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
    new_kind("tcp.timed_out.established", layer="tcp", delivered="maybe", retry="idempotent")(
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
            "Large packets are lost on the path (MTU) while small ones pass.",
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


# A Unix socket could not be opened.

UNIX = (
    new_kind("unix.not_found", layer="tcp", delivered="no", retry="backoff")(
        meaning="The Unix socket's path does not exist.",
        looks_like={
            "linux": "`FileNotFoundError: [Errno 2] No such file or directory`",
            "mysql": "`(2002, \"Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)\")`",
            "psycopg": '`connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory`',
            "docker": "`Error while fetching server API version: ('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))`; on Windows `(2, 'CreateFile', …)`",
        },
        causes=(
            "The daemon (Docker, PostgreSQL, MySQL) is not running.",
            "The daemon puts its socket elsewhere: the path differs between distributions and versions.",
            "The socket of the host is not mounted into the container.",
            "`localhost` makes the MySQL client use a socket where TCP was meant.",
        ),
        do=(
            "See whether the daemon runs and where its socket is: `ss -lx`, then `systemctl status SERVICE`.",
            "Correct the path, or mount the socket into the container.",
            "To use TCP with MySQL, give `127.0.0.1` instead of `localhost`.",
            "If the daemon is just starting, retry after a wait.",
        ),
        dont=("Do not create the path by hand: only the daemon can make a socket that answers.",),
        related=("unix.forbidden", "tcp.refused", "config.tls_files_invalid"),
        also_known_as={"curl": "7"},
    ),
    new_kind("unix.forbidden", layer="tcp", delivered="no", retry="no")(
        meaning="This account may not open the Unix socket.",
        looks_like={
            "linux": "`PermissionError: [Errno 13] Permission denied`",
            "docker": "`Error while fetching server API version: ('Connection aborted.', PermissionError(13, 'Permission denied'))`",
            "redis": "`Error 13 connecting to unix socket: /run/redis/redis.sock. Permission denied.`",
        },
        causes=(
            "The account is not in the group that owns the socket, such as `docker` or `redis`.",
            "The account was added to the group, but its session started before that.",
            "A directory on the path is closed to the account.",
            "SELinux or AppArmor forbids it.",
        ),
        do=(
            "Compare the owner with your groups: `ls -l PATH` and `id`.",
            "Add the account to the group, then log in again: `sudo usermod -aG GROUP USER`.",
            "Check every directory on the path: `namei -l PATH`.",
            "Look for denials: `journalctl -k | grep -i denied`.",
        ),
        dont=(
            "Do not `chmod 666` the socket: whoever can write to Docker's socket is root.",
            "Do not run the whole program as root for this.",
        ),
        related=("unix.not_found", "tcp.address_unreachable.prohibited", "service.rejected"),
        also_known_as={"curl": "7", "ooni": "permission_denied"},
    ),
)
