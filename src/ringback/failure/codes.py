"""What numbers and codes mean: errno, ``getaddrinfo``, X.509, OpenSSL, TLS alerts, HTTP statuses.

Each table names its source.
"""

from typing import Final

from ringback.failure.kind import Delivered
from ringback.failure.names import KindName


def _kind_of_each(numbers: dict[KindName, tuple[int, ...]]) -> dict[int, KindName]:
    return {number: kind for kind, those in numbers.items() for number in those}


# Operating-system error numbers.
#
# Sources: Linux ``include/uapi/asm-generic/errno*.h``; XNU ``bsd/sys/errno.h``; Windows Sockets
# error codes (``winerror.h``) and the Win32 codes that CPython and Rust map to connection errors.

_ERRNO: dict[str, tuple[int, int, int | None, KindName | None]] = {
    "ECONNREFUSED": (111, 61, 10061, "tcp.refused"),
    "ECONNRESET": (104, 54, 10054, "tcp.reset"),
    "ENETRESET": (102, 52, 10052, "tcp.reset"),
    "ECONNABORTED": (103, 53, 10053, "tcp.aborted"),
    "EPIPE": (32, 32, None, "tcp.closed"),
    "ESHUTDOWN": (108, 58, 10058, "tcp.closed"),
    "ENOTCONN": (107, 57, 10057, "tcp.closed"),
    "ETIMEDOUT": (110, 60, 10060, "tcp.timed_out"),
    "ENETUNREACH": (101, 51, 10051, "tcp.address_unreachable.network"),
    "ENETDOWN": (100, 50, 10050, "tcp.address_unreachable.network"),
    "EAFNOSUPPORT": (97, 47, 10047, "tcp.address_unreachable.network"),
    "EHOSTUNREACH": (113, 65, 10065, "tcp.address_unreachable.host"),
    "EHOSTDOWN": (112, 64, 10064, "tcp.address_unreachable.host"),
    "EACCES": (13, 13, 10013, "tcp.address_unreachable.prohibited"),
    "EPERM": (1, 1, None, "tcp.address_unreachable.prohibited"),
    "ENOPROTOOPT": (92, 42, 10042, "tcp.address_unreachable.prohibited"),
    "EINVAL": (22, 22, 10022, "tcp.address_invalid"),
    "EADDRNOTAVAIL": (99, 49, 10049, "client.local_address"),
    "EADDRINUSE": (98, 48, 10048, "client.local_address"),
    "EMFILE": (24, 24, 10024, "client.resources_exhausted"),
    "ENFILE": (23, 23, None, "client.resources_exhausted"),
    "ENOBUFS": (105, 55, 10055, "client.resources_exhausted"),
    "ENOMEM": (12, 12, None, "client.resources_exhausted"),
    "ENOENT": (2, 2, None, None),
    "EMSGSIZE": (90, 40, 10040, None),
}
"""Name → its number on Linux, on macOS and in Windows Sockets, and the kind that it means."""

LINUX_ERRNO = {linux: name for name, (linux, _, _, _) in _ERRNO.items()}
MACOS_ERRNO = {macos: name for name, (_, macos, _, _) in _ERRNO.items()}
WINDOWS_ERRNO = {windows: name for name, (_, _, windows, _) in _ERRNO.items() if windows}
KIND_OF_ERRNO = {name: kind for name, (_, _, _, kind) in _ERRNO.items() if kind}

WIN32_ERROR: dict[int, str] = {
    64: "ECONNRESET",  # ERROR_NETNAME_DELETED, what a proactor loop reports for a reset
    109: "EPIPE",  # ERROR_BROKEN_PIPE
    121: "ETIMEDOUT",  # ERROR_SEM_TIMEOUT
    232: "EPIPE",  # ERROR_NO_DATA
    258: "ETIMEDOUT",  # WAIT_TIMEOUT
    995: "ECANCELED",  # ERROR_OPERATION_ABORTED
    1225: "ECONNREFUSED",  # ERROR_CONNECTION_REFUSED
    1231: "ENETUNREACH",
    1232: "EHOSTUNREACH",
    1236: "ECONNABORTED",
    1460: "ETIMEDOUT",  # ERROR_TIMEOUT
}
"""Win32 numbers, valid only where the text says ``WinError``: as an errno they mean others."""

CONNECT_ONLY: frozenset[str] = frozenset({"ECONNREFUSED", "EINVAL", "EAFNOSUPPORT"})
"""Names that only connecting gives. An open connection whose path is lost can end as unreachable:
Linux reports the ICMP error it had put aside (``tcp_write_err``, ``sk_err_soft``).
"""

NEEDS_SOCKET: frozenset[str] = frozenset(
    {"EACCES", "EPERM", "EINVAL", "ENOENT", "EMFILE", "ENFILE", "ENOMEM", "EPIPE"}
)
"""Names that files and pipes produce as well: they need a sign that a socket was meant."""


# What ``getaddrinfo`` answers.
#
# Sources: glibc ``sysdeps/posix/gai_strerror-strs.h``, musl ``src/network/gai_strerror.c``,
# FreeBSD ``lib/libc/net/gai_strerror.c``, Windows Sockets error codes.

EAI_NAME_OF_NUMBER: dict[int, str] = {
    # glibc and musl
    -1: "EAI_BADFLAGS",
    -2: "EAI_NONAME",
    -3: "EAI_AGAIN",
    -4: "EAI_FAIL",
    -5: "EAI_NODATA",
    -6: "EAI_FAMILY",
    -7: "EAI_SOCKTYPE",
    -8: "EAI_SERVICE",
    -9: "EAI_ADDRFAMILY",
    -10: "EAI_MEMORY",
    -11: "EAI_SYSTEM",
    # macOS and the BSDs
    1: "EAI_ADDRFAMILY",
    2: "EAI_AGAIN",
    4: "EAI_FAIL",
    5: "EAI_FAMILY",
    6: "EAI_MEMORY",
    7: "EAI_NODATA",
    8: "EAI_NONAME",
    9: "EAI_SERVICE",
    11: "EAI_SYSTEM",
    # Windows
    10047: "EAI_FAMILY",
    10109: "EAI_SERVICE",
    11001: "EAI_NONAME",
    11002: "EAI_AGAIN",
    11003: "EAI_FAIL",
    11004: "EAI_NODATA",
}
"""Unambiguous over platforms, because the resolver's numbers differ in sign or size."""

KIND_OF_EAI: dict[str, KindName] = {
    "EAI_NONAME": "dns.name_not_resolved",
    "EAI_NODATA": "dns.no_address",
    "EAI_AGAIN": "dns.temporary_failure",
}
"""Every other EAI name is ``dns.failed``."""


def kind_of_eai(number: int) -> KindName:
    """The kind for a ``gaierror`` number of any platform."""
    return KIND_OF_EAI.get(EAI_NAME_OF_NUMBER.get(number, ""), "dns.failed")


# Why a certificate was refused: X.509 verification results.
#
# Source: OpenSSL ``include/openssl/x509_vfy.h`` and ``crypto/x509/x509_txt.c``; 62 and 64 are
# worded by CPython itself.

CERT_EXPIRED: Final = "tls.cert.date_invalid.expired"
CERT_NOT_YET_VALID: Final = "tls.cert.date_invalid.not_yet_valid"
CERT_NAME_INVALID: Final = "tls.cert.name_invalid"
CERT_SELF_SIGNED: Final = "tls.cert.authority_invalid.self_signed"
CERT_UNTRUSTED_ROOT: Final = "tls.cert.authority_invalid.untrusted_root"
CERT_UNKNOWN_ISSUER: Final = "tls.cert.authority_invalid.unknown_issuer"
CERT_REVOKED: Final = "tls.cert.revoked"
CERT_INVALID: Final = "tls.cert.invalid"

KIND_OF_VERIFY_CODE = _kind_of_each(
    {
        CERT_UNKNOWN_ISSUER: (2, 20, 21, 27),
        CERT_NOT_YET_VALID: (9,),
        CERT_EXPIRED: (10,),
        CERT_SELF_SIGNED: (18,),
        CERT_UNTRUSTED_ROOT: (19,),
        CERT_REVOKED: (23,),
        CERT_NAME_INVALID: (62, 64),
    }
)
"""Every other verification result is ``tls.cert.invalid``."""


def kind_of_verify_code(verify_code: int) -> KindName:
    """The kind for ``SSLCertVerificationError.verify_code``."""
    return KIND_OF_VERIFY_CODE.get(verify_code, CERT_INVALID)


# OpenSSL reasons and TLS alerts.
#
# Sources: OpenSSL ``include/openssl/sslerr.h``; RFC 8446 section 6 (alerts); CPython
# ``Modules/_ssl.c`` for the errors that have no reason.

TLS_CLIENT_CERTIFICATE: Final = "tls.bad_client_auth_cert"
TLS_MISMATCH: Final = "tls.version_or_cipher_mismatch"
TLS_NOT_SPOKEN: Final = "tls.protocol.error.not_tls"
TLS_PROTOCOL_ERROR: Final = "tls.protocol.error"
TLS_FILES_INVALID: Final = "config.tls_files_invalid"

_OPENSSL_REASONS: dict[KindName, str] = {
    # alerts on our certificate, or on the lack of one
    TLS_CLIENT_CERTIFICATE: """
        SSLV3_ALERT_BAD_CERTIFICATE SSLV3_ALERT_NO_CERTIFICATE SSLV3_ALERT_UNSUPPORTED_CERTIFICATE
        SSLV3_ALERT_CERTIFICATE_REVOKED SSLV3_ALERT_CERTIFICATE_EXPIRED
        SSLV3_ALERT_CERTIFICATE_UNKNOWN TLSV1_ALERT_UNKNOWN_CA TLSV1_ALERT_ACCESS_DENIED
        TLSV13_ALERT_CERTIFICATE_REQUIRED PEER_DID_NOT_RETURN_A_CERTIFICATE
    """,
    # nothing in common
    TLS_MISMATCH: """
        SSLV3_ALERT_HANDSHAKE_FAILURE HANDSHAKE_FAILURE_ON_CLIENT_HELLO TLSV1_ALERT_PROTOCOL_VERSION
        TLSV1_ALERT_INSUFFICIENT_SECURITY TLSV1_ALERT_INAPPROPRIATE_FALLBACK
        TLSV1_ALERT_NO_APPLICATION_PROTOCOL UNSUPPORTED_PROTOCOL NO_PROTOCOLS_AVAILABLE
        NO_CIPHERS_AVAILABLE NO_SHARED_CIPHER NO_SHARED_GROUP NO_SUITABLE_KEY_SHARE
        NO_SUITABLE_SIGNATURE_ALGORITHM WRONG_CIPHER_RETURNED WRONG_SIGNATURE_TYPE WRONG_SSL_VERSION
        UNKNOWN_SSL_VERSION VERSION_TOO_LOW VERSION_TOO_HIGH LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED
        DH_KEY_TOO_SMALL BAD_DH_VALUE BAD_ECPOINT NO_SHARED_SIGNATURE_ALGORITHMS
        NO_COMMON_SIGNATURE_ALGORITHMS UNSUPPORTED_SSL_VERSION
    """,
    "tls.unrecognized_name_alert": "TLSV1_UNRECOGNIZED_NAME",
    # the peer does not speak TLS
    TLS_NOT_SPOKEN: """
        WRONG_VERSION_NUMBER UNKNOWN_PROTOCOL HTTP_REQUEST HTTPS_PROXY_REQUEST RECORD_LAYER_FAILURE
        PACKET_LENGTH_TOO_LONG
    """,
    # it ended early
    "tls.closed": "UNEXPECTED_EOF_WHILE_READING",
    # the rules were broken
    TLS_PROTOCOL_ERROR: """
        DECRYPTION_FAILED_OR_BAD_RECORD_MAC SSLV3_ALERT_BAD_RECORD_MAC
        SSLV3_ALERT_UNEXPECTED_MESSAGE SSLV3_ALERT_ILLEGAL_PARAMETER
        SSLV3_ALERT_DECOMPRESSION_FAILURE TLSV1_ALERT_DECODE_ERROR TLSV1_ALERT_DECRYPT_ERROR
        TLSV1_ALERT_DECRYPTION_FAILED TLSV1_ALERT_RECORD_OVERFLOW TLSV1_ALERT_NO_RENEGOTIATION
        TLSV1_UNSUPPORTED_EXTENSION TLSV13_ALERT_MISSING_EXTENSION UNEXPECTED_MESSAGE
        UNEXPECTED_RECORD UNSAFE_LEGACY_RENEGOTIATION_DISABLED BAD_EXTENSION BAD_RECORD_TYPE
        BAD_LENGTH BAD_SIGNATURE DATA_LENGTH_TOO_LONG DIGEST_CHECK_FAILED EXCESSIVE_MESSAGE_SIZE
        INVALID_SESSION_ID LENGTH_MISMATCH APPLICATION_DATA_AFTER_CLOSE_NOTIFY CCS_RECEIVED_EARLY
    """,
    # our own files
    TLS_FILES_INVALID: """
        EE_KEY_TOO_SMALL CA_KEY_TOO_SMALL CA_MD_TOO_WEAK KEY_VALUES_MISMATCH KEY_TYPE_MISMATCH
        NO_CERTIFICATE_OR_CRL_FOUND NO_CERTIFICATE_ASSIGNED NO_START_LINE BAD_BASE64_DECODE
        BAD_END_LINE BAD_PASSWORD_READ BAD_DECRYPT PEM_LIB ASN1_LIB PKCS12_PARSE_ERROR
        NOT_ENOUGH_DATA
    """,
    CERT_INVALID: "CERTIFICATE_VERIFY_FAILED",
}
KIND_OF_OPENSSL_REASON = {
    reason: kind for kind, reasons in _OPENSSL_REASONS.items() for reason in reasons.split()
}
"""``SSLError.reason`` → kind; every other reason is ``tls.failed``."""

KIND_OF_TLS_ALERT = _kind_of_each(
    {
        "tls.closed": (0, 90),
        TLS_PROTOCOL_ERROR: (10, 20, 21, 22, 30, 47, 50, 51, 100, 109, 110, 113, 114),
        TLS_MISMATCH: (40, 60, 70, 71, 86, 120),
        TLS_CLIENT_CERTIFICATE: (41, 42, 43, 44, 45, 46, 48, 49, 111, 115, 116),
        "tls.failed": (80,),
        "tls.unrecognized_name_alert": (112,),
    }
)
"""Number of a received TLS alert (``… SSL alert number 40``) → kind."""


MYSQL_REFUSALS = frozenset({1040, 1044, 1045, 1049, 1129, 1130, 1203, 1226, 1698})
"""Errors with which MySQL and MariaDB let nobody in (MySQL's Server Error Message Reference)."""


# HTTP statuses as failures (RFC 9110 section 15, RFC 6585).

KIND_OF_STATUS = _kind_of_each(
    {
        "http.error.auth": (401, 403),
        "proxy.auth_required": (407,),
        "http.error.rate_limited": (429,),
        "http.error.gateway": (502, 504, 520, 521, 522, 523, 524, 525, 526),
        "http.error.unavailable": (503, 529),
        "http.error.captive_portal": (511,),
    }
)
"""520 to 526 are a widely met gateway's own (Cloudflare); 529 is "site is overloaded"."""

DELIVERED_BY_STATUS: dict[int, Delivered] = {
    408: "maybe",
    425: "no",
    521: "no",
    525: "no",
    526: "no",
}
"""What a status says of delivery, where it says something else than its kind.

408: the server gave up waiting for the rest of the request (RFC 9110, 15.5.9); but services answer
it also where their own work took too long (Azure Cosmos DB does, for writes as well). 425: the
server does not risk to process what may be a replay (RFC 8470, 5.2). 429 is ``no`` by its kind: it
is the number of requests that is refused, before anybody reads what is in them (RFC 6585, 4).

503 is an answer like others. It means that the request cannot be handled now (RFC 9110, 15.6.4),
with ``Retry-After`` or without; but Envoy answers it for a connection that was lost after the
request had been sent (response flag UC), and services do where something fails half-way.

521, 525, 526: Cloudflare was refused the connection to the origin, or its TLS handshake with the
origin failed; both come before any request. Of the others it may have been sent: 520 is an empty or
odd response, 522 also a request that was not acknowledged on an open connection, 523 a route that
is missing, now or since the connection was opened, 524 a response that took too long (Cloudflare,
"5xx errors").
"""


_NOT_UNDERSTOOD = frozenset({400, 404, 405, 501})
"""What a server that is no proxy, or none for CONNECT, answers to CONNECT."""


def kind_of_status(status: int) -> KindName:
    """The kind for a final HTTP status of 400 or more."""
    return KIND_OF_STATUS.get(status, "http.error")


def delivered_by_status(code: str | None, usual: Delivered) -> Delivered:
    """Whether a request was delivered that was answered with a status, see the table above."""
    return DELIVERED_BY_STATUS.get(int(code), usual) if code and code.isdigit() else usual


def kind_of_connect_status(status: int) -> KindName:
    """The kind for a proxy's answer to CONNECT that is not 2xx."""
    if status == 407:
        return "proxy.auth_required"
    if status in _NOT_UNDERSTOOD or status < 400:
        return "proxy.protocol_error"
    return "proxy.upstream_failed" if status >= 500 else "proxy.denied"
