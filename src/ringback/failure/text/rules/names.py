"""What resolvers say."""

from ringback.failure.codes.resolver import KIND_OF_NAME
from ringback.failure.codes.wording import RESOLVER
from ringback.failure.reading import EXACT, GENERIC, SPECIFIC, TEXT
from ringback.failure.text.rule import Rule, says

NOT_RESOLVED = "dns.name_not_resolved"
NO_ADDRESS = "dns.no_address"
TEMPORARY = "dns.temporary_failure"
TIMED_OUT = "dns.timed_out"

RULES: list[Rule] = [
    *(
        rule
        for words, name in RESOLVER.items()
        for rule in says(KIND_OF_NAME.get(name, "dns.failed"), words, rank=SPECIFIC, phase="dns")
    ),
    # glibc's and musl's short forms say something only beside a number or a resolver
    *says(
        TEMPORARY,
        "try again",
        rank=SPECIFIC,
        phase="dns",
        around=r"(?:Errno -3|gaierror|getaddrinfo|resolve|EAI_AGAIN|translate host name)[^\n]{0,120}try again",
    ),
    *says(TEMPORARY, "eai_again", "servfail", phase="dns", rank=SPECIFIC),
    *says(NOT_RESOLVED, "eai_noname", phase="dns", rank=SPECIFIC),
    *says(NO_ADDRESS, "eai_nodata", phase="dns", rank=SPECIFIC),
    *says("dns.failed", "eai_fail", phase="dns"),
    *says(NOT_RESOLVED, "enotfound", phase="dns", rank=SPECIFIC, around=r"\bENOTFOUND\b(?! in)"),
    *says(NO_ADDRESS, "enodata", phase="dns", around=r"query[A-Z]\w{0,8} ENODATA"),
    *says(NOT_RESOLVED, "getaddrinfo failed", phase="dns", rank=50),
    *says(
        NOT_RESOLVED,
        "nxdomain",
        "no such host",
        "no such domain",
        "non-existent domain",
        "unknown mysql server host",
        "domain name not found",
        "dns query name does not exist",
        "could not resolve host",
        "couldn't resolve host",
        "could not resolve hostname",
        "unable to resolve host",
        "failed to resolve broker hostname",
        "the remote name could not be resolved",
        "could not resolve server name",
        "could not be resolved",
        "cannot resolve hostname",
        "unable to resolve hostname",
        "unknown host",
        "host not found",
        "hostname could not be found",
        "server not found in dns",
        "server with the specified hostname could not be found",
        "dns_probe_finished_nxdomain",
        "dns name does not exist",
        phase="dns",
        rank=55,
    ),
    *says(
        NOT_RESOLVED,
        "failed to lookup address information",
        phase="dns",
        rank=55,
        around=r"failed to lookup address information(?!: (?:invalid|temporary|try))",
    ),
    *says(
        NO_ADDRESS,
        "answer with no data",
        "does not contain an answer to the question",
        "dns response does not contain an answer",
        "has no a record",
        "no addresses found for host",
        phase="dns",
        rank=SPECIFIC,
    ),
    *says(
        TEMPORARY,
        "server misbehaving",
        "all nameservers failed to answer",
        "could not contact dns servers",
        "dns server returned general failure",
        "dns server refused query",
        "temporary failure in name",
        "resolving timed out: server failure",
        phase="dns",
        rank=SPECIFIC,
    ),
    *says(
        TIMED_OUT,
        "resolution lifetime expired",
        "dns operation timed out",
        "timeout while contacting dns servers",
        "dns query cancelled",
        "dns resolution timed out",
        "dns lookup timed out",
        "resolving timed out",
        "name lookup timed out",
        "query timed out",
        phase="dns",
        rank=SPECIFIC,
        around=r"(?:resol|dns|name|lookup|nameserver)[^\n]{0,120}(?:expired|timed out|cancel|timeout)|timeout while contacting dns",
    ),
    *says(
        TIMED_OUT,
        "i/o timeout",
        phase="dns",
        rank=SPECIFIC + 5,
        around=r"lookup [^\n]{1,120}(?::53\b)?[^\n]{0,80}i/o timeout",
    ),
    *says(
        TEMPORARY,
        "connection refused",
        "server misbehaving",
        phase="dns",
        rank=EXACT + 1,
        around=r"lookup [^\n]{1,120} on [^\n]{1,60}:53: [^\n]{0,120}connection refused",
    ),
    *says(
        TIMED_OUT,
        "connection timed out",
        phase="dns",
        rank=EXACT,
        around=r"resolving [^\n]{1,160} failed: connection timed out",
    ),
    *says(
        "dns.failed",
        "failed to resolve",
        "could not translate host name",
        "dns resolution failed",
        "name resolution failed",
        "name resolution error",
        "dns lookup failed",
        "failed to lookup",
        "dns error",
        "error resolving",
        "name_resolution_failed",
        rank=GENERIC + 15,
        phase="dns",
    ),
    *says(
        NOT_RESOLVED,
        "dns lookup failed",
        "dns resolution failed",
        "dns error",
        phase="dns",
        rank=TEXT - 20,
        around=r"DNS lookup failed|DNS resolution failed|dns error: failed",
    ),
]
