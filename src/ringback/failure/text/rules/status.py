"""HTTP statuses as clients and services report them. The number decides the kind."""

from ringback.failure.reading import EXACT, SPECIFIC
from ringback.failure.text.rule import Rule, says

_REPORTED = (
    r"(?:HTTP(?:/\d(?:\.\d)?| Error|Error:?| status(?: code)?:?| response(?: code)?:?| code:?| returned| request failed:?| failed:?)?[ :=(]{1,3}"
    r"|status(?:[ _]?code)?['\"]?[ :=(]{1,3}(?:is )?|Error code[: ]{1,2}|Client error '|Server error '|status line '|returned error: "
    r"|rejected WebSocket connection: HTTP |Handshake status |Unexpected response code:? |ResponseCode: |response code(?: said error)?:? "
    r"|too many |message='[^'\n]{0,40}', status=|responded with(?: a status of)? |StatusCode\.|responded with status code |exit status |got status:? |Got HTTP |RPC failed; HTTP "
    r"|returned (?:a |an )?(?:status |error )?(?:code )?|failed with status(?: code)? |error:? |Error |\(|^|: )"
    r"(?:%s)(?:[ '\"),.:;<]|$)"
)
_STRICT = (
    r"(?:HTTP(?:/\d(?:\.\d)?| Error|Error:?| status(?: code)?:?| response(?: code)?:?| code:?| returned| request failed:?)?[ :=(]{1,3}"
    r"|status(?:[ _]?code)?['\"]?[ :=(]{1,3}(?:is )?|Error code[: ]{1,2}|Client error '|Server error '|returned error: "
    r"|Handshake status |response code:? |Unexpected response code:? |message='[^'\n]{0,40}', status=|responded with(?: a status of)? "
    r"|responded with status code |got status:? |RPC failed; HTTP |Error: |(?:Transport|Authori[sz]ation|Authentication|NotFound|Request|Conflict|Api)(?:Error|Exception)\()"
)


def _status(kind: str, numbers: tuple[str, ...], *phrases: str) -> list[Rule]:
    strict = _STRICT + rf"(?:{'|'.join(numbers)})\b"
    named = rf"\b(?:{'|'.join(numbers)})[ :,'\"\-]{{1,4}}(?:{'|'.join(phrases)})"
    rules = says(kind, *numbers, rank=SPECIFIC - 25, phase="wait", around=strict)
    if phrases:
        rules += says(kind, *numbers, rank=SPECIFIC - 24, phase="wait", around=named)
        rules += says(
            kind,
            *numbers,
            rank=SPECIFIC - 2,
            phase="wait",
            around=rf"(?:Error|Exception|error|failed)\b[^\n]{{0,60}}?(?:{'|'.join(numbers)})[ :,'\"\-]{{1,4}}(?:{'|'.join(phrases)})",
        )
    return rules


RULES: list[Rule] = [
    *_status("http.error.auth", ("401", "403"), "unauthorized", "forbidden", "access denied"),
    *_status(
        "http.error.rate_limited",
        ("429",),
        "too many requests",
        "resource_?exhausted",
        "rate limit",
    ),
    *_status(
        "http.error.unavailable",
        ("503", "529"),
        "service unavailable",
        "service temporarily unavailable",
        "overloaded",
    ),
    *_status(
        "http.error.gateway",
        ("502", "504", "520", "521", "522", "523", "524", "525", "526"),
        "bad gateway",
        "gateway time-?out",
        "proxy error",
        "web server is down",
    ),
    *_status("http.error.captive_portal", ("511",), "network authentication required"),
    *_status(
        "http.error",
        (
            "400",
            "404",
            "405",
            "406",
            "408",
            "409",
            "410",
            "411",
            "412",
            "413",
            "415",
            "421",
            "422",
            "500",
            "501",
            "505",
            "507",
        ),
        "bad request",
        "not found",
        "method not allowed",
        "request timeout",
        "conflict",
        "gone",
        "payload too large",
        "request entity too large",
        "unsupported media type",
        "unprocessable (?:entity|content)",
        "internal server error",
        "not implemented",
    ),
    *says(
        "http.error.auth",
        "authentication required",
        rank=50,
        phase="wait",
        around=r"unauthorized: authentication required",
    ),
    *says("http.error.unavailable", "too many 503 error responses", rank=EXACT, phase="wait"),
    *says("http.error.rate_limited", "too many 429 error responses", rank=EXACT, phase="wait"),
    *says(
        "http.error.gateway",
        "too many 502 error responses",
        "too many 504 error responses",
        rank=EXACT,
        phase="wait",
    ),
    *says("http.error", "too many 500 error responses", rank=EXACT, phase="wait"),
    *says(
        "http.error.rate_limited",
        "ratelimiterror",
        "rate limit exceeded",
        "rate limit reached",
        "you exceeded your current quota",
        "too many requests",
        "ratelimited",
        "rate_limit_exceeded",
        "throttlingexception",
        "(throttling)",
        "rate exceeded",
        "reduce your request rate",
        "flood control exceeded",
        "requests per minute",
        "toomanyrequests",
        "requestlimitexceeded",
        "resource_exhausted",
        "slow down",
        "slowdown",
        rank=SPECIFIC - 20,
        phase="wait",
        around=r"RateLimitError|rate limit (?:exceeded|reached)|exceeded your current quota|too many requests|ratelimited|rate_limit_exceeded"
        r"|throttling|rate exceeded|reduce your request rate|flood control|requests per minute|RequestLimitExceeded|RESOURCE_EXHAUSTED|\(SlowDown\)|slow down",
    ),
    *says(
        "http.error.unavailable",
        "service unavailable",
        "service temporarily unavailable",
        "serviceunavailable",
        "overloaded_error",
        "internalserverexception",
        rank=45,
        phase="wait",
        around=r"(?:503|error|exception|failed)[^\n]{0,80}service (?:temporarily )?unavailable|ServiceUnavailable(?:Exception|Error)|overloaded_error",
    ),
    *says(
        "http.error.gateway",
        "bad gateway",
        "gateway timeout",
        "gateway time-out",
        rank=45,
        phase="wait",
        around=r"(?:50[24]|error|<title>|<h1>)[^\n]{0,60}(?:bad gateway|gateway time)",
    ),
]
