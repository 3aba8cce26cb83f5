"""What version control, package managers and clients of directories say: Git, apt, Maven and more.

Said by: Git's ``remote-curl.c``, ``connect.c`` and ``pkt-line.c``; GitLab's ``internal_api``; Git
LFS's ``errors``; Subversion's ``svn_error_codes.h``; Mercurial's ``error.py``; aria2's
``error_code.h``; apk-tools's ``print.c``; libdnf; Bundler's ``fetcher.rb``; Maven's resolver.
"""

from typing import Final

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    say_each,
    says,
)

REJECTED: Final = "service.rejected"
OTHER: Final = "not_a_connection_failure"

_GIT: list[TextRule] = [
    *says(REJECTED, SENTENCE, "wait")(
        "error: repository not found",
        "remote error: access denied",
        "remote error: service not enabled",
        "remote error: the unauthenticated git protocol",
        "make sure you have the correct access rights",
        "you don't have permission to view it",
    ),
    *says(OTHER, OVERRIDE)(
        "remote: error: gh0",  # GitHub's rules for what may be pushed
        "to push code to protected branches",
        "pre-receive hook declined",
        "push creates new remote head",
        "refusing to merge unrelated histories",
    ),
    *says("http.error.auth", SENTENCE, "wait")(
        "terminal prompts disabled", "could not read username for", "could not read password for"
    ),
    *says("tcp.closed", SENTENCE)("hung up upon initial contact"),
    *says("http.response.unexpected_content", SENTENCE, "wait")(
        "protocol error: bad line length", "did you run git update-server-info"
    ),
    *says("http.response.unexpected_content", TEXT, "wait")(
        "unexpected error: invalid packet", "not valid: is this a git repository?"
    ),
    *says("http.error", SENTENCE, "wait")("this repository is over its data quota"),
    *says("http.error.auth", SENTENCE, "wait")(
        "... forbidden", before=r"(?:Checking for jobs|Registering runner|Verifying runner)"
    ),
    *says("http.error.unavailable", SENTENCE, "wait")(
        "the gitlab server is currently unavailable", "internal api unreachable"
    ),
    *says("http.error.gateway", SENTENCE, "wait")("gitlab is taking too much time to respond"),
    *says("http.error.gateway", SENTENCE, "wait")(
        "(502)", "(504)", before=r"[Ss]erver error: https?://[^\s\n]{1,200}\s{1,3}"
    ),
    *says("http.error", TEXT, "wait")(
        "could not resolve to a ", then=r"(?:Repository|User|PullRequest|Issue|node)\b"
    ),
    # Subversion, Mercurial
    *says("http.response.invalid.content_length_mismatch", VERDICT, "body")(
        "server sent a truncated http response body"
    ),
    *says("tls.failed", PHRASE, "tls")("error occurred during ssl communication"),
    *says("http.error.auth", SENTENCE, "wait")("abort: authorization failed"),
    *says("unknown", PHRASE)("no suitable response from remote hg"),
    *says("tcp.failed", HINT)("error connecting to api.github.com"),
]

_APK: dict[str, ClueKind] = {
    "network error (check internet connection": "tcp.failed",
    "remote server returned error (try": "http.error",
    "dns: name does not exist": "dns.name_not_resolved",
    "dns: transient error": "dns.temporary_failure",
    "tls: server certificate not trusted": "tls.cert.authority_invalid.unknown_issuer",
    "ssl_client: failed": "tls.failed",
}
_ARIA2: dict[int, ClueKind] = {
    3: "http.error",
    5: "http.response.body_timed_out",
    8: "http.error",
    21: "tcp.failed",
    23: "http.response.redirect_loop",
    24: "http.error.auth",
    29: "http.error.unavailable",
}
"""Codes of aria2 that mean one thing, with which a download ends."""

_PACKAGES: list[TextRule] = [
    *say_each(_APK, SENTENCE),
    *[
        rule
        for code, kind in _ARIA2.items()
        for rule in says(kind, OVERRIDE)(f"errorcode={code} ", then=r"(?!URI=)")
    ],
    *says(TIMEOUT, TEXT)("timeout.", before=r"errorCode=2 [^\n]{0,200}\s{0,8}-> [^\n]{0,160}"),
    *says("tcp.closed", TEXT)("got eof from the server"),
    *says(TIMEOUT, SENTENCE, "wait")("the timeout specified has expired (70007)"),
    *says("tls.failed", PHRASE, "tls")("tls connect failed", before=r"ssl_client: [^\n]{1,120}"),
    *says("tcp.timed_out", SENTENCE, "connect")("dial: i/o timeout"),
    *says("http.error.auth", OVERRIDE, "wait")(
        "authentication failed for http", then=r"[^\n]{1,200}401"
    ),
    *says("http.error.auth", SENTENCE, "wait")(
        "not authorized , reasonphrase", "please supply credentials for this source"
    ),
    *says("http.error.auth", TEXT, "wait")(
        ": unauthorized", before=r"Head \"https?://[^\n]{1,200}"
    ),
    *says("http.error", TEXT, "wait")("return code is: ", then=r"(?:4\d\d|50[015])\b"),
    *says("dns.failed", PHRASE, "dns")(
        "could not get '", then=r"https?://([\w.\-]{1,120})[/'][^\n]{0,250}?'\. \1(?: |$)"
    ),
    *says(TIMEOUT, SENTENCE, "wait")("failed: timeout (", then=r"\d{1,7}ms\)"),
    *says(OTHER, OVERRIDE)(
        "could not find artifact",
        "checksum mismatch",
        "hash sum mismatch",
        "no matching distribution found",
        "unable to locate package",
        "unable to select packages",
        "no matching package named",
    ),
    *says("tcp.failed", PHRASE)("unable to contact snap store", "failed when opening source(s)"),
    *says("http.response.invalid.content_length_mismatch", SENTENCE, "body")(
        "content too short (expected", "bytes of body are still expected"
    ),
    *says("http.response.unexpected_content", SENTENCE, "body")(
        "tracker returned null data", "could not parse bencoded data"
    ),
    *says("tcp.closed", SENTENCE)("request was aborted: the connection was closed"),
    *says("tcp.failed", PHRASE)("trouble with your network connection"),
    *says("unknown", PHRASE)(
        "all mirrors were tried",
        "could not reach host ",
        "(download library error)",
        "in attempting to update the source",
    ),
    *says("http.protocol.error", SENTENCE, "wait")(
        "bad header line [ip: ", "bad header data [ip: "
    ),
    *says("dns.name_not_resolved", TEXT, "dns")(
        "could not resolve '",
        before=r"Failed to fetch [^\n]{1,250}\s{1,3}",
        then=r"[\w.\-]{1,255}'",
    ),
    *says("http.error", SENTENCE, "wait")("' not found on medium '"),
    *says("tls.cert.pinned_key_not_in_cert_chain", SENTENCE, "tls")(
        "0x8a15005e", "server certificate did not match any of the expected"
    ),
    *says("tls.failed", HINT, "tls")("condasslerror"),
    *says("dns.name_not_resolved", SENTENCE, "dns")(
        "no such name", before=r"Unable to download data from [^\n]{1,120} - "
    ),
    *says("http.response.invalid.empty", TEXT, "wait")(
        " failed to respond", before=r"response message: [\w.\-]{1,120}:\d{1,5}"
    ),
    *says(OTHER, OVERRIDE)("no_pubkey", "signatures couldn't be verified"),
    # what curl writes for 7 where it knows no more
    *says("tcp.refused", SENTENCE, "connect")(
        "couldn't connect to server",
        "could not connect to server",
        before=r"after \d{1,3} ms: ",
    ),
]

# ``wget``, ``ab``, ``wrk``: what was measured, which is no failure by itself
_MEASURED: list[TextRule] = [
    *says(OTHER, SENTENCE)("connect 0, read 0, write 0, timeout 0"),
]

SOURCES: list[TextRule] = [*_GIT, *_PACKAGES, *_MEASURED]


_SVN: dict[str, KindName] = {
    "e170001": "service.rejected",
    "e175013": "http.error.auth",
    "e175015": "http.error",
    "e175011": "http.error",
    "e215004": "service.rejected",
    "e210002": "tcp.closed",
    "e120106": "http.response.invalid.not_http",
    "e230001": "tls.cert.invalid",
    "e180001": "not_a_connection_failure",
}

_WGET: dict[str, KindName] = {
    "has expired": "tls.cert.date_invalid.expired",
    "has been revoked": "tls.cert.revoked",
    "is not yet activated": "tls.cert.date_invalid.not_yet_valid",
}

PACKAGES: list[TextRule] = [
    *say_each({f"svn: {code}": kind for code, kind in _SVN.items()}, rank=SPECIFIC, phase="wait"),
    # Subversion by serf: why, behind the code; an issuer that is not trusted is often there as well
    *say_each(
        {
            "certificate issued for a different hostname": "tls.cert.name_invalid",
            "certificate has expired": "tls.cert.date_invalid.expired",
            "certificate is not yet valid": "tls.cert.date_invalid.not_yet_valid",
        },
        rank=NARROWER,
        phase="tls",
        before=r"Server SSL certificate verification failed: [^\n]{0,120}",
    ),
    *says("tls.cert.authority_invalid.unknown_issuer", SPECIFIC + 1, "tls")(
        "issuer is not trusted",
        before=r"Server SSL certificate verification failed: [^\n]{0,120}",
    ),
    # apk tells no more than this, mostly of a lookup
    *says("dns.temporary_failure", HINT, "dns")("temporary error (try again later)"),
    *says("tls.failed", PHRASE, "tls")("unable to establish ssl connection"),
    # wget
    *says("tls.cert.name_invalid", SPECIFIC, "tls")(
        "no certificate subject alternative name matches"
    ),
    *says("tls.cert.authority_invalid.unknown_issuer", SPECIFIC, "tls")("have a known issuer"),
    *says("tls.cert.authority_invalid.unknown_issuer", TEXT, "tls")(
        " is not trusted", before=r"ERROR: The certificate of [^\n]{1,120}"
    ),
    *[
        rule
        for words, kind in _WGET.items()
        for rule in says(kind, SPECIFIC, "tls")(words, before=r"The certificate of [^\n]{1,120}")
    ],
    *says("http.response.timed_out", OVERRIDE, "wait")(
        "timed out) in headers", before=r"Read error \([^\n]{1,40}"
    ),
    *says("http.response.headers.truncated", PHRASE, "wait")(
        "read error (", then=r"[^\n]{1,80}\) in headers"
    ),
    *says("http.response.body_timed_out", OVERRIDE, "body")(
        "timed out)", before=r"Read error at byte [^\n]{1,60}"
    ),
    *says("http.response.invalid.content_length_mismatch", SENTENCE, "body")(
        "connection closed at byte ", then=r"\d"
    ),
    *says("http.response.invalid.empty", SPECIFIC, "wait")(
        "no data received", before=r"awaiting response\.\.\. "
    ),
    *says("http.response.redirect_loop", SPECIFIC, "wait")(" redirections exceeded"),
    *says("http.response.unexpected_content", OVERRIDE, "body")(
        "does not match metalink",
        "hash sum mismatch",
        "checksum mismatch",
        "doesn't match expected",
    ),
    *says("config.tls_unavailable", SENTENCE, "config")("openssl appears to be unavailable"),
    *says("tcp.failed", HINT)("all mirrors were already tried without success"),
    # LDAP
    *says("tcp.failed", PHRASE, "connect")("can't contact ldap server", "ldap_server_down"),
    *says("service.rejected", SPECIFIC, "wait")(
        "invalid credentials", before=r"(?:LDAP|ldap|bind)[^\n]{0,120}"
    ),
    *says("dns.name_not_resolved", SENTENCE, "dns")("gethostbyname failure"),
    # Kubernetes
    *says("http.error.auth", SPECIFIC, "wait")("apiexception: (401)", "apiexception: (403)"),
    *says("http.error.rate_limited", SPECIFIC, "wait")("apiexception: (429)"),
    *says("http.error.unavailable", SPECIFIC, "wait")("apiexception: (503)"),
    *says("http.error.gateway", SPECIFIC, "wait")("apiexception: (502)", "apiexception: (504)"),
    *says("http.error", SENTENCE, "wait")("apiexception: (", then=r"[45]\d\d\)"),
    *says("tcp.refused", SENTENCE, "connect")(
        " was refused", before=r"connection to the server [^\n]{1,160}"
    ),
    *says("http.error.auth", SPECIFIC, "wait")(
        "error from server (forbidden)",
        "error from server (unauthorized)",
        "you must be logged in to the server",
    ),
    *says("http.error.unavailable", SPECIFIC, "wait")("error from server (serviceunavailable)"),
    *says("http.error.gateway", SENTENCE, "wait")("error from server (timeout)"),
    *says("http.error.rate_limited", SPECIFIC, "wait")("error from server (toomanyrequests)"),
    *says("http.error", PHRASE, "wait")("error from server (internalerror)"),
    *says("tcp.closed", SENTENCE)("unable to connect to the server: eof"),
    *says("client.local_address", SPECIFIC)("port is already allocated"),
    # registries, and what they are asked by
    *says("http.error.auth", SPECIFIC, "wait")(
        "unauthorized: incorrect username or password",
        "requested access to the resource is denied",
        "no basic auth credentials",
    ),
    # apt, which is given a portal's page for a signed file; zypper
    *says("http.response.unexpected_content", SENTENCE, "body")("clearsigned file isn't valid"),
    *says("tls.cert.invalid", TEXT, "tls")("error in the certificate verification"),
    *says("client.deadline_exceeded", TEXT)("timeout exceeded when accessing"),
    *says("http.error.rate_limited", SENTENCE, "wait")(
        "toomanyrequests:", "you have reached your pull rate limit", "rate limit exceeded for"
    ),
    # hosted runners
    *says("unknown", HINT)("lost communication with the server"),
    *says("http.error.auth", SENTENCE, "wait")(
        "pull access denied", "insufficient_scope:", "requested resource is not authorized"
    ),
    *says("tls.cert.invalid", SENTENCE, "tls")("could not verify the ssl certificate for"),
    # Puppet
    *says("http.error.auth", SENTENCE, "wait")("error 403 on server", "error 401 on server"),
    *says("http.error.unavailable", SENTENCE, "wait")("error 503 on server"),
    *says("http.error.gateway", SENTENCE, "wait")("error 502 on server", "error 504 on server"),
    *says("http.error", TEXT, "wait")(" on server: ", before=r"\bError [45]\d\d"),
]
