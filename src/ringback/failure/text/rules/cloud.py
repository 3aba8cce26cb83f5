"""What cloud SDKs and remote procedure calls say."""

from ringback.failure.reading import GENERIC, SPECIFIC, TIMEOUT
from ringback.failure.text.rule import Rule, says

RULES: list[Rule] = [
    *says("unknown", "could not connect to the endpoint url", rank=GENERIC + 5, phase="connect"),
    *says(TIMEOUT, "connect timeout on endpoint url", rank=SPECIFIC, phase="connect"),
    *says(TIMEOUT, "read timeout on endpoint url", rank=SPECIFIC, phase="wait"),
    *says(
        "http.error",
        "an error occurred (",
        rank=35,
        phase="wait",
        around=r"An error occurred \((?:Internal\w{0,40}|\w{0,40}Exception|\w{1,40})\) when calling the",
    ),
    *says(
        "http.error.auth",
        "an error occurred (",
        rank=60,
        phase="wait",
        around=r"An error occurred \((?:AccessDenied\w{0,20}|UnauthorizedOperation|InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken\w{0,20}|InvalidAccessKeyId|UnrecognizedClientException|AuthFailure|403|401|Forbidden)\)",
    ),
    *says(
        "http.error.rate_limited",
        "an error occurred (",
        rank=62,
        phase="wait",
        around=r"An error occurred \((?:Throttling\w{0,20}|SlowDown|RequestLimitExceeded|TooManyRequests\w{0,20}|ProvisionedThroughputExceeded\w{0,20}|429)\)",
    ),
    *says(
        "http.error.unavailable",
        "an error occurred (",
        rank=62,
        phase="wait",
        around=r"An error occurred \((?:ServiceUnavailable\w{0,20}|503)\)",
    ),
    # gRPC: the status is an umbrella, the details name the cause
    *says("tcp.failed", "failed to connect to all addresses", rank=GENERIC + 2, phase="connect"),
    *says("unknown", "statuscode.unavailable", "status = unavailable", rank=6),
    *says(
        "client.deadline_exceeded",
        "statuscode.deadline_exceeded",
        "deadlineexceeded",
        "deadline_exceeded",
        rank=62,
    ),
    *says(
        "http.error.auth",
        "statuscode.unauthenticated",
        "statuscode.permission_denied",
        rank=62,
        phase="wait",
    ),
    *says("http.error.rate_limited", "statuscode.resource_exhausted", rank=62, phase="wait"),
    *says(
        "tcp.closed",
        "socket closed",
        rank=50,
        around=r"(?:grpc|rpc|StatusCode|details|UNAVAILABLE)[^\n]{0,200}socket closed",
    ),
    *says(
        "tcp.timed_out",
        "failed to connect to remote host: timeout occurred",
        "fd shutdown",
        rank=SPECIFIC,
        phase="connect",
        around=r"timeout occurred: FD Shutdown|remote host: timeout|FD Shutdown",
    ),
    *says("tcp.timed_out.established", "keepalive watchdog timeout", rank=SPECIFIC),
    *says(
        "h2.protocol.error", "received http2 header with status", "too_many_pings", rank=SPECIFIC
    ),
    *says("abandoned", "statuscode.cancelled", rank=50),
    *says(
        "client.deadline_exceeded",
        "exceeded, last exception",
        rank=12,
        around=r"timeout of [\d.]{1,10}s exceeded",
    ),
]
