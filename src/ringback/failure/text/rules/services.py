"""What cloud SDKs and remote procedure calls say: AWS, Google, gRPC; what all services share."""

from typing import Final

from ringback.failure.clue import BARE, SPECIFIC, TIMEOUT
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    BARE_TIMEOUT,
    HINT,
    PHRASE,
    SENTENCE,
    TextRule,
    say_each,
    says,
)

REJECTED: Final = "service.rejected"

SYSTEM_NUMBERS: dict[str, KindName] = {
    "(?:111|79|10061)": "tcp.refused",
    "(?:104|73|10054)": "tcp.reset",
    "(?:110|78|10060)": "tcp.timed_out",
    "(?:113|81|10065)": "tcp.address_unreachable.host",
    "(?:101|70|10051)": "tcp.address_unreachable.network",
    "(?:32|0)": "tcp.closed",
}
"""Of Linux, AIX and Windows, as Db2 and IBM MQ show them."""

_STATUS = 62
"""The status of a call; a library's sentence in its details outweighs it."""
_DENIED = (
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "Forbidden",
    "401",
    "403",
)
_THROTTLED = (
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "SlowDown",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "429",
)
_UNAVAILABLE = ("ServiceUnavailable", "ServiceUnavailableException", "503")


def _aws(kind: KindName, *codes: str) -> list[TextRule]:
    """The sentence of botocore with the service's error code in parentheses."""
    return [
        rule
        for code in codes
        for rule in says(kind, _STATUS, "wait")(f"an error occurred ({code.lower()})")
    ]


CLOUD: list[TextRule] = [
    *_aws("http.error.auth", *_DENIED),
    *_aws("http.error.rate_limited", *_THROTTLED),
    *_aws("http.error.unavailable", *_UNAVAILABLE),
    *_aws("http.error.gateway", "502", "504"),
    *_aws("http.error", "408", "425"),
    *says("http.error", HINT, "wait")("an error occurred (", then=r"\w{1,60}\) when calling the"),
    # Thrift
    *says("tcp.closed", SENTENCE)(
        "tsocket read 0 bytes", "ttransportexception: no more data to read"
    ),
    *says(TIMEOUT, SENTENCE, "wait")(
        "tsocket: timed out reading", "eagain (timed out)", "thrift eagain"
    ),
    *says("tcp.failed", PHRASE, "connect")("could not connect to any of ["),
    *says("http.response.invalid.not_http", PHRASE, "wait")(
        "version in readmessagebegin", "negative frame size", "larger than max length", before=r"\b"
    ),
    # gRPC: the status is an umbrella, the details name the cause
    *say_each(
        {
            "deadlineexceeded": "client.deadline_exceeded",
            "deadline_exceeded": "client.deadline_exceeded",
        },
        rank=_STATUS,
        then=r"(?! desc = latest balancer error)",  # that says why it waited
    ),
    *say_each(
        {
            "statuscode.unauthenticated": "http.error.auth",
            "statuscode.permission_denied": "http.error.auth",
            "statuscode.resource_exhausted": "http.error.rate_limited",
        },
        rank=_STATUS,
        phase="wait",
    ),
    *say_each(
        {
            "code = unauthenticated": "http.error.auth",
            "code = permissiondenied": "http.error.auth",
            "code = resourceexhausted": "http.error.rate_limited",
            "statusruntimeexception: unauthenticated": "http.error.auth",
            "statusruntimeexception: permission_denied": "http.error.auth",
        },
        rank=_STATUS,
        phase="wait",
    ),
    *says("abandoned", PHRASE)("code = canceled"),
    *says("h2.protocol.error", SPECIFIC, "wait")("stream terminated by rst_stream"),
    # Azure
    *says("http.error.auth", SENTENCE, "wait")(
        "this request is not authorized to perform this operation"
    ),
    *says("http.error.unavailable", SENTENCE, "wait")("serverbusy: the server is busy"),
    *says("tcp.failed", BARE_TIMEOUT, "connect")("failed to connect to all addresses"),
    *says("tcp.timed_out", SPECIFIC, "connect")(
        "failed to connect to remote host: timeout occurred", "fd shutdown"
    ),
    # google-api-core retries until its own limit; the last exception follows
    *says("client.deadline_exceeded", BARE)(
        "exceeded, last exception", before=r"timeout of [\d.]{1,10}s "
    ),
]
