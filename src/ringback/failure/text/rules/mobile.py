"""What telephones and their libraries say: Apple's, Android's, Dart's.

Said by: Apple's ``NSURLError.h``, ``CFNetworkErrors.h``, ``SecureTransport.h`` and
Network.framework, Alamofire's ``AFError``; OkHttp, Conscrypt, Retrofit's converters, Ktor; Dart's
``dart:io`` and dio.
"""

from ringback.failure.clue import EXACT, SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.model import Phase
from ringback.failure.names import KindName
from ringback.failure.text.rule import PHRASE, SENTENCE, TextRule, say_each, says

# Apple: NSURLErrorDomain and kCFErrorDomainCFNetwork. The POSIX number inside knows more.

_NSURL: dict[int, KindName] = {
    -999: "abandoned",
    -1000: "url.invalid",
    -1001: "client.deadline_exceeded",
    -1002: "url.scheme_invalid",
    -1003: "dns.name_not_resolved",
    -1004: "tcp.failed",
    -1005: "tcp.closed",
    -1006: "dns.failed",
    -1007: "http.response.redirect_loop",
    -1009: "tcp.address_unreachable.network",
    -1010: "http.response.redirect_invalid",
    -1011: "http.response.invalid.not_http",
    -1012: "http.error.auth",
    -1013: "http.error.auth",
    -1015: "http.response.invalid.content_decoding",
    -1016: "http.response.invalid.content_decoding",
    -1014: "http.response.invalid.empty",
    -1017: "http.response.invalid.not_http",
    -1018: "tcp.address_unreachable.network",  # roaming is off
    -1020: "tcp.address_unreachable.network",  # no data allowed
    -1022: "url.scheme_invalid",  # not HTTPS, which App Transport Security asks for
    -1200: "tls.failed",
    -1201: "tls.cert.date_invalid.expired",
    -1202: "tls.cert.invalid",
    -1203: "tls.cert.authority_invalid.untrusted_root",
    -1204: "tls.cert.date_invalid.not_yet_valid",
    -1205: "tls.bad_client_auth_cert",
    -1206: "tls.bad_client_auth_cert",
}
_APPLE_WORDS: dict[str, KindName] = {
    "the internet connection appears to be offline": "tcp.address_unreachable.network",
    "the network connection was lost": "tcp.closed",
    "a server with the specified hostname could not be found": "dns.name_not_resolved",
    "could not connect to the server": "tcp.failed",
    "the certificate for this server is invalid": "tls.cert.invalid",
    "an ssl error has occurred and a secure connection to the server cannot be made": "tls.failed",
    "cannot parse response": "http.response.invalid.not_http",
    "app transport security has blocked": "url.scheme_invalid",
    "app transport security policy requires": "url.scheme_invalid",
}
_APPLE_POSIX: dict[str, KindName] = {
    "61": "tcp.refused",
    "60": "tcp.timed_out",
    "65": "tcp.address_unreachable.host",
    "51": "tcp.address_unreachable.network",
    "54": "tcp.reset",
    "57": "tcp.closed",
    "50": "tcp.address_unreachable.network",
}

_SECURE_TRANSPORT: dict[str, KindName] = {
    "9801": "tls.version_or_cipher_mismatch",
    "9802": "tls.failed",
    "9805": "tls.closed",
    "9806": "tls.closed",
    "9816": "tls.closed",
    "9807": "tls.cert.invalid",
    "9808": "tls.cert.invalid",
    "9812": "tls.cert.authority_invalid.untrusted_root",
    "9813": "tls.cert.authority_invalid.unknown_issuer",
    "9814": "tls.cert.date_invalid.expired",
    "9815": "tls.cert.date_invalid.not_yet_valid",
    "9824": "tls.version_or_cipher_mismatch",
    "9836": "tls.version_or_cipher_mismatch",
    "9825": "tls.bad_client_auth_cert",
    "9829": "tls.bad_client_auth_cert",
    "9843": "tls.cert.name_invalid",
}
"""``SecureTransport.h``, errSSL*."""

_CFNETWORK: dict[int, KindName] = {
    1: "dns.name_not_resolved",
    2: "dns.failed",
    306: "proxy.unreachable",
    307: "proxy.auth_required",
    310: "proxy.unreachable",
    311: "proxy.upstream_failed",
}
_OS_STATUS = (
    r"(?:SSLHandshake failed|[Tt]rust evaluation failed|OSStatus|NSOSStatusErrorDomain ?Code"
    r"|NWError error|kCFStreamErrorDomainSSL,)[ :(=]{0,3}"
)

APPLE: list[TextRule] = [
    *[
        rule
        for number, kind in _CFNETWORK.items()
        for rule in says(kind, SPECIFIC)(
            f"cfnetwork error {number}", f"cfnetwork code={number}", then=r"\b"
        )
    ],
    *[
        rule
        for number, kind in _APPLE_POSIX.items()
        for rule in says(kind, SPECIFIC)(
            f"nwerror error {number}",
            f"nsposixerrordomain code={number}",
            f" 1:{number}, reason",
            f"[1:{number}]",
            then=r"(?!\d)",
        )
    ],
    *says("dns.name_not_resolved", SENTENCE, "dns")(" 12:8, reason"),
    *[
        rule
        for number, kind in _SECURE_TRANSPORT.items()
        for rule in says(kind, SPECIFIC, "tls")(f"-{number}", before=_OS_STATUS, then=r"\b")
    ],
    *says("tls.failed", PHRASE, "tls")(
        "boringssl_session_handshake_incomplete", "boringssl_session_handshake_error_print"
    ),
    *says("tls.cert.invalid", TEXT, "tls")("tic ssl trust error", "trust evaluation failed"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("certificate name does not match input"),
    *says("tls.cert.invalid", SENTENCE, "tls")("certificate is not permitted for this usage"),
    *says("tls.cert.authority_invalid.unknown_issuer", TEXT, "tls")(
        "the certificate was not trusted", "errsectrustfailure"
    ),
    # Alamofire
    *says("http.response.unexpected_content", SENTENCE, "body")(
        "response could not be serialized because of error",
        "response could not be decoded because of error",
    ),
    *says("tls.cert.pinned_key_not_in_cert_chain", SPECIFIC, "tls")(
        "certificate pinning failed", "public key pinning failed"
    ),
    # AFNetworking
    *say_each(
        {
            "request failed: bad request (400)": "http.error",
            "request failed: unauthorized (401)": "http.error.auth",
            "request failed: forbidden (403)": "http.error.auth",
            "request failed: not found (404)": "http.error",
            "request failed: internal server error (500)": "http.error",
            "request failed: bad gateway (502)": "http.error.gateway",
            "request failed: service unavailable (503)": "http.error.unavailable",
            "request failed: gateway timeout (504)": "http.error.gateway",
            "request failed: unacceptable content-type": "http.response.unexpected_content",
        },
        rank=SENTENCE,
        phase="wait",
    ),
    *says("tls.cert.invalid", TEXT, "tls")("servertrustevaluationfailed"),
    *says("abandoned", TEXT)("explicitlycancelled"),
    *[
        rule
        for number, kind in _NSURL.items()
        for rule in says(kind, SPECIFIC)(
            f"{number}",
            before=r"(?:NSURLErrorDomain|CFErrorDomainCFNetwork).{0,12}?(?:code|error)?[ =:(]{1,3}",
            then=r"\b",
        )
    ],
    *[
        rule
        for number, kind in _NSURL.items()
        for rule in says(kind, SENTENCE)(f"code: {number}", f"code {number}", then=r"\b")
        if number < -999
    ],
    *say_each(_APPLE_WORDS, rank=SENTENCE),
    *[
        rule
        for number, kind in _SECURE_TRANSPORT.items()
        for rule in says(kind, EXACT, "tls")(f"streamerrorcodekey=-{number}", then=r"\b")
    ],
    *says("dns.name_not_resolved", TEXT, "dns")("nosuchrecord(-65554)", "nosuchname(-65538)"),
    *says("dns.timed_out", SENTENCE, "dns")("timeout(-65568)"),
    *[
        rule
        for number, kind in _APPLE_POSIX.items()
        for rule in says(kind, EXACT)(f"streamerrorcodekey={number}", then=r"\b")
    ],
    *says("tcp.address_unreachable.network", SENTENCE)(
        "no internet connection",
        "no network connection",
        then=r"(?! (?:is )?(?:required|needed|necessary))",
    ),
]


# Android: OkHttp, Conscrypt, Gson, Ktor.

ANDROID: list[TextRule] = [
    # OkHttp's own word for its timeouts; to end the call it closes the socket
    *says(TIMEOUT, SENTENCE + 2)("sockettimeoutexception: timeout", then=r"(?![\w])"),
    *says(TIMEOUT, SENTENCE + 4, "wait")(
        "asynctimeout$2.read", "asynctimeout$source$1.read", "http1exchangecodec.readresponse"
    ),
    *says(TIMEOUT, SENTENCE + 4, "send")("asynctimeout$1.write", "asynctimeout$sink$1"),
    *say_each(
        {
            "error_code_io_network_connection_failed": "tcp.failed",
            "error_code_io_network_connection_timeout": "tcp.timed_out",
            "error_code_io_bad_http_status": "http.error",
            "error_code_io_cleartext_not_permitted": "url.scheme_invalid",
        },
        rank=PHRASE,  # of Media3, which tells the cause after it
    ),
    *says("client.deadline_exceeded", SENTENCE)("interruptedioexception: timeout"),
    *says("tcp.reset", TEXT)("socketexception connection reset"),
    *says("abandoned", TEXT)("java.io.ioexception: canceled"),
    *says("tls.closed", SENTENCE, "tls")(
        "connection closed by peer", before=r"SSLHandshakeException: "
    ),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("hostname in certificate didn't match"),
    *says("http.response.invalid.not_http", TEXT, "wait")("unexpected status line: "),
    *says("http.response.invalid.content_decoding", SENTENCE, "body")("id1id2: actual "),
    *says("h2.protocol.error", PHRASE, "wait")("connectionshutdownexception"),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")("unable to parse tls packet header"),
    *says("tls.failed", PHRASE, "tls")("failure in ssl library, usually a protocol error"),
    *says("http.response.unexpected_content", TEXT, "body")(
        "to accept malformed json at line 1 column 1",
        "expected begin_object but was string at line 1 column 1",
        "expected begin_array but was string at line 1 column 1",
    ),
]


# Dart: dart:io and dio.

_DIO_TYPES: dict[str, tuple[ClueKind, Phase]] = {
    "connecttimeout": (TIMEOUT, "connect"),
    "connectiontimeout": (TIMEOUT, "connect"),
    "receivetimeout": (TIMEOUT, "wait"),
    "sendtimeout": (TIMEOUT, "send"),
    "cancel": ("abandoned", "unknown"),
    "badcertificate": ("tls.cert.invalid", "tls"),
}

DART: list[TextRule] = [
    *[
        rule
        for name, (kind, phase) in _DIO_TYPES.items()
        for rule in says(kind, SENTENCE, phase)(f"errortype.{name}", f"exceptiontype.{name}")
    ],
    *says(TIMEOUT, SENTENCE, "connect")("connecting timed out [", "connecting timeout["),
    *says(TIMEOUT, SENTENCE, "wait")("receiving data timeout ["),
    *says("abandoned", SENTENCE)("dioexception [request cancelled]"),
    *says("http.response.redirect_loop", SPECIFIC, "wait")(
        "redirect limit exceeded", "redirect loop detected"
    ),
    *says("http.error.auth", SENTENCE, "wait")(
        "codename: unauthenticated", "codename: permission_denied"
    ),
    *says("http.error", PHRASE, "wait")("was not upgraded to websocket"),
    *says("tls.closed", SENTENCE, "tls")("sslv3_alert_close_notify"),
]
