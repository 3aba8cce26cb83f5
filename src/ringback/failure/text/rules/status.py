"""HTTP statuses as clients and services report them. The number decides the kind."""

from ringback.failure.clue import EXACT, TEXT, UMBRELLA
from ringback.failure.names import KindName
from ringback.failure.text.rule import HINT, PHRASE, SENTENCE, TextRule, says

_REPORTED = 55
"""A number after words that report a status."""
_RAISED = 78
"""A number with its phrase after the word "error": nothing else was the matter."""
_REPORT = (
    r"(?:HTTP(?:/\d(?:\.\d)?| Error|Error:?| status(?: code)?:?| response(?: code)?:?| code:?"
    r"| returned| request failed:?)?[ :=(]{1,3}"
    r"|status(?:[ _-]?code)?['\"]?[ :=(]{1,3}(?:is )?|Error code[: ]{1,2}|got status:? |Error: "
    r"|(?:Client|Server) error '|returned error: |responded with(?: a status of| status code)? "
    r"|Handshake status |(?:Unexpected )?response code:? |message='[^'\n]{0,40}', status="
    r"|googleapi: Error |Unexpected server response: |npm (?:ERR!|error) code E"
    r"|URL: [A-Z]{3,6} [^ \n]{1,200} Code: |returned an error: \("
    r"|does not indicate success: (?:[A-Z]\w{2,30} \()?"
    r"|RPC failed; HTTP |(?:Transport|Authori[sz]ation|Authentication|NotFound|Request|Conflict"
    r"|Api)(?:Error|Exception)\()"
)
_BEFORE = (
    "was unacceptable: ",
    "unacceptablestatuscode(code: ",
    "has a status code of ",
    "http status error [",
    "returned status code '",
    "exceptions.statuserror(",
    ":unexpected_status, ",
    "err_pnpm_fetch_",
    "200 response: got ",
    "unexpected server response (",
)
"""What stands right before a number in one client each; a plain search finds both."""
_USUAL = frozenset({"400", "401", "403", "404", "422", "429", "500", "502", "503", "504"})
_RAISING = r"(?:Error|Exception|failed)\b[^\n]{0,60}"
_REQUESTS = r" (?:Client|Server) Error: "
_NO_WORD = r"[ :,'\"\-]{1,4}"

_BRACKETED: dict[KindName, str] = {
    "http.error.auth": "(?<=4)0[13]",
    "http.error.rate_limited": "(?<=4)29",
    "http.error.unavailable": "(?<=5)03",
    "http.error.gateway": "(?<=5)0[24]",
    "http.error": "(?:(?<=4)(?:0[02-9]|1\\d)|(?<=5)0[01])",
}


_BEGUN = (
    "code received from server: ",  # gRPC
    "status code from registry ",
    "got response code '",  # Logstash
    "to elasticsearch. {:status=>",
    "unexpected http response (",  # restic
    "responsestatus=",
    "responseerror: code=",  # gcloud
    "wrong status code '",  # cert-manager
    "returned when scraping: ",  # vmagent
    "code from the remote storage: ",
)
"""What a number follows at once, and seldom stands in a text."""


def _status(kind: KindName, numbers: tuple[str, ...], phrases: str) -> list[TextRule]:
    named = rf"{_NO_WORD}(?:{phrases})"
    any_of = rf"(?:{'|'.join(numbers)})"
    return [
        *says(kind, _REPORTED, "wait")(*_BEGUN, then=rf"{any_of}\b"),
        # Vault
        *says(kind, _REPORTED, "wait")(
            *(
                f"code: {number}. {said}:"
                for number in numbers
                for said in ("errors", "raw message")
            )
        ),
        *says(kind, _REPORTED, "wait")(*numbers, before=_REPORT, then=r"\b"),
        *says(kind, _REPORTED, "wait")(
            *(before + number for before in _BEFORE for number in numbers if number in _USUAL),
            then=r"\b",
        ),
        *says(kind, _REPORTED, "wait")(*numbers, before=r"\b", then=named),
        *says(kind, _RAISED, "wait")(*numbers, before=_RAISING, then=named),
        *says(kind, _RAISED, "wait")(*numbers, before=r"\b", then=_REQUESTS),
    ]


STATUS: list[TextRule] = [
    *_status("http.error.auth", ("401", "403"), "unauthorized|forbidden|access denied"),
    *_status(
        "http.error.rate_limited", ("429",), "too many requests|resource_?exhausted|rate limit"
    ),
    *_status(
        "http.error.unavailable",
        ("503", "529"),
        "service unavailable|service temporarily unavailable|overloaded",
    ),
    *_status(
        "http.error.gateway",
        ("502", "504", "520", "521", "522", "523", "524", "525", "526"),
        "bad gateway|gateway time-?out|proxy error|web server is down",
    ),
    *_status("http.error.captive_portal", ("511",), "network authentication required"),
    *_status(
        "http.error",
        (*map(str, (400, 404, 405, 406, 408, 409, 410, 411, 412, 413, 415, 421, 422, 425)),),
        "bad request|not found|method not allowed|request timeout|conflict|gone|payload too large"
        "|request entity too large|unsupported media type|unprocessable (?:entity|content)"
        "|too early",
    ),
    *_status("http.error", ("500", "501", "505", "507"), "internal server error|not implemented"),
    # urllib3's and requests' retries of statuses
    *says("http.error.unavailable", EXACT, "wait")("too many 503 error responses"),
    *says("http.error.rate_limited", EXACT, "wait")("too many 429 error responses"),
    *says("http.error.gateway", EXACT, "wait")(
        "too many 502 error responses", "too many 504 error responses"
    ),
    *says("http.error", EXACT, "wait")("too many 500 error responses"),
    *says("http.error", UMBRELLA, "wait")("requested url returned error"),
    # phrases without the number
    *says("http.error.auth", PHRASE, "wait")("unauthorized: authentication required"),
    *says("http.error.rate_limited", TEXT, "wait")(
        "ratelimiterror",
        "ratelimited",
        "rate limit exceeded",
        "rate limit reached",
        "rate_limit_exceeded",
        "rate exceeded",
        "throttlingexception",
        "(throttling)",
        "requestlimitexceeded",
        "resource_exhausted",
        "too many requests",
        "requests per minute",
        "reduce your request rate",
        "you exceeded your current quota",
        "flood control exceeded",
        "(slowdown)",
    ),
    *says("http.error.rate_limited", TEXT, "wait")(
        "slow down", before=r"(?:429|503|too many|rate|request)[^\n]{0,80}"
    ),
    *says("http.error.unavailable", PHRASE, "wait")(
        "serviceunavailableexception", "serviceunavailableerror", "overloaded_error"
    ),
    *says("http.error.unavailable", PHRASE, "wait")(
        "service unavailable",
        "service temporarily unavailable",
        before=r"(?:503|error|exception|failed)[^\n]{0,80}",
    ),
    *says("http.error.gateway", PHRASE, "wait")(
        "bad gateway",
        "gateway timeout",
        "gateway time-out",
        before=r"(?:50[24]|error|<title>|<h1>)[^\n]{0,60}",
    ),
    # what an answer says of who asked; elsewhere these words may stand of something else
    *says("http.error.auth", HINT, "wait")(
        "unauthorized", before=r"(?:[:=] ?\"?|^|\berror )", then=r"(?:: |\s{0,3}$|[\",)}]|\. | to )"
    ),
    *says("http.error.auth", TEXT, "wait")("accessdeniedexception", before=r"(?<!class )"),
    *says("http.error.auth", SENTENCE, "wait")("aadsts", then=r"\d{4,7}\b"),
    *says("http.error.auth", TEXT, "wait")(
        "(authorizationfailed)",
        ") permission_denied: ",
        "token has expired",
        "token is expired",
        "error when retrieving token from sso",
        "the sso session associated with this profile has expired",
        "bad credentials",
        "error='accessdenied'",
        "unrecognizedclientexception",
        "signaturedoesnotmatch",
        "unauthorizedoperation",
        "missing api key found in request",
        "invalid api key in request",
        "you cannot consume this service",
        "your ip address is not allowed",
        "unable to validate api key",
    ),
    *says("http.error.rate_limited", TEXT, "wait")("(toomanyrequests)"),
    *says("http.error", TEXT, "wait")(
        "(resourcenotfound)",
        "(resourcegroupnotfound)",
        "the specified bucket does not exist",
        "nosuchbucket:",
        "nosuchkey:",
    ),
    # Elasticsearch's clients name the status in brackets
    *[
        rule
        for kind, statuses in _BRACKETED.items()
        for rule in says(kind, _REPORTED, "wait")(
            ": [4", ": [5", before=r"cluster \([^\n]{1,150}\)", then=rf"(?:{statuses})\]"
        )
    ],
    # OAuth's answers (RFC 6749 section 5.2)
    *says("http.error.auth", SENTENCE, "wait")(
        "invalid_grant", "unauthorized_client", before=r"\b"
    ),
]
