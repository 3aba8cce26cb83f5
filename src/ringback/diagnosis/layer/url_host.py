"""The host of what was asked: an address, or a name as the DNS has it; lookalike letters."""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from typing import Final

from ringback.values import dataclass

_TWINS: Final = {
    "CYRILLIC": ("аесорхуіјѕһԁԛԝӏкѵ", "aecopxyijshdqwlkv"),
    "GREEK": ("αγικνορτυχω", "ayikvoptuxw"),
    "ARMENIAN": ("ոսցօհզյ", "nugohqj"),
    "CHEROKEE": ("ꭰꭱꭲꭺꮃꮤꮪꮯ", "drtglwsc"),
}
"""Script to its letters that are taken for Latin ones, and those they are taken for."""

_LATIN: Final = str.maketrans(
    "".join(letters for letters, _ in _TWINS.values()),
    "".join(latin for _, latin in _TWINS.values()),
)


def taken_for(host: str) -> str | None:
    """Return the name in Latin letters that a host may be taken for; ``None``: none.

    A label that mixes Latin with another script that has letters of the same shape, or that
    consists of such letters only below a top level in Latin (Unicode Technical Standard 39,
    section 5).
    """
    labels = host.split(".")
    among_latin = labels[-1].isascii()
    deceiving = [_mixes(label) or (among_latin and _passes(label)) for label in labels]
    if not any(deceiving):
        return None
    return ".".join(
        _latin(label) if deceives else label
        for label, deceives in zip(labels, deceiving, strict=True)
    )


def _mixes(label: str) -> bool:
    scripts = _scripts(label)
    return "LATIN" in scripts and bool(scripts & set(_TWINS))


def _passes(label: str) -> bool:
    return bool(_scripts(label) & set(_TWINS)) and _latin(label).isascii()


def _latin(label: str) -> str:
    return label.lower().translate(_LATIN)


def _scripts(label: str) -> set[str]:
    return {unicodedata.name(c, "").split(" ", 1)[0] for c in label if c.isalpha()}


_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._\-]")
_DOTS = str.maketrans("。．｡", "...")
"""What IDNA takes for a dot (RFC 3490, section 3.1)."""
_UNSET = frozenset({"none", "null", "undefined", "nan", "nil"})
_DISPUTED = frozenset("ßς\u200c\u200d")
"""What IDNA 2003 and 2008 write differently (Unicode Technical Standard 46, section 2.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host that was examined."""

    ascii: str  # As the DNS has it, or the address
    address: bool = False  # Whether it is an address
    fatal: bool = False  # Whether nothing can be tried with it
    problems: tuple[str, ...] = ()  # What is wrong, or may be
    lookalike: str | None = None  # The name it may be taken for


def examined(host: str) -> Host:
    """Return what there is to say of a host."""
    if ":" in host:
        return _version_6(host)
    if _is_number(host):
        return _version_4(host)
    return _name(host)


def ascii_host(host: str) -> str:
    """Return a host as it is sent: in IDNA's form where it is not ASCII."""
    return examined(host).ascii


def literal(host: str) -> str | None:
    """Return the address that a host is, in its usual form; ``None``: it is a name.

    Also forms of IPv4 that only the C library takes (``127.1``, ``0x7f.1``).
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass  # perhaps one of the forms below
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if _is_number(host) else None
    except (OSError, UnicodeError):
        return None


def _is_number(host: str) -> bool:
    """Whether a host ends in a number, which no name does: it must be an IPv4 address."""
    last = host.rstrip(".").rpartition(".")[2]
    return bool(re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", last))


def _version_6(host: str) -> Host:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return Host(ascii=host, fatal=True, problems=(f"{host!r} is no IPv6 address",))
    if address.is_link_local and not address.scope_id:
        said = f"{host} is link-local: it needs the interface, as in {host}%eth0"
        return Host(ascii=str(address), address=True, problems=(said,))
    return Host(ascii=str(address), address=True)


def _version_4(host: str) -> Host:
    address = literal(host)
    if address is None:
        said = f"{host!r} ends in a number but is no IPv4 address"
        return Host(ascii=host, fatal=True, problems=(said,))
    if address == host:
        return Host(ascii=host, address=True)
    said = f"{host!r} is an unusual way to write {address}"
    return Host(ascii=address, address=True, problems=(said,))


def _name(host: str) -> Host:
    problems = []
    mapped = unicodedata.normalize("NFKC", host).translate(_DOTS)
    if mapped != host:
        problems.append(f"{host!r} has full-width characters; it is read as {mapped!r}")
    encoded, wrong = _encoded(mapped)
    if wrong:
        return Host(ascii=host, fatal=True, problems=(*problems, wrong))
    wrong = _wrong_in(encoded)
    if wrong:
        return Host(ascii=encoded, fatal=True, problems=(*problems, wrong))
    twin = taken_for(_decoded(encoded))
    problems += _noted(mapped, encoded, twin)
    return Host(ascii=encoded, problems=tuple(problems), lookalike=twin)


def _encoded(name: str) -> tuple[str, str | None]:
    if name.isascii():
        return name, None
    dot = "." if name.endswith(".") else ""
    try:
        return name.rstrip(".").encode("idna").decode("ascii") + dot, None
    except UnicodeError as error:
        return name, f"{name!r} cannot be written as a name of the DNS: {error}"


def _decoded(name: str) -> str:
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name


def _wrong_in(name: str) -> str | None:
    """What makes an ASCII name impossible (RFC 1035, section 2.3.4)."""
    bad = sorted(set(_NOT_IN_A_NAME.findall(name)))
    if bad:
        return _bad_characters(name, bad)
    labels = name.removesuffix(".").split(".")
    if not all(labels):
        return f"{name!r} has an empty label: two dots in a row, or one at its beginning"
    if any(len(label) > 63 for label in labels):
        return "a label of the host is longer than 63 characters"
    if len(name.removesuffix(".")) > 253:
        return "the host is longer than 253 characters"
    return None


def _bad_characters(name: str, bad: list[str]) -> str:
    said = f"the host {name!r} contains {' '.join(map(repr, bad))}"
    if set(bad) & set("{}$<>"):
        return f"{said}: a variable that was not filled in?"
    if "%" in bad:
        return f"{said}: a host is not percent-encoded"
    return said


def _noted(name: str, encoded: str, twin: str | None) -> list[str]:
    """What is odd about a name that can be asked for."""
    notes = []
    if twin is not None:
        notes.append(f"{name!r} ({encoded}) is written with letters that look like {twin!r}")
    if _DISPUTED & set(name):
        notes.append(f"clients differ in how they write {name!r}; here it is {encoded}")
    if encoded.endswith("."):
        notes.append("the host ends in a dot: absolute, no search domain is tried")
    if encoded.lower() in _UNSET:
        notes.append(f"the host is {encoded!r}: a variable that was not set?")
    labels = encoded.removesuffix(".").split(".")
    if any(label.startswith("-") or label.endswith("-") for label in labels):
        notes.append("a label begins or ends with a hyphen, which some resolvers refuse")
    return notes
