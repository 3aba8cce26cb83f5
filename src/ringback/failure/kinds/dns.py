"""Reference data: the name could not be turned into an address.

What only a direct query to the resolver can tell apart comes last.
"""

from ringback.failure.kind import new_kind

# The name could not be turned into an address.

DNS = (
    new_kind("dns.name_not_resolved", layer="dns", delivered="no", retry="no")(
        meaning="The resolver says that the host name does not exist.",
        looks_like={
            "linux": "`socket.gaierror: [Errno -2] Name or service not known` (EAI_NONAME)",
            "musl": "`[Errno -2] Name does not resolve`",
            "macos": "`[Errno 8] nodename nor servname provided, or not known`",
            "windows": "`[Errno 11001] getaddrinfo failed`",
            "requests": "`NameResolutionError(\"HTTPSConnection(host='api.example.test', port=443): Failed to resolve 'api.example.test' ([Errno -2] Name or service not known)\")`",
            "aiohttp": "`ClientConnectorDNSError: Cannot connect to host api.example.test:443 ssl:default [Name or service not known]`",
            "curl": "`curl: (6) Could not resolve host: api.example.test`",
        },
        causes=(
            "The name is mistyped, or built from a variable that is empty (`None`, `undefined`).",
            "A container or service name is used outside the network that knows it, such as `db` from the host.",
            "The VPN that resolves internal names is down, or another resolver is asked.",
            "The record was removed or has not been published yet.",
            "The resolver's answer was malformed, or a CNAME points nowhere: glibc reports both in the same way.",
        ),
        do=(
            "Print `repr(host)` and look it up with `dig +short NAME` (or `nslookup NAME`): is it spelled right?",
            "Compare `getent hosts NAME` with `dig NAME`: if only `dig` finds it, `/etc/nsswitch.conf` is at fault.",
            "Ask a second resolver, `dig @1.1.1.1 NAME`: a different answer means a VPN or split DNS.",
            "In containers, check that both are on the same network and use the service's name there.",
            "Right after a new record or deployment, wait for the negative cache to expire (minutes), then retry.",
        ),
        dont=(
            "Do not retry in a loop: the answer is cached, and the load falls on the resolver.",
            "Do not write the address into the program instead of the name.",
        ),
        related=("dns.no_address", "dns.temporary_failure", "url.invalid", "dns.blocked"),
        also_known_as={
            "curl": "6",
            "chromium": "ERR_NAME_NOT_RESOLVED",
            "ooni": "dns_nxdomain_error",
            "grpc": "UNAVAILABLE",
        },
    ),
    new_kind("dns.no_address", layer="dns", delivered="no", retry="no")(
        meaning="The name exists but has no address of the requested IP version.",
        looks_like={
            "linux": "`socket.gaierror: [Errno -5] No address associated with hostname` (EAI_NODATA)",
            "macos": "`[Errno 7] No address associated with nodename`",
            "windows": "`[Errno 11004] getaddrinfo failed` (WSANO_DATA)",
            "musl": "older versions fold it into `[Errno -2] Name does not resolve`",
        },
        causes=(
            "The name has only MX or TXT records: the host is `www.` or another sub-domain.",
            "The name has only IPv6 addresses and the program asks for IPv4, or the reverse.",
            "The A and AAAA records were removed while others remained.",
            "A resolver that filters returns an empty answer.",
        ),
        do=(
            "Look at both families, `dig NAME A` and `dig NAME AAAA`, and use a name that has an address.",
            "Remove a forced address family from the program (`AF_INET`, `local_address='0.0.0.0'`).",
            "If the name is yours, add the missing A or AAAA record.",
        ),
        dont=("Do not retry at once: the empty answer is cached.",),
        related=("dns.name_not_resolved", "dns.blocked", "tcp.address_unreachable.network"),
        also_known_as={
            "curl": "6",
            "chromium": "ERR_NAME_NOT_RESOLVED",
            "ooni": "dns_no_answer",
            "grpc": "UNAVAILABLE",
        },
    ),
    new_kind("dns.temporary_failure", layer="dns", delivered="no", retry="backoff")(
        meaning="The resolver could not give an answer, and the exception does not say why.",
        looks_like={
            "linux": "`socket.gaierror: [Errno -3] Temporary failure in name resolution` (EAI_AGAIN)",
            "musl": "`[Errno -3] Try again`",
            "macos": "`[Errno 2]` (EAI_AGAIN)",
            "windows": "`[Errno 11002] getaddrinfo failed` (WSATRY_AGAIN)",
            "psycopg": '`could not translate host name "db" to address: Temporary failure in name resolution`',
        },
        causes=(
            "The machine or container has no working network, or the VPN is down.",
            "The resolver in `/etc/resolv.conf` is not reachable or does not answer (this takes 10 seconds or more).",
            "The resolver answered SERVFAIL or REFUSED: the zone is broken or the resolver does not serve this client.",
            "`/etc/resolv.conf` is empty, as in a container started before the network was up.",
            "A network policy blocks port 53 from this pod or host.",
        ),
        do=(
            "Ask each resolver directly: `cat /etc/resolv.conf`, then `dig @ADDRESS NAME`.",
            "Try another name: if every name fails, the resolver or the network is at fault, not the target.",
            "Read the status that `dig` prints: SERVFAIL, REFUSED, or a timeout each point elsewhere.",
            "Restart or replace the resolver: `resolvectl status`, Docker `--dns`, or the pod's `dnsPolicy`.",
        ),
        dont=(
            "Do not assume that the name is wrong: ten different faults give this same number.",
            "Do not rely on the client's timeout: it does not bound name resolution.",
        ),
        related=("dns.unreachable", "dns.server", "dns.timed_out", "dns.name_not_resolved"),
        also_known_as={
            "curl": "6",
            "chromium": "ERR_NAME_RESOLUTION_FAILED",
            "ooni": "dns_temporary_failure",
            "grpc": "UNAVAILABLE",
        },
    ),
    new_kind("dns.timed_out", layer="dns", delivered="no", retry="backoff")(
        meaning="The library itself says that looking up the name took longer than allowed.",
        looks_like={
            "aiohttp": "`ClientConnectorDNSError: … [Timeout while contacting DNS servers]`, with aiodns",
            "pymongo": "`dns.resolver.LifetimeTimeout: The resolution lifetime expired after 5.000 seconds`",
            "grpc": "`DNS resolution failed for service:443: C-ares status is not ARES_SUCCESS … Timeout while contacting DNS servers`",
            "curl": "`curl: (28) Resolving timed out after 2000 milliseconds`",
            "go": "`dial tcp: lookup example.test: i/o timeout`",
        },
        causes=(
            "The resolver does not answer, or its packets are dropped on the path.",
            "A firewall lets A queries pass but drops AAAA queries, which costs 5 to 15 seconds.",
            "The resolver is overloaded, or must ask an authority that does not answer.",
            "With `ndots:5`, as in Kubernetes, one name becomes several queries.",
        ),
        do=(
            "Time the lookup at each resolver: `dig @ADDRESS NAME A` and `dig @ADDRESS NAME AAAA`.",
            "Put a resolver that answers first in `/etc/resolv.conf`, or lower `options timeout:1 attempts:2`.",
            "In Kubernetes, end external names with a dot or lower `ndots`, and look at the DNS pods' load.",
            "Run a caching resolver on the machine if lookups are frequent.",
        ),
        dont=(
            "Do not lengthen the timeout to hide a dead resolver: every call waits for it.",
            "Do not start many lookups at once: each blocked one holds a thread.",
        ),
        related=("dns.unreachable", "dns.temporary_failure", "tcp.timed_out"),
        also_known_as={
            "curl": "28",
            "chromium": "ERR_DNS_TIMED_OUT",
            "ooni": "generic_timeout_error",
            "grpc": "UNAVAILABLE",
        },
    ),
    new_kind("dns.failed", layer="dns", delivered="no", retry="backoff")(
        meaning="Looking up the address failed for a reason that none of the other DNS kinds covers.",
        looks_like={
            "linux": "`[Errno -4] Non-recoverable failure in name resolution` (EAI_FAIL), `[Errno -6] ai_family not supported`, `[Errno -8] Servname not supported for ai_socktype`, `[Errno -9] Address family for hostname not supported`, `[Errno -11] System error`",
            "musl": "`[Errno -4] Non-recoverable error`",
            "macos": "`[Errno 4]` (EAI_FAIL), `[Errno 5]` (EAI_FAMILY), `[Errno 9]` (EAI_SERVICE)",
            "windows": "`[Errno 11003] getaddrinfo failed` (WSANO_RECOVERY), `[Errno 10109] getaddrinfo failed` (service)",
        },
        causes=(
            "An IPv6 address is used on a machine where IPv6 is turned off (−9).",
            "The port was given as a service name that `/etc/services` does not have (−8).",
            "The resolver answered with an error that another attempt does not cure (−4).",
            "The process is out of descriptors or memory, so the resolver cannot open a socket (−10, −11).",
        ),
        do=(
            "Read the EAI number: −8 is the port's name, −9 the address family, −4 the resolver.",
            "Give the port as a number.",
            "Use an address of a family that this machine has: `ip -6 address` shows whether it has IPv6.",
            "For −4, ask the resolver directly: `dig NAME`.",
        ),
        dont=("Do not retry a wrong service name or address family: only −4 and −11 may pass.",),
        related=("dns.temporary_failure", "dns.server", "tcp.address_unreachable.network"),
        also_known_as={
            "curl": "6",
            "chromium": "ERR_NAME_RESOLUTION_FAILED",
            "ooni": "dns_non_recoverable_failure",
            "grpc": "UNAVAILABLE",
        },
    ),
)


# DNS faults that only a direct query to the resolver can tell apart.

DNS_BY_DIAGNOSIS = (
    new_kind("dns.unreachable", layer="dns", delivered="no", retry="backoff")(
        meaning="The configured resolver cannot be reached or does not answer.",
        looks_like={
            "linux": "the exception is `[Errno -3] Temporary failure in name resolution`, after 10 seconds or more if the resolver is silent",
            "dig": "`;; connection timed out; no servers could be reached`, `;; communications error to 127.0.0.53#53: connection refused`",
            "diagnosis": "a direct query ends in ECONNREFUSED, an ICMP error or two timeouts",
        },
        causes=(
            "The VPN or DHCP left a resolver in `/etc/resolv.conf` that is no longer there.",
            "The local resolver (systemd-resolved, dnsmasq, the cluster's DNS) is stopped.",
            "A firewall or network policy drops UDP port 53.",
            "The machine has no route to the resolver.",
        ),
        do=(
            "Ask the resolver directly: `dig @ADDRESS NAME`, with the address from `/etc/resolv.conf`.",
            "Start the local resolver (`systemctl status systemd-resolved`) or reconnect the VPN.",
            "Try `dig +tcp @ADDRESS NAME`: if only that works, UDP port 53 is filtered.",
            "Put a resolver that answers into the network settings.",
        ),
        dont=(
            "Do not replace a company resolver by a public one: internal names would stop working and leak.",
            "Do not edit `/etc/resolv.conf` by hand where a service writes it; change that service.",
        ),
        related=("dns.temporary_failure", "dns.timed_out", "dns.server"),
        also_known_as={
            "curl": "6",
            "chromium": "ERR_NAME_NOT_RESOLVED",
            "ooni": "dns_temporary_failure",
        },
        diagnosis_only=True,
    ),
    new_kind("dns.server", layer="dns", delivered="no", retry="backoff")(
        meaning="The resolver answered with a failure code instead of an answer.",
        looks_like={
            "linux": "the exception is `[Errno -3] Temporary failure in name resolution` (FORMERR: `[Errno -2] Name or service not known`)",
            "dig": "`status: SERVFAIL`, `status: REFUSED`, `status: NOTIMP`, `status: FORMERR`; `EDE: 7 (Signature Expired)`",
            "go": "`lookup example.test: server misbehaving`",
        },
        causes=(
            "The zone's own name servers are down or do not answer for it (SERVFAIL, EDE 22 or 23).",
            "DNSSEC validation fails, usually because a signature expired (SERVFAIL, EDE 5 to 12).",
            "The resolver does not serve this client or this name (REFUSED).",
            "The resolver is old or broken and does not understand the query (FORMERR, NOTIMP).",
        ),
        do=(
            "Read the status and the EDE text: `dig NAME`; EDE 5 to 12 is DNSSEC, 22 and 23 the zone's servers.",
            "Compare `dig +cd NAME` (no validation): if that works, the zone's DNSSEC is broken.",
            "For REFUSED, check which networks the resolver serves.",
            "Tell the owner of the zone; retry after a wait if it was SERVFAIL.",
        ),
        dont=(
            "Do not turn off DNSSEC validation for everything because one zone is broken.",
            "Do not retry REFUSED: it will not change by itself.",
        ),
        related=("dns.temporary_failure", "dns.unreachable", "dns.blocked"),
        also_known_as={
            "curl": "6",
            "chromium": "ERR_DNS_SERVER_FAILED",
            "ooni": "dns_servfail_error, dns_refused_error",
        },
        diagnosis_only=True,
    ),
    new_kind("dns.blocked", layer="dns", delivered="no", retry="no")(
        meaning="The answer for this name was withheld or replaced on purpose, by policy.",
        looks_like={
            "dig": "`EDE: 15 (Blocked)`, `EDE: 16 (Censored)`, `EDE: 17 (Filtered)`, `EDE: 18 (Prohibited)`, `EDE: 4 (Forged Answer)`",
            "linux": "`[Errno -2] Name or service not known` for a name that other resolvers know, or an address such as 0.0.0.0",
        },
        causes=(
            "A filter on the resolver (advertising, malware, parental control) lists the name.",
            "A company's response policy zone (RPZ) blocks it.",
            "The network operator must block it by law.",
        ),
        do=(
            "Compare the answers of two resolvers, `dig NAME` and `dig @9.9.9.9 NAME`, and read the EDE text.",
            "Ask whoever runs the filter to allow the name.",
            "Use a resolver that your policy permits and that answers.",
        ),
        dont=("Do not work around a company's filter in code; have the name allowed.",),
        related=("dns.name_not_resolved", "dns.bogus_address", "http.error.captive_portal"),
        diagnosis_only=True,
    ),
    new_kind("dns.bogus_address", layer="dns", delivered="no", retry="no")(
        meaning="The name resolves to an address that cannot be the service.",
        looks_like={
            "linux": "the lookup succeeds; 0.0.0.0 then connects to this machine itself",
            "dig": "`0.0.0.0`, `127.0.53.53` (a name collision marked by ICANN), or a private address for a public name",
            "requests": "often seen as `[Errno 111] Connection refused`, or as a certificate for another name",
        },
        causes=(
            "An old line in the hosts file overrides DNS.",
            "A filter answers with a sinkhole address.",
            "Split DNS returned the internal address outside the internal network.",
            "A captive portal answers every name with its own address.",
            "An internal name collides with a public top-level domain (127.0.53.53).",
        ),
        do=(
            "Compare `getent ahosts NAME` with `dig +short NAME`: a difference comes from `/etc/hosts`.",
            "Remove the stale line from the hosts file.",
            "Ask a second resolver, and connect the VPN if the address is an internal one.",
            "Use a full domain name that you own instead of a short internal one.",
        ),
        dont=(
            "Do not turn off certificate checks because the certificate is for another name: it is another host.",
        ),
        related=(
            "dns.blocked",
            "tls.cert.name_invalid",
            "tcp.refused",
            "http.error.captive_portal",
        ),
        also_known_as={"chromium": "ERR_ICANN_NAME_COLLISION", "ooni": "dns_bogon_error"},
        diagnosis_only=True,
    ),
)
