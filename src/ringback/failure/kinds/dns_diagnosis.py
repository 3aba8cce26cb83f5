"""Reference data: DNS faults that only a direct query to the resolver can tell apart."""

from ringback.failure.kind import Kind

DNS_BY_DIAGNOSIS = (
    Kind(
        name="dns.unreachable",
        layer="dns",
        delivered="no",
        retry="backoff",
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
    Kind(
        name="dns.server",
        layer="dns",
        delivered="no",
        retry="backoff",
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
    Kind(
        name="dns.blocked",
        layer="dns",
        delivered="no",
        retry="no",
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
    Kind(
        name="dns.bogus_address",
        layer="dns",
        delivered="no",
        retry="no",
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
