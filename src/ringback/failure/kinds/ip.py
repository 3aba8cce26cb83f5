"""Reference data: the address cannot be reached from here."""

from ringback.failure.kind import Kind

IP = (
    Kind(
        name="tcp.address_unreachable.network",
        layer="ip",
        delivered="no",
        retry="backoff",
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
            "A router on the way, or a reject rule, answered that the network cannot be reached.",
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
    Kind(
        name="tcp.address_unreachable.host",
        layer="ip",
        delivered="no",
        retry="backoff",
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
            "On the same link, run `ip neigh show ADDRESS`: FAILED means that nobody has this address.",
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
    Kind(
        name="tcp.address_unreachable.prohibited",
        layer="ip",
        delivered="no",
        retry="no",
        meaning="A local or remote policy forbids the connection.",
        looks_like={
            "linux": "`PermissionError: [Errno 13] Permission denied` (EACCES), `[Errno 1] Operation not permitted` (EPERM), `[Errno 92] Protocol not available`",
            "macos": "`[Errno 13] Permission denied`, `[Errno 1] Operation not permitted`",
            "windows": "`[WinError 10013] An attempt was made to access a socket in a way forbidden by its access permissions`",
        },
        causes=(
            "A firewall or security program on this machine blocks the program.",
            "A sandbox, a container's policy or a cgroup filter forbids network access.",
            "A `prohibit` route stands in the routing table.",
            "A firewall on the way answers administratively prohibited (IPv6).",
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
    Kind(
        name="tcp.address_invalid",
        layer="ip",
        delivered="no",
        retry="no",
        meaning="The address or port is not one that can be connected to.",
        looks_like={
            "linux": "`[Errno 22] Invalid argument` (EINVAL)",
            "macos": "`[Errno 22] Invalid argument`, `[Errno 49] Can't assign requested address` for port 0",
            "windows": "`[WinError 10022] An invalid argument was supplied`, `[WinError 10049] The requested address is not valid in its context`",
        },
        causes=(
            "A link-local IPv6 address stands without its interface: `fe80::1` instead of `fe80::1%eth0`.",
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
