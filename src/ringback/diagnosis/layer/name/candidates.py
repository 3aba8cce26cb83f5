"""Under which names a name is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import dns.exception
import dns.name

from ringback.diagnosis.layer.url.host import ascii_host

if TYPE_CHECKING:
    from ringback.diagnosis.layer.host.resolver import Resolver

_MOST: Final = 6
"""Search domains that are tried: more than the C library once took."""


def candidates(host: str, config: Resolver) -> list[dns.name.Name]:
    """Return the names that the C library asks for, in its order (resolv.conf(5)).

    A name with fewer dots than ``ndots`` is tried with each search domain first, others as they
    are first; one that ends in a dot only as it is.
    """
    text = ascii_host(host)
    own = absolute(text)
    if own is None:
        return []
    if text.endswith("."):
        return [own]
    searched = [name for domain in config.search[:_MOST] if (name := absolute(f"{text}.{domain}"))]
    return [own, *searched] if text.count(".") >= config.ndots else [*searched, own]


def absolute(text: str) -> dns.name.Name | None:
    """Return a name of the DNS; ``None``: it is none."""
    try:
        return dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError):
        return None


def plain(name: dns.name.Name) -> str:
    """Return a name without the dot at its end."""
    return name.to_text(omit_final_dot=True)
