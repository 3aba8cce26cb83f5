"""Host and port as a URL has them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """What stands between the slashes.

    Attributes:
        host: As it was written, IPv6 without brackets.
        port: The port that is given; ``None``: none.
        userinfo: Whether there were credentials; the password is not kept.
        user: The name among them, as it is sent; empty: none.
        problems: What is wrong, or may be.
        fatal: Whether nothing can be tried with it.
    """

    host: str
    port: int | None = None
    userinfo: bool = False
    user: str = field(default="", repr=False)
    problems: tuple[str, ...] = ()
    fatal: bool = False


def authority_of(text: str) -> Authority:
    """Return the host and port of a text (RFC 3986, section 3.2)."""
    credentials, at, place = text.rpartition("@")
    problems: list[str] = []
    if at:
        problems.append("it carries credentials, which are not shown here")
    host, port, wrong = _bracketed(place) if place.startswith("[") else _plain(place)
    number = None
    if port is not None and not wrong:
        number, wrong = _number(port)
        if not port:
            problems.append("a colon without a port: the usual port is meant")
    if not host and not wrong:
        wrong = "it names no host"
    return Authority(
        host=host,
        port=number,
        userinfo=bool(at),
        user=unquote(credentials.partition(":")[0]),
        problems=(*problems, *([wrong] if wrong else [])),
        fatal=bool(wrong),
    )


def _bracketed(place: str) -> tuple[str, str | None, str | None]:
    inner, closing, rest = place[1:].partition("]")
    inner = _with_zone(inner)
    if not closing:
        return inner, None, "the bracket before the address is never closed"
    if ":" not in inner:
        return inner, None, "brackets are for IPv6 addresses only"
    if not rest:
        return inner, None, None
    if not rest.startswith(":"):
        return inner, None, f"{rest[:20]!r} follows the bracket, where only a port may"
    return inner, rest[1:], None


def _plain(place: str) -> tuple[str, str | None, str | None]:
    if "[" in place or "]" in place:
        return place, None, "a bracket inside the host"
    if place.count(":") > 1:
        return place, None, "an IPv6 address needs brackets; and there is one port at most"
    host, colon, port = place.partition(":")
    return host, port if colon else None, None


def _with_zone(address: str) -> str:
    """The address with its zone behind ``%``, which a URL writes ``%25`` (RFC 6874)."""
    return address.replace("%25", "%", 1) if "%25" in address else address


def _number(port: str) -> tuple[int | None, str | None]:
    if not port:
        return None, None
    if not re.fullmatch(r"[0-9]+", port):
        return None, f"the port {port[:20]!r} is no number"
    number = int(port[:9])
    if not 1 <= number <= 65535:
        return None, f"the port {port[:20]} is not between 1 and 65535"
    return number, None
