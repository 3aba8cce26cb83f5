"""What ``getaddrinfo`` answers.

Sources: glibc ``sysdeps/posix/gai_strerror-strs.h``, musl ``src/network/gai_strerror.c``,
FreeBSD ``lib/libc/net/gai_strerror.c``, Windows Sockets error codes.
"""

NAME_OF_NUMBER: dict[int, str] = {
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

KIND_OF_NAME: dict[str, str] = {
    "EAI_NONAME": "dns.name_not_resolved",
    "EAI_NODATA": "dns.no_address",
    "EAI_AGAIN": "dns.temporary_failure",
}
"""Every other EAI name is ``dns.failed``."""


def kind_of(number: int) -> str:
    """The kind for a ``gaierror`` number of any platform."""
    return KIND_OF_NAME.get(NAME_OF_NUMBER.get(number, ""), "dns.failed")
