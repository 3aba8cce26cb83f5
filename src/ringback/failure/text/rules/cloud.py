"""What cloud SDKs and remote procedure calls say: AWS, Google, gRPC."""

from ringback.failure.reading import BARE, SPECIFIC
from ringback.failure.text.rule import BARE_TIMEOUT, HINT, Rule, say_each, says

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


def _aws(kind: str, *codes: str) -> list[Rule]:
    """The sentence of botocore with the service's error code in parentheses."""
    return [
        rule
        for code in codes
        for rule in says(kind, f"an error occurred ({code.lower()})", rank=_STATUS, phase="wait")
    ]


CLOUD: list[Rule] = [
    *_aws("http.error.auth", *_DENIED),
    *_aws("http.error.rate_limited", *_THROTTLED),
    *_aws("http.error.unavailable", *_UNAVAILABLE),
    *_aws("http.error.gateway", "502", "504"),
    *says(
        "http.error",
        "an error occurred (",
        rank=HINT,
        phase="wait",
        then=r"\w{1,60}\) when calling the",
    ),
    # gRPC: the status is an umbrella, the details name the cause
    *say_each(
        {
            "deadlineexceeded": "client.deadline_exceeded",
            "deadline_exceeded": "client.deadline_exceeded",
        },
        rank=_STATUS,
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
    *says("tcp.failed", "failed to connect to all addresses", rank=BARE_TIMEOUT, phase="connect"),
    *says(
        "tcp.timed_out",
        "failed to connect to remote host: timeout occurred",
        "fd shutdown",
        rank=SPECIFIC,
        phase="connect",
    ),
    # google-api-core retries until its own limit; the last exception follows
    *says(
        "client.deadline_exceeded",
        "exceeded, last exception",
        rank=BARE,
        before=r"timeout of [\d.]{1,10}s ",
    ),
]
