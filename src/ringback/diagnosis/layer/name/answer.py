"""What the answer of a nameserver says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

_MOST_ADDRESSES: Final = 64
_MOST_ALIASES: Final = 16
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an answer says of a name.

    Attributes:
        addresses: Of the asked type, at the end of the chain of aliases.
        aliases: The chain of canonical names.
        ttl: Seconds the answer may be kept; ``None``: there is none.
        negative_ttl: Seconds its absence may be kept (RFC 2308); ``None``: not told.
        errors: Extended errors (RFC 8914), code and text.
        authoritative: Whether the server says so of itself.
        recursion: Whether it says that it asks other servers; without, and without authority, it
            only points at them.
    """

    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl: int | None = None
    negative_ttl: int | None = None
    errors: tuple[tuple[int, str], ...] = ()
    authoritative: bool = False
    recursion: bool = True


def answer_of(message: dns.message.Message, name: dns.name.Name, type_: str) -> Answer:
    """Return what an answer says of a name."""
    wanted = dns.rdatatype.from_text(type_)
    addresses: list[str] = []
    aliases: list[str] = []
    ttls: list[int] = []
    here = name
    while len(aliases) <= _MOST_ALIASES:
        found = {one.rdtype: one for one in message.answer if one.name == here}
        if wanted in found:
            addresses = [str(rdata) for rdata in found[wanted]][:_MOST_ADDRESSES]
            ttls.append(found[wanted].ttl)
            break
        if dns.rdatatype.CNAME not in found:
            break
        alias = found[dns.rdatatype.CNAME]
        ttls.append(alias.ttl)
        here = alias[0].target
        aliases.append(printable(here.to_text(omit_final_dot=True)))
    return Answer(
        addresses=tuple(addresses),
        aliases=tuple(aliases),
        ttl=min(ttls, default=None),
        negative_ttl=None if addresses else _negative_ttl(message),
        errors=_errors(message),
        authoritative=bool(message.flags & dns.flags.AA),
        recursion=bool(message.flags & dns.flags.RA),
    )


def printable(text: str) -> str:
    """Return text of the network cut and without what could drive a terminal."""
    return "".join(c if c.isprintable() else "�" for c in text[:_LONGEST])


def _negative_ttl(message: dns.message.Message) -> int | None:
    for one in message.authority:
        if one.rdtype == dns.rdatatype.SOA:
            return int(min(one.ttl, one[0].minimum))
    return None


def _errors(message: dns.message.Message) -> tuple[tuple[int, str], ...]:
    found = [one for one in message.options if isinstance(one, dns.edns.EDEOption)]
    return tuple((int(one.code), printable(one.text or "")) for one in found[:8])
