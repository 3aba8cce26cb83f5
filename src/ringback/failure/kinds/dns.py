"""Reference data: kinds of dns failures."""

from ringback.failure.kind import Kind

KINDS = (
    Kind(
        name="dns.name_not_resolved",
        layer="dns",
        delivered="no",
        retry="no",
        meaning="Resolver says the name does not exist",
    ),
    Kind(
        name="dns.no_address",
        layer="dns",
        delivered="no",
        retry="no",
        meaning="Name exists but has no A/AAAA (of the wanted family)",
    ),
    Kind(
        name="dns.temporary_failure",
        layer="dns",
        delivered="no",
        retry="backoff",
        meaning="Resolver could not give an answer (umbrella of the exception: cause not contained)",
    ),
    Kind(
        name="dns.unreachable",
        layer="dns",
        delivered="no",
        retry="backoff",
        meaning="Resolver cannot be reached or does not answer (port closed / no route / silent)",
        diagnosis_only=True,
    ),
    Kind(
        name="dns.server",
        layer="dns",
        delivered="no",
        retry="backoff",
        meaning="Resolver answered with a failure code (SERVFAIL/REFUSED/NOTIMP/FORMERR; detail = rcode + EDE, incl. DNSSEC bogus EDE 5–12)",
        diagnosis_only=True,
    ),
    Kind(
        name="dns.blocked",
        layer="dns",
        delivered="no",
        retry="no",
        meaning="Answer withheld or forged by policy",
        diagnosis_only=True,
    ),
    Kind(
        name="dns.bogus_address",
        layer="dns",
        delivered="no",
        retry="no",
        meaning="Answer cannot be the service (0.0.0.0, 127.0.53.53 ICANN collision, loopback/private for a public name, hosts-file entry)",
        diagnosis_only=True,
    ),
    Kind(
        name="dns.failed",
        layer="dns",
        delivered="no",
        retry="backoff",
        meaning="Any other getaddrinfo error (EAI_FAIL, FAMILY, SERVICE, ADDRFAMILY, MEMORY, SYSTEM)",
    ),
    Kind(
        name="dns.timed_out",
        layer="dns",
        delivered="no",
        retry="backoff",
        meaning="The library itself says that the name lookup timed out",
    ),
)
