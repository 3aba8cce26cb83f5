"""Operating-system error numbers.

Sources: Linux ``include/uapi/asm-generic/errno*.h``; XNU ``bsd/sys/errno.h``; Windows Sockets
error codes (``winerror.h``) and the Win32 codes that CPython and Rust map to connection errors.
"""

LINUX: dict[int, str] = {
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

MACOS: dict[int, str] = {
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

WINDOWS: dict[int, str] = {
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

WINDOWS_WIN32: dict[int, str] = {
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

KIND_OF_NAME: dict[str, str] = {
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
