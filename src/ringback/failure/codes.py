"""What numbers and codes mean: errno, ``getaddrinfo``, X.509, OpenSSL, TLS alerts, HTTP statuses.

Each table names its source.
"""

from typing import Final

from ringback.failure.names import KindName

# Operating-system error numbers.
#
# Sources: Linux ``include/uapi/asm-generic/errno*.h``; XNU ``bsd/sys/errno.h``; Windows Sockets
# error codes (``winerror.h``) and the Win32 codes that CPython and Rust map to connection errors.

LINUX_ERRNO: dict[int, str] = {
    1: "EPERM",
    2: "ENOENT",
    12: "ENOMEM",
    13: "EACCES",
    22: "EINVAL",
    23: "ENFILE",
    24: "EMFILE",
    32: "EPIPE",
    90: "EMSGSIZE",
    92: "ENOPROTOOPT",
    97: "EAFNOSUPPORT",
    98: "EADDRINUSE",
    99: "EADDRNOTAVAIL",
    100: "ENETDOWN",
    101: "ENETUNREACH",
    102: "ENETRESET",
    103: "ECONNABORTED",
    104: "ECONNRESET",
    105: "ENOBUFS",
    107: "ENOTCONN",
    108: "ESHUTDOWN",
    110: "ETIMEDOUT",
    111: "ECONNREFUSED",
    112: "EHOSTDOWN",
    113: "EHOSTUNREACH",
}

MACOS_ERRNO: dict[int, str] = {
    1: "EPERM",
    2: "ENOENT",
    12: "ENOMEM",
    13: "EACCES",
    22: "EINVAL",
    23: "ENFILE",
    24: "EMFILE",
    32: "EPIPE",
    40: "EMSGSIZE",
    42: "ENOPROTOOPT",
    47: "EAFNOSUPPORT",
    48: "EADDRINUSE",
    49: "EADDRNOTAVAIL",
    50: "ENETDOWN",
    51: "ENETUNREACH",
    52: "ENETRESET",
    53: "ECONNABORTED",
    54: "ECONNRESET",
    55: "ENOBUFS",
    57: "ENOTCONN",
    58: "ESHUTDOWN",
    60: "ETIMEDOUT",
    61: "ECONNREFUSED",
    64: "EHOSTDOWN",
    65: "EHOSTUNREACH",
}

WINDOWS_ERRNO: dict[int, str] = {
    10013: "EACCES",
    10022: "EINVAL",
    10024: "EMFILE",
    10040: "EMSGSIZE",
    10042: "ENOPROTOOPT",
    10047: "EAFNOSUPPORT",
    10048: "EADDRINUSE",
    10049: "EADDRNOTAVAIL",
    10050: "ENETDOWN",
    10051: "ENETUNREACH",
    10052: "ENETRESET",
    10053: "ECONNABORTED",
    10054: "ECONNRESET",
    10055: "ENOBUFS",
    10057: "ENOTCONN",
    10058: "ESHUTDOWN",
    10060: "ETIMEDOUT",
    10061: "ECONNREFUSED",
    10064: "EHOSTDOWN",
    10065: "EHOSTUNREACH",
}

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

KIND_OF_ERRNO: dict[str, KindName] = {
    "ECONNREFUSED": "tcp.refused",
    "ECONNRESET": "tcp.reset",
    "ENETRESET": "tcp.reset",
    "ECONNABORTED": "tcp.aborted",
    "EPIPE": "tcp.closed",
    "ESHUTDOWN": "tcp.closed",
    "ENOTCONN": "tcp.closed",
    "ETIMEDOUT": "tcp.timed_out",
    "ENETUNREACH": "tcp.address_unreachable.network",
    "ENETDOWN": "tcp.address_unreachable.network",
    "EAFNOSUPPORT": "tcp.address_unreachable.network",
    "EHOSTUNREACH": "tcp.address_unreachable.host",
    "EHOSTDOWN": "tcp.address_unreachable.host",
    "EACCES": "tcp.address_unreachable.prohibited",
    "EPERM": "tcp.address_unreachable.prohibited",
    "ENOPROTOOPT": "tcp.address_unreachable.prohibited",
    "EINVAL": "tcp.address_invalid",
    "EADDRNOTAVAIL": "client.local_address",
    "EADDRINUSE": "client.local_address",
    "EMFILE": "client.resources_exhausted",
    "ENFILE": "client.resources_exhausted",
    "ENOBUFS": "client.resources_exhausted",
    "ENOMEM": "client.resources_exhausted",
}

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

KIND_OF_VERIFY_CODE: dict[int, KindName] = {
    2: CERT_UNKNOWN_ISSUER,
    9: CERT_NOT_YET_VALID,
    10: CERT_EXPIRED,
    18: CERT_SELF_SIGNED,
    19: CERT_UNTRUSTED_ROOT,
    20: CERT_UNKNOWN_ISSUER,
    21: CERT_UNKNOWN_ISSUER,
    23: CERT_REVOKED,
    27: CERT_UNKNOWN_ISSUER,
    62: CERT_NAME_INVALID,
    64: CERT_NAME_INVALID,
}
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

KIND_OF_OPENSSL_REASON: dict[str, KindName] = {
    # alerts on our certificate, or on the lack of one
    "SSLV3_ALERT_BAD_CERTIFICATE": TLS_CLIENT_CERTIFICATE,
    "SSLV3_ALERT_NO_CERTIFICATE": TLS_CLIENT_CERTIFICATE,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": TLS_CLIENT_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_REVOKED": TLS_CLIENT_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": TLS_CLIENT_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": TLS_CLIENT_CERTIFICATE,
    "TLSV1_ALERT_UNKNOWN_CA": TLS_CLIENT_CERTIFICATE,
    "TLSV1_ALERT_ACCESS_DENIED": TLS_CLIENT_CERTIFICATE,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": TLS_CLIENT_CERTIFICATE,
    # nothing in common
    "SSLV3_ALERT_HANDSHAKE_FAILURE": TLS_MISMATCH,
    "HANDSHAKE_FAILURE_ON_CLIENT_HELLO": TLS_MISMATCH,
    "TLSV1_ALERT_PROTOCOL_VERSION": TLS_MISMATCH,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": TLS_MISMATCH,
    "TLSV1_ALERT_INAPPROPRIATE_FALLBACK": TLS_MISMATCH,
    "TLSV1_ALERT_NO_APPLICATION_PROTOCOL": TLS_MISMATCH,
    "UNSUPPORTED_PROTOCOL": TLS_MISMATCH,
    "NO_PROTOCOLS_AVAILABLE": TLS_MISMATCH,
    "NO_CIPHERS_AVAILABLE": TLS_MISMATCH,
    "NO_SHARED_CIPHER": TLS_MISMATCH,
    "NO_SHARED_GROUP": TLS_MISMATCH,
    "NO_SUITABLE_KEY_SHARE": TLS_MISMATCH,
    "NO_SUITABLE_SIGNATURE_ALGORITHM": TLS_MISMATCH,
    "WRONG_CIPHER_RETURNED": TLS_MISMATCH,
    "WRONG_SIGNATURE_TYPE": TLS_MISMATCH,
    "WRONG_SSL_VERSION": TLS_MISMATCH,
    "UNKNOWN_SSL_VERSION": TLS_MISMATCH,
    "VERSION_TOO_LOW": TLS_MISMATCH,
    "VERSION_TOO_HIGH": TLS_MISMATCH,
    "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED": TLS_MISMATCH,
    "DH_KEY_TOO_SMALL": TLS_MISMATCH,
    "BAD_DH_VALUE": TLS_MISMATCH,
    "BAD_ECPOINT": TLS_MISMATCH,
    "TLSV1_UNRECOGNIZED_NAME": "tls.unrecognized_name_alert",
    # the peer does not speak TLS
    "WRONG_VERSION_NUMBER": TLS_NOT_SPOKEN,
    "UNKNOWN_PROTOCOL": TLS_NOT_SPOKEN,
    "HTTP_REQUEST": TLS_NOT_SPOKEN,
    "HTTPS_PROXY_REQUEST": TLS_NOT_SPOKEN,
    "RECORD_LAYER_FAILURE": TLS_NOT_SPOKEN,
    "PACKET_LENGTH_TOO_LONG": TLS_NOT_SPOKEN,
    # it ended early
    "UNEXPECTED_EOF_WHILE_READING": "tls.closed",
    # the rules were broken
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": TLS_PROTOCOL_ERROR,
    "SSLV3_ALERT_BAD_RECORD_MAC": TLS_PROTOCOL_ERROR,
    "SSLV3_ALERT_UNEXPECTED_MESSAGE": TLS_PROTOCOL_ERROR,
    "SSLV3_ALERT_ILLEGAL_PARAMETER": TLS_PROTOCOL_ERROR,
    "SSLV3_ALERT_DECOMPRESSION_FAILURE": TLS_PROTOCOL_ERROR,
    "TLSV1_ALERT_DECODE_ERROR": TLS_PROTOCOL_ERROR,
    "TLSV1_ALERT_DECRYPT_ERROR": TLS_PROTOCOL_ERROR,
    "TLSV1_ALERT_DECRYPTION_FAILED": TLS_PROTOCOL_ERROR,
    "TLSV1_ALERT_RECORD_OVERFLOW": TLS_PROTOCOL_ERROR,
    "TLSV1_ALERT_NO_RENEGOTIATION": TLS_PROTOCOL_ERROR,
    "TLSV1_UNSUPPORTED_EXTENSION": TLS_PROTOCOL_ERROR,
    "TLSV13_ALERT_MISSING_EXTENSION": TLS_PROTOCOL_ERROR,
    "UNEXPECTED_MESSAGE": TLS_PROTOCOL_ERROR,
    "UNEXPECTED_RECORD": TLS_PROTOCOL_ERROR,
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": TLS_PROTOCOL_ERROR,
    "BAD_EXTENSION": TLS_PROTOCOL_ERROR,
    "BAD_RECORD_TYPE": TLS_PROTOCOL_ERROR,
    "BAD_LENGTH": TLS_PROTOCOL_ERROR,
    "BAD_SIGNATURE": TLS_PROTOCOL_ERROR,
    "DATA_LENGTH_TOO_LONG": TLS_PROTOCOL_ERROR,
    "DIGEST_CHECK_FAILED": TLS_PROTOCOL_ERROR,
    "EXCESSIVE_MESSAGE_SIZE": TLS_PROTOCOL_ERROR,
    "INVALID_SESSION_ID": TLS_PROTOCOL_ERROR,
    "LENGTH_MISMATCH": TLS_PROTOCOL_ERROR,
    "APPLICATION_DATA_AFTER_CLOSE_NOTIFY": TLS_PROTOCOL_ERROR,
    "CCS_RECEIVED_EARLY": TLS_PROTOCOL_ERROR,
    # our own files
    "EE_KEY_TOO_SMALL": TLS_FILES_INVALID,
    "CA_KEY_TOO_SMALL": TLS_FILES_INVALID,
    "CA_MD_TOO_WEAK": TLS_FILES_INVALID,
    "KEY_VALUES_MISMATCH": TLS_FILES_INVALID,
    "KEY_TYPE_MISMATCH": TLS_FILES_INVALID,
    "NO_CERTIFICATE_OR_CRL_FOUND": TLS_FILES_INVALID,
    "NO_CERTIFICATE_ASSIGNED": TLS_FILES_INVALID,
    "NO_START_LINE": TLS_FILES_INVALID,
    "BAD_BASE64_DECODE": TLS_FILES_INVALID,
    "BAD_END_LINE": TLS_FILES_INVALID,
    "BAD_PASSWORD_READ": TLS_FILES_INVALID,
    "BAD_DECRYPT": TLS_FILES_INVALID,
    "PEM_LIB": TLS_FILES_INVALID,
    "ASN1_LIB": TLS_FILES_INVALID,
    "PKCS12_PARSE_ERROR": TLS_FILES_INVALID,
    "NOT_ENOUGH_DATA": TLS_FILES_INVALID,
    "CERTIFICATE_VERIFY_FAILED": "tls.cert.invalid",
}
"""``SSLError.reason`` → kind; every other reason is ``tls.failed``."""

KIND_OF_TLS_ALERT: dict[int, KindName] = {
    0: "tls.closed",
    10: TLS_PROTOCOL_ERROR,
    20: TLS_PROTOCOL_ERROR,
    21: TLS_PROTOCOL_ERROR,
    22: TLS_PROTOCOL_ERROR,
    30: TLS_PROTOCOL_ERROR,
    40: TLS_MISMATCH,
    41: TLS_CLIENT_CERTIFICATE,
    42: TLS_CLIENT_CERTIFICATE,
    43: TLS_CLIENT_CERTIFICATE,
    44: TLS_CLIENT_CERTIFICATE,
    45: TLS_CLIENT_CERTIFICATE,
    46: TLS_CLIENT_CERTIFICATE,
    47: TLS_PROTOCOL_ERROR,
    48: TLS_CLIENT_CERTIFICATE,
    49: TLS_CLIENT_CERTIFICATE,
    50: TLS_PROTOCOL_ERROR,
    51: TLS_PROTOCOL_ERROR,
    60: TLS_MISMATCH,
    70: TLS_MISMATCH,
    71: TLS_MISMATCH,
    80: "tls.failed",
    86: TLS_MISMATCH,
    90: "tls.closed",
    100: TLS_PROTOCOL_ERROR,
    109: TLS_PROTOCOL_ERROR,
    110: TLS_PROTOCOL_ERROR,
    111: TLS_CLIENT_CERTIFICATE,
    112: "tls.unrecognized_name_alert",
    113: TLS_PROTOCOL_ERROR,
    114: TLS_PROTOCOL_ERROR,
    115: TLS_CLIENT_CERTIFICATE,
    116: TLS_CLIENT_CERTIFICATE,
    120: TLS_MISMATCH,
}
"""Number of a received TLS alert (``… SSL alert number 40``) → kind."""


# HTTP statuses as failures (RFC 9110 section 15, RFC 6585).

KIND_OF_STATUS: dict[int, KindName] = {
    401: "http.error.auth",
    403: "http.error.auth",
    407: "proxy.auth_required",
    429: "http.error.rate_limited",
    502: "http.error.gateway",
    503: "http.error.unavailable",
    504: "http.error.gateway",
    511: "http.error.captive_portal",
    520: "http.error.gateway",
    521: "http.error.gateway",
    522: "http.error.gateway",
    523: "http.error.gateway",
    524: "http.error.gateway",
    525: "http.error.gateway",
    526: "http.error.gateway",
    529: "http.error.unavailable",
}
"""520 to 526 are a widely met gateway's own (Cloudflare); 529 is "site is overloaded"."""


_NOT_UNDERSTOOD = frozenset({400, 404, 405, 501})
"""What a server that is no proxy, or none for CONNECT, answers to CONNECT."""


def kind_of_status(status: int) -> KindName:
    """The kind for a final HTTP status of 400 or more."""
    return KIND_OF_STATUS.get(status, "http.error")


def kind_of_connect_status(status: int) -> KindName:
    """The kind for a proxy's answer to CONNECT that is not 2xx."""
    if status == 407:
        return "proxy.auth_required"
    if status in _NOT_UNDERSTOOD or status < 400:
        return "proxy.protocol_error"
    return "proxy.upstream_failed" if status >= 500 else "proxy.denied"
