"""What clusters, containers and what deploys and watches them say.

Sources: ``k8s.io/apimachinery/pkg/api/errors``, ``k8s.io/apiserver``, CoreDNS's ``plugin/errors``;
moby, containerd, ``containers/image``, docker/distribution; etcd's ``rafthttp``, hashicorp/raft,
memberlist and serf, Vault's ``api``; AWS's and Azure's SDKs for Go, Terraform's HTTP backend;
Loki's and dskit's rings; Logstash's outputs, Beats, Fluent Bit, Datadog's forwarder, Zabbix, NRPE,
Icinga; GitLab's runner, Jenkins's remoting, GitHub's API; MinIO.
"""

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    TextRule,
    says,
)

_AUTH: KindName = "http.error.auth"
_OTHER: KindName = "not_a_connection_failure"
_ANSWERS: dict[str, KindName] = {
    "401": _AUTH,
    "403": _AUTH,
    "429": "http.error.rate_limited",
    "502": "http.error.gateway",
    "503": "http.error.unavailable",
    "504": "http.error.gateway",
}
"""Statuses that programs print in words of their own."""

# Kubernetes: its server, which names a reason, what asks it, and CoreDNS.

_REASONS: dict[str, KindName] = {
    "unauthorized": _AUTH,
    "forbidden": _AUTH,
    "toomanyrequests": "http.error.rate_limited",
    "serviceunavailable": "http.error.unavailable",
    "timeout": "http.error.gateway",
    "internalerror": "http.error",
}
_ANSWERED_BY_COREDNS = r"plugin/errors: \d [^\n]{1,250}"

_KUBERNETES: list[TextRule] = [
    *[
        rule
        for reason, kind in _REASONS.items()
        for rule in says(kind, TEXT, "wait")(
            f'"reason":"{reason}"',
            f'"reason": "{reason}"',
            then=r"[^\n]{0,250}\"code\": ?[45]\d\d",
        )
    ],
    *says(_AUTH, SPECIFIC, "wait")(
        "the server has asked for the client to provide credentials", 'is forbidden: user "'
    ),
    *says(_AUTH, SENTENCE, "wait")(
        ": unauthorized", before=r"failed to (?:list|watch|get|update) [^\n]{1,120}"
    ),
    *says(_AUTH, TEXT, "wait")("unable to authenticate the request"),
    *says("http.error", PHRASE, "wait")(
        "error from server (",
        then=r"(?:NotFound|AlreadyExists|Conflict|BadRequest|Invalid|MethodNotAllowed|Gone|Expired"
        r"|NotAcceptable|RequestEntityTooLarge|UnsupportedMediaType)\)",
    ),
    *says("http.error", PHRASE, "wait")(
        "an error on the server (", then=r"[^\n]{0,250}has prevented the request"
    ),
    *says("http.error", HINT, "wait")("the server doesn't have a resource type"),
    *says("http.error", PHRASE, "wait")("the server could not find the requested resource"),
    *says("abandoned", PHRASE)("timeout or abort while handling: "),
    *says("client.local_address", TEXT)(" is in use", before=r"\bport \d{2,5}"),
    *says("http.error.gateway", SENTENCE, "wait")(
        "the server was unable to return a response in the time allotted"
    ),
    *says("http.error.unavailable", SENTENCE, "wait")(
        "no endpoints available for service",
        "metrics api not available",
        "the server is currently unable to handle the request",
    ),
    *says("unknown", HINT)("getting credentials: exec: "),
    *says("tcp.timed_out", SENTENCE, "connect")("timeout: failed to connect service"),
    *says("dns.temporary_failure", OVERRIDE, "dns")(
        "connection refused",
        "no route to host",
        "network is unreachable",
        before=_ANSWERED_BY_COREDNS,
    ),
    *says(TIMEOUT, OVERRIDE, "dns")("i/o timeout", before=_ANSWERED_BY_COREDNS),
    # cert-manager, which names first what it had expected
    *says("dns.temporary_failure", OVERRIDE, "dns")("but got 'servfail'", "but got 'refused'"),
    *says("dns.name_not_resolved", OVERRIDE, "dns")("but got 'nxdomain'"),
    # what a cluster says of what it keeps
    *says("service.rejected", TEXT, "wait")(
        "leader changed", "permission denied", before=r"etcdserver: "
    ),
]


# Containers and their registries.

_CONTAINERS: list[TextRule] = [
    *says(_AUTH, SENTENCE, "wait")('": denied', before=r"/v2/[^\n\"]{0,250}"),
    *says(_AUTH, SENTENCE, "wait")(
        "invalid username/password", before=r"(?:logging in(?:to)?|auth token)[^\n]{1,120}"
    ),
    *[
        rule
        for status, kind in _ANSWERS.items()
        for rule in says(kind, NARROWER, "wait")(f"received unexpected http status: {status}")
    ],
    # of images and of what runs here
    *says(_OTHER, SENTENCE)(
        "failed to extract layer",
        "failed to unpack image on snapshotter",
        "unexpected commit digest",
        "non-overlapping ipv4 address pool",
    ),
    *says(_OTHER, SENTENCE)(
        "error response from daemon: ",
        then=r"(?:No such (?:container|image|network|volume)|Conflict\.|client version"
        r"|(?:network|container|volume|plugin) [\w.\-]{1,80} (?:not found|is not running))",
    ),
    *says("http.error", PHRASE, "wait")(": not found", before=r"from remote"),
    # of a push that broke off, whose cause is not told
    *says("unknown", HINT)("cannot reuse body, request must be retried"),
    *says("unknown", HINT)("io: read/write on closed pipe", before=r"failed to copy: "),
]


# Stores of configuration and secrets, and what deploys by them.

_DEPLOYMENT: list[TextRule] = [
    *says("tcp.closed", PHRASE)("lost tcp streaming connection with"),
    *says("tls.closed", SENTENCE, "tls")(
        '"error":"eof"', before=r"\"rejected connection\"[^\n]{1,200}"
    ),
    *says("http.error.unavailable", NARROWER, "wait")(
        "local node not active but active cluster node not found"
    ),
    *says("tcp.timed_out.established", SENTENCE)(
        "serf: eventmemberfailed: ", "has failed, no acks received"
    ),
    *says("tcp.timed_out.established", PHRASE)("raft: failed to contact"),
    *says("http.error.rate_limited", SPECIFIC, "wait")("failed to get rate limit token"),
    *[
        rule
        for status, kind in _ANSWERS.items()
        for rule in says(kind, OVERRIDE, "wait")(f"response {status}: {status}")
    ],
    *says(_AUTH, PHRASE, "wait")("failed to acquire a token"),
    *says(_AUTH, HINT, "wait")("failed to refresh the token for request"),
    *says("tcp.reset", PHRASE)("response was nil; connection may have been reset"),
    *says(_AUTH, SENTENCE, "wait")(
        "http remote state endpoint requires auth",
        "http remote state endpoint invalid auth",
        "access key id you provided does not exist",
        "invalidaccesskeyid",
    ),
    *says(_AUTH, TEXT, "wait")("[401] unauthorized", "[403] forbidden"),
    *says("service.rejected", SENTENCE, "wait")("invalid/incorrect username/password"),
    *says(_AUTH, SENTENCE, "wait")(
        "access denied",
        before=r"(?:mc: <ERROR>|\bStat: |\bs3:|unable to open config file)[^\n]{0,200}",
    ),
    *says("http.error.unavailable", SENTENCE, "wait")("server not initialized, please try again"),
    *says("http.error", TEXT, "wait")("we encountered an internal error"),
]


# Collectors of metrics and logs, and monitoring.

_MONITORING: list[TextRule] = [
    *says("http.error.unavailable", SENTENCE, "wait")(
        "too many unhealthy instances in the ring", "live replicas required, could only find"
    ),
    *says("http.error.unavailable", TEXT, "wait")(
        "empty ring", before=r"(?:^|desc = |err(?:or)?=\"?|: )", then=r"(?:$|[\s\"',)]{1,3}$)"
    ),
    *says("http.error.rate_limited", TEXT, "wait")("too many outstanding requests"),
    *says("http.response.invalid.not_http", TEXT, "wait")("invalid version of beats protocol"),
    *says("tcp.closed", PHRASE)(
        "caused by: client is not connected", "caused by: lumberjack protocol error"
    ),
    *says("service.rejected", TEXT, "wait")(
        "the pipeline is blocked, temporary refusing new connection",
        "circuit breaker has detected a slowdown or stall in the pipeline",
    ),
    *says("unknown", HINT)("error writing to ", then=r"outputs\.\w{1,40}: could not write"),
    *says("tcp.closed", SENTENCE)("[http_client] broken connection to"),
    *says("tcp.failed", HINT, "connect")("no upstream connections available"),
    *says(TIMEOUT, TEXT, "connect")(
        "[net] connection #", then=r"\d{1,9} timeout after \d{1,6} seconds to: "
    ),
    *says("unknown", HINT)("putobject request failed", "uploadpart request failed"),
    *says("tcp.failed", PHRASE)("detached forwarding server '"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        ". regard it as unavailable", before=r"no response from [^\n]{1,120}"
    ),
    *says(TIMEOUT, TEXT, "connect")("connect_write timeout reached"),
    *says(_AUTH, SENTENCE, "wait")("api key invalid"),
    *says("tcp.timed_out", SPECIFIC, "connect")(
        "[4] interrupted system call", before=r"cannot connect to [^\n]{1,120}"
    ),
    *says("http.response.timed_out", SPECIFIC, "wait")(
        "[4] interrupted system call", before=r"zbx_tcp_read\(\) failed: "
    ),
    *says("service.rejected", SENTENCE, "wait")(
        "no active checks on server [",
        "cannot send list of active checks to",
        "rejected, allowed hosts: ",
        "connection is not allowed",
    ),
    *says("service.rejected", SENTENCE, "wait")(
        " is not allowed for host", before=r"connection of type \"\w{3,12}\""
    ),
    *says("dns.failed", SENTENCE, "dns")("(cannot resolve ["),
    *says("client.deadline_exceeded", SENTENCE)("plugin timed out after"),
    *says("unknown", TEXT)("packet loss = 100%"),
    *says("tls.failed", SENTENCE, "tls")("cannot make ssl connection"),
    *says("unknown", HINT)("is unreachable for ", before=r"zabbix agent on [^\n]{1,80} "),
    *says("http.response.invalid.empty", SENTENCE, "wait")("received 0 bytes from daemon"),
    *says("unknown", HINT)("is not connected to '", before=r"remote icinga instance [^\n]{1,80} "),
    *says("tcp.timed_out.established", SENTENCE)("no messages for identity '"),
]


# What builds and tests.

_JOBS = r"(?:Checking|Registering|Verifying|Uploading|Updating|Appending|Submitting|Downloading) "

_BUILDS: list[TextRule] = [
    *says(_AUTH, TEXT, "wait")("... forbidden", "... is not valid", before=_JOBS + r"[^\n]{1,80}"),
    *says(_AUTH, SENTENCE, "wait")("resource not accessible by integration"),
    *says("http.error.rate_limited", SPECIFIC, "wait")("exceeded a secondary rate limit"),
    *says("unknown", HINT)("hosted runner encountered an error while running your job"),
    *says("tcp.closed", SENTENCE)("is disconnected.", before=r"backing channel '[^\n]{1,120}' "),
    *says("tcp.closed", TEXT)("connection was broken: java.io"),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "incorrect acknowledgement sequence, expected"
    ),
    *says("service.rejected", PHRASE, "wait")("connectionrefusalexception"),
    *says("service.rejected", SENTENCE, "wait")("the server rejected the connection: "),
    *says("service.rejected", SENTENCE, "wait")(
        "server rejected the ", then=r"\d{1,3} private key"
    ),
    *says(TIMEOUT, SENTENCE, "connect")("the kextimeout ("),
    *says("unknown", HINT)("did not receive x-remoting-capability header"),
    *says("tcp.timed_out.established", SENTENCE)(
        "hasn't completed by", before=r"ping started at \d{1,15} "
    ),
    *says("tcp.failed", PHRASE, "connect")("is not reachable", before=r"provided port:\d{1,5} "),
]

OPERATIONS: list[TextRule] = [
    *_KUBERNETES,
    *_CONTAINERS,
    *_DEPLOYMENT,
    *_MONITORING,
    *_BUILDS,
]
