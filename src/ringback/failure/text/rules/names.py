"""What resolvers say: the system's, c-ares, dnspython, Go's, Node's, and clients about them."""

from typing import Final

from ringback.failure.clue import EXACT, SPECIFIC, UMBRELLA
from ringback.failure.codes import KIND_OF_EAI
from ringback.failure.text.rule import NARROWER, OVERRIDE, PHRASE, SENTENCE, TextRule, says
from ringback.failure.text.wording import RESOLVER_ENGLISH

NOT_RESOLVED: Final = "dns.name_not_resolved"
NO_ADDRESS: Final = "dns.no_address"
TEMPORARY: Final = "dns.temporary_failure"
TIMED_OUT: Final = "dns.timed_out"
_LOOKUP = 35
"""A lookup, no more: what is said of it elsewhere in the text outweighs it."""
_RESOLVING = r"(?:\bresolv|\bresolution|\bdns|name ?server|\blookup|\bquery[A-Z])[^\n]{0,120}"
_MUSL_FAIL = "non-recoverable error"
"""Other failures are called so as well, as those of a remote write by Prometheus."""

NAMES: list[TextRule] = [
    # gai_strerror
    *(
        rule
        for words, name in RESOLVER_ENGLISH.items()
        if words != _MUSL_FAIL
        for rule in says(KIND_OF_EAI.get(name, "dns.failed"), SPECIFIC, "dns")(words)
    ),
    *says("dns.failed", SPECIFIC, "dns")(
        _MUSL_FAIL,
        before=r"(?:resol|getaddrinfo|lookup|look up|host|gaierror|address|dns|Errno)[^\n]{0,120}",
    ),
    *says(TEMPORARY, SPECIFIC, "dns")(
        "try again",  # musl's short form
        before=r"(?:Errno -3|gaierror|getaddrinfo|resolve|EAI_AGAIN|host name)[^\n]{0,120}",
    ),
    *says(TEMPORARY, NARROWER, "dns")("host not found, try again"),
    # symbols: getaddrinfo, Node's dns module, response codes
    *says(TEMPORARY, SPECIFIC, "dns")("eai_again", "servfail"),
    *says(NOT_RESOLVED, SPECIFIC, "dns")("eai_noname", "nxdomain"),
    *says(NO_ADDRESS, SPECIFIC, "dns")("eai_nodata"),
    *says("dns.failed", phase="dns")("eai_fail"),
    *says(NOT_RESOLVED, SPECIFIC, "dns")("enotfound", before=r"\b", then=r"\b(?! in)"),
    *says(NO_ADDRESS, phase="dns")("enodata", before=r"query[A-Z]\w{0,8} "),
    *says(TEMPORARY, OVERRIDE, "dns")("econnrefused", before=r"query[A-Z]\w{0,8} "),
    *says(TIMED_OUT, SPECIFIC, "dns")("etimeout", before=r"query[A-Z]\w{0,8} "),
    *says(NOT_RESOLVED, PHRASE, "dns")("getaddrinfo failed"),
    # the name does not exist
    *says(NOT_RESOLVED, PHRASE, "dns")(
        "no such host",
        "no such domain",
        "non-existent domain",
        "domain name not found",
        "dns query name does not exist",
        "dns name does not exist",
        "server not found in dns",
        "unknown host",
        "unknown mysql server host",
        "host not found",
        "hostname could not be found",
        "could not resolve host",
        "couldn't resolve host",
        "could not resolve server name",
        "could not be resolved",
        "cannot resolve hostname",
        "cannot resolve host address",
        "unable to look up",
        "host does not exist",
        "lookup error",
        "bad address '",
        "having trouble finding that site",
        "unable to resolve host",
        "failed to resolve broker hostname",
    ),
    *says(NOT_RESOLVED, SPECIFIC, "dns")(
        "the remote name could not be resolved", "host not found in upstream"
    ),
    *says(NOT_RESOLVED, PHRASE, "dns")(
        "failed to lookup address information", then=r"(?!: (?:invalid|temporary|try))"
    ),
    # it has no address
    *says(NO_ADDRESS, SPECIFIC, "dns")(
        "answer with no data",
        "does not contain an answer to the question",
        "dns response does not contain an answer",
        "has no a record",
        "no addresses found for host",
        "no suitable address found",
    ),
    # the servers could not tell
    *says(TEMPORARY, SPECIFIC, "dns")(
        "server misbehaving",
        "all nameservers failed to answer",
        "could not contact dns servers",
        "dns server returned general failure",
        "dns server refused query",
        "dns server claims query was misformatted",
        "dns server does not implement requested operation",
        "misformatted dns reply",
        "misformatted dns query",
        "no answer from dns server",
        "lame referral",
        "cannot unmarshal dns message",
        "resolving timed out: server failure",
    ),
    *says(TEMPORARY, OVERRIDE, "dns")(
        "connection refused",
        "server misbehaving",
        # Go: it is the name server that refused, not the target
        before=r"lookup [^\n]{1,120} on [^\n]{1,60}:53: [^\n]{0,120}",
    ),
    *says(TEMPORARY, PHRASE, "dns")(
        "(timeout while",
        "(could not contact",
        before=r"could not resolve: [^\n]{1,120}",  # libgit2 and curl built with c-ares
    ),
    # they did not answer in time, as dig, host and nslookup say
    *says(TIMED_OUT, EXACT, "dns")("no servers could be reached"),
    *says(TIMED_OUT, SPECIFIC, "dns")(
        "communications error to ", then=r"[^\n]{1,80}#53: timed out"
    ),
    *says("dns.unreachable", NARROWER, "dns")(
        "communications error to ", then=r"[^\n]{1,80}#53: connection refused"
    ),
    *says(TEMPORARY, SENTENCE, "dns")("server can't find ", then=r"[^\n]{1,200}: refused"),
    *says(TIMED_OUT, SPECIFIC, "dns")(
        "resolution lifetime expired",
        "dns operation timed out",
        "timeout while contacting dns servers",
        "dns query cancelled",
        "dns resolution timed out",
        "dns lookup timed out",
        "resolving timed out",
        "name lookup timed out",
    ),
    *says(TIMED_OUT, OVERRIDE, "dns")(
        "name lookup timed out after",  # ringback.client.dial; the number is what clients look for
        before=r"\[Errno -?\d{1,5}\] ",
    ),
    *says(TIMED_OUT, SPECIFIC, "dns")("query timed out", before=_RESOLVING),
    *says(TIMED_OUT, NARROWER, "dns")(
        "i/o timeout", before=r"lookup [^\n]{1,120}(?::53\b)?[^\n]{0,80}"
    ),
    *says(TIMED_OUT, EXACT, "dns")(
        "connection timed out",
        before=r"resolving [^\n]{1,160} failed: ",  # wget 2 and systemd-resolved
    ),
    # a lookup failed; the cause may follow
    *says(NOT_RESOLVED, UMBRELLA, "dns")("dns lookup failed", "dns resolution failed"),
    *says(NOT_RESOLVED, PHRASE, "dns")("dns error: failed"),
    *says("dns.failed", _LOOKUP, "dns")(
        "failed to resolve",
        then=r"(?: the)?:? (?:['\"`(<]|host|name|addr|domain|dns|server|[\w\-]{1,63}[.:])",
    ),
    *says("dns.failed", _LOOKUP, "dns")(
        "could not translate host name",
        "name resolution failed",
        "name_resolution_failed",
        "name resolution error",
        "failed to lookup",
        "dns error",
        "error resolving",
    ),
    # name servers: BIND, Unbound, systemd-resolved, dnsmasq
    *says("dns.unreachable", OVERRIDE, "dns")(
        "connection refused resolving '",
        "network unreachable resolving '",
        "host unreachable resolving '",
    ),
    *says(TIMED_OUT, SENTENCE, "dns")("timed out resolving '"),
    *says(TEMPORARY, SENTENCE, "dns")("dnssec validation failed for question"),
    *says(TEMPORARY, SENTENCE, "dns")("validation failure <"),
    *says(TEMPORARY, PHRASE, "dns")("maximum number of concurrent dns queries reached"),
    *says("dns.failed", PHRASE, "dns")(
        "using degraded feature set ", then=r"[^\n]{1,60} for DNS server"
    ),
    # addresses of mail
    *says(NOT_RESOLVED, SENTENCE, "dns")("host unresolvable"),
    *says("dns.failed", SENTENCE, "dns")(
        "no mx found for", "no mail exchanger", "no mail-hosts for"
    ),
    *says("dns.failed", SENTENCE, "dns")("dns query failed", before=r"4\.4\.\d |SMTP|\bMX\b"),
    *says(TIMED_OUT, SENTENCE, "dns")(
        " timed out", before=r"name resolution for the name [^\n]{1,200}"
    ),
    *says("dns.failed", SENTENCE, "dns")(
        "[0] unknown error]", before=r"getaddrinfo\(\) failed [^\n]{1,120}"
    ),
]
