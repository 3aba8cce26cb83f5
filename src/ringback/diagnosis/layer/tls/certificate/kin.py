"""Whether the issuer of a certificate looks like a part of an authority that is trusted.

A server that forgets its intermediate certificate and one whose authority is private look the same
to OpenSSL. Names tell more: "Example Issuing CA 3" is likely to be vouched for by "Example Root".
"""

from __future__ import annotations

import re
import ssl
from typing import Any, Literal

_WORD = re.compile(r"[^\W\d_]{2,}")
_GENERIC = frozenset(
    [
        "ca",
        "cas",
        "root",
        "roots",
        "authority",
        "authorities",
        "certificate",
        "certificates",
        "certification",
        "certifying",
        "issuing",
        "issuer",
        "intermediate",
        "sub",
        "subordinate",
        "trust",
        "trusted",
        "tls",
        "ssl",
        "rsa",
        "ecc",
        "ecdsa",
        "sha",
        "server",
        "services",
        "service",
        "global",
        "public",
        "primary",
        "class",
        "network",
        "networks",
        "secure",
        "security",
        "digital",
        "web",
        "inc",
        "ltd",
        "llc",
        "corp",
        "corporation",
        "gmbh",
        "co",
        "limited",
        "company",
        "organization",
        "test",
        "lab",
        "local",
        "internal",
        "private",
        "the",
        "of",
        "and",
        "for",
    ]
)
"""Words in the names of authorities that say nothing of who they are."""
_INTERMEDIATE = frozenset({"intermediate", "issuing", "sub", "subordinate"})

Role = Literal["root", "intermediate"]


def role_of(issuer: str) -> Role | None:
    """Return what an authority calls itself; ``None``: neither."""
    words = _words(issuer)
    if words & _INTERMEDIATE:
        return "intermediate"
    return "root" if words & {"root", "roots"} else None


def kin_of(issuer: str, context: ssl.SSLContext) -> str | None:
    """Return a trusted authority whose name has a word in common with the issuer's."""
    wanted = _words(issuer) - _GENERIC
    for one in context.get_ca_certs():
        name = _name(one.get("subject"))
        if wanted & _words(name):
            return name[:200]
    return None


def _words(name: str) -> frozenset[str]:
    values = " ".join(part.partition("=")[2] for part in name.split(", ") if part[:2] != "C=")
    return frozenset(word.lower() for word in _WORD.findall(values))


def _name(subject: Any) -> str:
    """The ``ssl`` module's tuples of tuples as ``CN=…, O=…``."""
    short = {"commonName": "CN", "organizationName": "O"}
    pairs = (pair for relative in subject or () for pair in relative)
    return ", ".join(f"{short[key]}={value}" for key, value in pairs if key in short)
