"""What libraries of C and C++ say, and what is built on them: Asio, Qt, TLS libraries, engines.

Said by: Beast's ``http/impl/error.ipp`` and ``websocket``'s; OpenSSL's ``SSL_get_error``;
wolfSSL's ``internal.c`` and ``error.c``; Qt's ``qnetworkreply.h``, ``qabstractsocket.h`` and
``qsslerror.cpp``; GLib's TLS; libwebsockets' ``client``; libuv's ``uv.h``; cpp-httplib's
``to_string(Error)``; Poco's exceptions; ``curl.h``; UnityTLS; Godot's ``HTTPRequest``.
"""

from ringback.failure.clue import GENERIC, SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    PHRASE,
    SENTENCE,
    TextRule,
    say_each,
    says,
)

_NO_CASE = r"(?<!case )"
"""In a program's source a name tells of no failure."""
_CURL_CODE = 44
"""A code of curl; the words beside it usually know more."""
_CURLE: dict[str, ClueKind] = {
    "unsupported_protocol": "url.scheme_invalid",
    "url_malformat": "url.invalid",
    "couldnt_resolve_proxy": "proxy.unreachable",
    "couldnt_resolve_host": "dns.name_not_resolved",
    "couldnt_connect": "tcp.failed",
    "weird_server_reply": "http.response.invalid.not_http",
    "remote_access_denied": "service.rejected",
    "remote_file_not_found": "http.error",
    "partial_file": "http.response.invalid.content_length_mismatch",
    "http_returned_error": "http.error",
    "operation_timedout": TIMEOUT,
    "operation_timeouted": TIMEOUT,
    "ssl_connect_error": "tls.failed",
    "too_many_redirects": "http.response.redirect_loop",
    "got_nothing": "http.response.invalid.empty",
    "send_error": "tcp.closed",
    "recv_error": "tcp.closed",
    "ssl_certproblem": "config.tls_files_invalid",
    "ssl_cipher": "tls.version_or_cipher_mismatch",
    "peer_failed_verification": "tls.cert.invalid",
    "ssl_cacert": "tls.cert.invalid",
    "ssl_cacert_badfile": "config.tls_files_invalid",
    "ssl_shutdown_failed": "tls.failed",
    "ssl_issuer_error": "tls.cert.authority_invalid.unknown_issuer",
    "ssl_pinnedpubkeynotmatch": "tls.cert.pinned_key_not_in_cert_chain",
    "ssl_invalidcertstatus": "tls.cert.invalid",
    "ssl_clientcert": "tls.bad_client_auth_cert",
    "use_ssl_failed": "tls.failed",
    "bad_content_encoding": "http.response.invalid.content_decoding",
    "login_denied": "service.rejected",
    "auth_error": "service.rejected",
    "http2_stream": "h2.protocol.error",
    "quic_connect_error": "tcp.failed",
    "no_connection_available": "client.pool_exhausted",
    "interface_failed": "client.local_address",
}
"""``CURLcode`` by name; Ruby's ethon names them as symbols."""

_BEAST: dict[str, KindName] = {
    "end of stream": "tcp.closed",
    "partial message": "http.response.invalid.content_length_mismatch",
    "unexpected body": "http.protocol.error",
    "body limit exceeded": "http.protocol.error",
    "header limit exceeded": "http.protocol.error",
    "bad line ending": "http.protocol.error",
    "bad version": "http.response.invalid.not_http",
    "bad status": "http.protocol.error",
    "bad field": "http.protocol.error",
    "bad value": "http.protocol.error",
    "bad content-length": "http.protocol.error",
    "bad transfer-encoding": "http.protocol.error",
    "bad chunk": "http.protocol.error",
}
_WOLFSSL: dict[str, KindName] = {
    "188": "tls.cert.authority_invalid.unknown_issuer",
    "275": "tls.cert.authority_invalid.self_signed",
    "150": "tls.cert.date_invalid.not_yet_valid",
    "151": "tls.cert.date_invalid.expired",
    "155": "tls.cert.invalid",
    "322": "tls.cert.name_invalid",
    "361": "tls.cert.revoked",
    "313": "tls.failed",
    "326": "tls.protocol.error",
    "501": "tls.version_or_cipher_mismatch",
    "308": "tcp.closed",
    "397": "tcp.closed",
}
_WOLFSSL_WORDS: dict[str, KindName] = {
    "asn no signer error to confirm failure": "tls.cert.authority_invalid.unknown_issuer",
    "asn self-signed certificate error": "tls.cert.authority_invalid.self_signed",
    "asn date error, current date before": "tls.cert.date_invalid.not_yet_valid",
    "asn date error, current date is before": "tls.cert.date_invalid.not_yet_valid",
    "asn date error, current date after": "tls.cert.date_invalid.expired",
    "asn date error, current date is after": "tls.cert.date_invalid.expired",
    "asn sig error, confirm failure": "tls.cert.invalid",
    "peer subject name mismatch": "tls.cert.name_invalid",
    "peer ip address mismatch": "tls.cert.name_invalid",
    "can't match cipher suite": "tls.version_or_cipher_mismatch",
}

_QT: dict[str, tuple[ClueKind, int]] = {
    "connectionrefusederror": ("tcp.refused", SPECIFIC),
    "remotehostclosederror": ("tcp.closed", SENTENCE),
    "hostnotfounderror": ("dns.name_not_resolved", SPECIFIC),
    "timeouterror": (TIMEOUT, TEXT),
    "sockettimeouterror": (TIMEOUT, PHRASE),
    "operationcancelederror": ("abandoned", TEXT),
    "temporarynetworkfailureerror": ("tcp.address_unreachable.network", TEXT),
    "networksessionfailederror": ("tcp.address_unreachable.network", PHRASE),
    "insecureredirecterror": ("http.response.redirect_invalid", SPECIFIC),
    "toomanyredirectserror": ("http.response.redirect_loop", SPECIFIC),
    "proxyconnectionrefusederror": ("proxy.unreachable", SPECIFIC),
    "proxyconnectionclosederror": ("proxy.no_response", SPECIFIC),
    "proxyconnectiontimeouterror": ("proxy.no_response", SPECIFIC),
    "proxynotfounderror": ("proxy.unreachable", SPECIFIC),
    "proxytimeouterror": ("proxy.no_response", SPECIFIC),
    "proxyauthenticationrequirederror": ("proxy.auth_required", SPECIFIC),
    "proxyprotocolerror": ("proxy.protocol_error", SPECIFIC),
    "contentaccessdenied": ("http.error.auth", SENTENCE),
    "authenticationrequirederror": ("http.error.auth", NARROWER + 1),
    "contentoperationnotpermittederror": ("http.error", SENTENCE),
    "contentnotfounderror": ("http.error", SENTENCE),
    "contentconflicterror": ("http.error", SENTENCE),
    "contentgoneerror": ("http.error", SENTENCE),
    "internalservererror": ("http.error", SENTENCE),
    "operationnotimplementederror": ("http.error", SENTENCE),
    "unknownservererror": ("http.error", SENTENCE),
    "unknowncontenterror": ("http.error", SENTENCE),
    "protocolinvalidoperationerror": ("http.error", SENTENCE),
    "serviceunavailableerror": ("http.error.unavailable", SENTENCE),
    "protocolunknownerror": ("url.scheme_invalid", SENTENCE),
    "protocolfailure": ("http.protocol.error", TEXT),
    "sslhandshakefailederror": ("tls.failed", TEXT),
    "socketresourceerror": ("client.resources_exhausted", TEXT),
    "socketaccesserror": ("tcp.address_unreachable.prohibited", TEXT),
    "addressinuseerror": ("client.local_address", SPECIFIC),
    "socketaddressnotavailableerror": ("client.local_address", SPECIFIC),
}
"""``QNetworkReply::NetworkError`` and ``QAbstractSocket::SocketError``."""
_QT_TLS: dict[str, KindName] = {
    "did not match any of the valid hosts for this certificate": "tls.cert.name_invalid",
    "issuer certificate of a locally looked up certificate could not be found": (
        "tls.cert.authority_invalid.unknown_issuer"
    ),
    "issuer certificate could not be found": "tls.cert.authority_invalid.unknown_issuer",
    "no certificates could be verified": "tls.cert.authority_invalid.unknown_issuer",
    "the certificate is self-signed, and untrusted": "tls.cert.authority_invalid.self_signed",
    "certificate chain is self-signed, and untrusted": "tls.cert.authority_invalid.untrusted_root",
    "certificate is unsuitable for this purpose": "tls.cert.invalid",
    "the peer certificate is blacklisted": "tls.cert.invalid",
    "the peer certificate is blocklisted": "tls.cert.invalid",
    "the peer did not present any certificate": "tls.cert.invalid",
}
_REPLIED = r"Error transferring [^\n]{1,250}"

_ENGINES: dict[str, ClueKind] = {
    "unitytls_x509verify_flag_expired": "tls.cert.date_invalid.expired",
    "unitytls_x509verify_flag_revoked": "tls.cert.revoked",
    "unitytls_x509verify_flag_cn_mismatch": "tls.cert.name_invalid",
    "unitytls_x509verify_flag_not_trusted": "tls.cert.authority_invalid.unknown_issuer",
    "unitytls_x509verify_flag_future": "tls.cert.date_invalid.not_yet_valid",
    "insecure connection not allowed": "url.scheme_invalid",
    "result_cant_connect": "tcp.failed",
    "result_cant_resolve": "dns.failed",
    "result_tls_handshake_error": "tls.failed",
    "result_ssl_handshake_error": "tls.failed",
    "result_no_response": "http.response.invalid.empty",
    "result_chunked_body_size_mismatch": "http.response.invalid.incomplete_chunked_encoding",
    "result_redirect_limit_reached": "http.response.redirect_loop",
}

NATIVE: list[TextRule] = [
    *say_each(_CURLE, rank=_CURL_CODE, before=_NO_CASE + r"(?:CURLE_|[\s({=]:)", then=r"\b"),
    *say_each(
        {
            "http response code said error": "http.error",
            "requested ssl level failed": "tls.failed",
            "the max connection limit is reached": "client.pool_exhausted",
            "failed to shut down the ssl connection": "tls.failed",
        },
        rank=TEXT,
    ),
    # Beast
    *[
        rule
        for words, kind in _BEAST.items()
        for rule in says(kind, SENTENCE, "wait")("beast.http:", before=words + r" ?\[(?:boost\.)?")
    ],
    *says("http.error", TEXT, "wait")("websocket upgrade handshake failed"),
    *say_each(
        {
            "websocket stream was gracefully closed at both endpoints": "tcp.closed",
            "websocket handshake was declined by the remote peer": "http.error",
            "the socket was closed due to a timeout": "client.deadline_exceeded",
        },
        rank=SENTENCE,
    ),
    # TLS
    *says("tls.closed", TEXT, "tls")("ssl_error_zero_return"),
    *says("tls.failed", HINT, "tls")("ssl_error_ssl", then=r"\b"),
    *says("tcp.closed", TEXT)("error in the push function"),
    *say_each(
        {
            "close notify": "tls.closed",
            "error in protocol version": "tls.version_or_cipher_mismatch",
            "certificate is bad": "tls.bad_client_auth_cert",
            "key usage violation": "tls.cert.invalid",
            "public key signature verification": "tls.cert.invalid",
        },
        rank=SENTENCE,
        phase="tls",
        before=r"gnutls_handshake\(\) failed: ",
    ),
    *says("tls.failed", PHRASE, "tls")("gnutls_handshake() failed: "),
    *says("tcp.closed", TEXT)(
        "reading information from the socket failed",
        "sending information through the socket failed",
    ),
    *says("tls.timed_out", SPECIFIC, "tls")(
        "operation timed out", before=r"gnutls_handshake\W{1,5}(?:the )?"
    ),
    *says("config.tls_files_invalid", SENTENCE, "config")("could not load any root certificate"),
    *[
        rule
        for number, kind in _WOLFSSL.items()
        for rule in says(kind, SENTENCE, "tls")(
            *(f"{words}-{number}" for words in ("error ", "error = ", "error: ", "err = ")),
            before=r"wolf\w{0,30}[^\n]{0,40}",
            then=r"\b",
        )
    ],
    *say_each(_WOLFSSL_WORDS, rank=SPECIFIC, phase="tls"),
    *says("tls.cert.invalid", SENTENCE, "tls")(
        "unacceptable tls certificate", "tls certificate is unacceptable"
    ),
    *says("tls.closed", SENTENCE, "tls")(
        "tls connection closed unexpectedly", "peer failed to perform tls handshake"
    ),
    # Qt
    *[
        rule
        for name, said in _QT.items()
        for rule in says(*said)(
            f"qnetworkreply::{name}", f"qabstractsocket::{name}", before=_NO_CASE
        )
    ],
    *say_each(_QT_TLS, rank=SPECIFIC, phase="tls"),
    *says("http.error.auth", SENTENCE, "wait")(
        " - server replied: ", before=_REPLIED, then=r"(?:Forbidden|Unauthorized|Access denied)"
    ),
    *says("http.error.unavailable", SENTENCE, "wait")(
        " - server replied: ", before=_REPLIED, then=r"Service (?:Temporarily )?Unavailable"
    ),
    *says("http.error.gateway", SENTENCE, "wait")(
        " - server replied: ", before=_REPLIED, then=r"(?:Bad Gateway|Gateway Time)"
    ),
    *says("http.error.rate_limited", SENTENCE, "wait")(
        " - server replied: ", before=_REPLIED, then=r"Too Many Requests"
    ),
    *says("http.error", TEXT, "wait")(" - server replied: ", before=_REPLIED),
    *says("config.tls_unavailable", SENTENCE, "config")(
        "tls initialization failed", "no functional tls backend was found"
    ),
    *says("config.tls_unavailable", SENTENCE, "config")(
        "qsslsocket: cannot ", then=r"(?:resolve|call unresolved)"
    ),
    # libwebsockets, libuv, ØMQ
    *says("tcp.failed", PHRASE, "connect")("unable to connect", before=r"CONNECTION_ERROR: "),
    *says("http.error", SENTENCE, "wait")(
        "hs: ws upgrade response not 101", "hs: server unrecognized response code"
    ),
    *says("http.response.invalid.empty", TEXT, "wait")("hs: disconnected"),
    *says("tls.timed_out", SENTENCE, "tls")("timed out waiting ssl"),
    *says("dns.name_not_resolved", SPECIFIC, "dns")("unknown node or service"),
    *says("tcp.closed", TEXT)("end of file", before=r"\buv_(?:read|write)[^\n]{0,20}: "),
    *says(TIMEOUT, PHRASE, "wait")("zmq.error.again: resource temporarily unavailable"),
    *says("client.closed", TEXT)("context was terminated", before=r"(?:zmq|ETERM)[^\n]{0,60}"),
    # aiosmtplib's own assertion
    *says("client.closed", SENTENCE)("assertionerror: client not connected"),
    # WebSocket++
    *says("http.error", SENTENCE, "wait")("websocketpp.processor:20"),
    # cpp-httplib
    *says("tcp.failed", GENERIC, "connect")("could not establish connection"),
    *says("tcp.closed", TEXT)("failed to read connection", "failed to write connection"),
    *says("http.response.redirect_loop", SPECIFIC, "wait")("maximum redirect count exceeded"),
    *says("tls.cert.invalid", SENTENCE, "tls")("ssl server verification failed"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("ssl server hostname verification failed"),
    *says("proxy.unreachable", SENTENCE, "proxy")("proxy connection failed"),
    # Poco
    *says("http.response.invalid.empty", SENTENCE, "wait")("net::nomessageexception"),
    *says("tls.closed", SPECIFIC, "tls")("sslconnectionunexpectedlyclosedexception"),
    *says("tls.cert.invalid", SENTENCE, "tls")(
        "net::certificatevalidationexception", "unacceptable certificate from "
    ),
    *says(TIMEOUT, PHRASE)("poco::timeoutexception"),
    # engines of games
    *say_each(_ENGINES, rank=SENTENCE),
    *says("tls.cert.invalid", PHRASE, "tls")("cert verify failed: "),
    *says(TIMEOUT, PHRASE)("result_timeout"),
    *says("tcp.timed_out.established", TEXT)("ondisconnected(clienttimeout"),
]
