"""What a text asks for."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from ringback.diagnosis.layer.url.authority import Authority, authority_of
from ringback.diagnosis.layer.url.host import examined
from ringback.diagnosis.layer.url.scheme import scheme_of
from ringback.diagnosis.layer.url.text import LONGEST, repaired, shown, split, without_secrets
from ringback.diagnosis.layer.url.wrong import Wrong
from ringback.diagnosis.model import Asked
from ringback.diagnosis.protocols import PROTOCOLS, Protocol, protocol_of
from ringback.failure.target import without_secrets as without_credentials

MEANT: Final = "perhaps meant: "
"""What the problem begins with that says how the text should probably have been written."""

_QUOTES: Final = "\"'`“”‘’«»<"
_SAFE: Final = "%/:=&?~+!$,;'@()*[]"
"""What a path or query may hold as it is (RFC 3986, section 3.3)."""

_ENCODE: Final = "in a password '/', '?', '#' and '@' must be percent-encoded"


def asked_of(text: str) -> Asked:
    """Return what a text asks for; what is wrong with it is among the problems. Never raises."""
    text = text[:LONGEST]
    try:
        return _asked(text)
    except Wrong as wrong:
        return _unusable(text, wrong)


def _asked(text: str) -> Asked:
    stripped, notes = _stripped(text)
    scheme, rest, noted = scheme_of(stripped)
    protocol = protocol_of(scheme) or PROTOCOLS["tcp"]
    place, tail = split(rest)
    _refuse_hidden_password(place, tail, protocol)
    place, several = _first(place, protocol)
    authority = _usable(authority_of(_unbroken(place)))
    host = examined(authority.host)
    if host.fatal:
        raise Wrong(host.problems[-1])
    path, query = _path_and_query(tail)
    port = _port(scheme, authority, protocol)
    notes += [*noted, *several, *authority.problems, *host.problems, *_mismatch(scheme, port)]
    return Asked(
        text=shown(f"{scheme}://{_written(authority)}{without_credentials(path)}"),
        scheme=scheme,
        host=authority.host,
        port=port,
        path=path or "/",
        query=query,
        user=authority.user,
        protocol=protocol.name,
        tls=protocol.tls,
        problems=tuple(map(shown, [*notes, *_of_path(tail)])),
    )


def _unusable(text: str, wrong: Wrong) -> Asked:
    safe = without_secrets(text.strip())
    problem = wrong.problem
    if safe is None:
        safe, problem = "…", f"it is no URL, and not shown: it may hold a password; {_ENCODE}"
    meant = _meant(text)
    problems = [problem, f"{MEANT}{meant}"] if meant else [problem]
    return Asked(text=safe, problems=tuple(map(shown, problems)), kind=wrong.kind)


def _meant(text: str) -> str | None:
    better = repaired(text)
    if without_secrets(better) is None:
        return None
    try:
        return _asked(better).text
    except Wrong:
        return None


def _stripped(text: str) -> tuple[str, list[str]]:
    stripped = text.strip()
    if not stripped:
        raise Wrong("nothing is asked")
    if stripped[0] in _QUOTES:
        raise Wrong(f"it begins with {stripped[0]!r}")
    if stripped == text:
        return text, []
    if text.rstrip() != text and not split(stripped.partition("://")[2])[1]:
        raise Wrong("a blank or the end of a line follows the host")
    return stripped, ["blanks around it are left out"]


def _unbroken(place: str) -> str:
    if re.search(r"\s", place):
        raise Wrong("a blank or the end of a line inside the host or port")
    return place


def _refuse_hidden_password(place: str, tail: str, protocol: Protocol) -> None:
    """Refuse what is a password cut by its own ``/``, ``?`` or ``#`` rather than a path.

    An HTTP path may well have an ``@`` (``/react@18``, ``/@user``).
    """
    if protocol.name != "http":
        hidden = "@" in tail
    else:
        hidden = "@" in place and re.search(r"[^/]@", re.split(r"[?#]", tail)[0]) is not None
    if hidden:
        raise Wrong(_ENCODE)


def _first(place: str, protocol: Protocol) -> tuple[str, list[str]]:
    """The first of several hosts, which the drivers of databases take."""
    user, at, hosts = place.rpartition("@")
    first, comma, others = hosts.partition(",")
    if not comma or not others or protocol.name in {"http", "none", "dns"}:
        return place, []
    return f"{user}{at}{first}", [f"of several hosts only the first is asked: {first}"]


def _usable(authority: Authority) -> Authority:
    if authority.fatal:
        raise Wrong(authority.problems[-1])
    return authority


def _port(scheme: str, authority: Authority, protocol: Protocol) -> int:
    if protocol.name == "dns":
        return 0
    if authority.port is None and not protocol.port:
        raise Wrong(f"a port is missing: {scheme}://{authority.host}:port")
    return authority.port or protocol.port


def _mismatch(scheme: str, port: int) -> list[str]:
    """A scheme on the port of its like with, or without, TLS."""
    asked = protocol_of(scheme)
    if asked is None or asked.name == "none" or port == asked.port:
        return []
    for other, like in PROTOCOLS.items():
        if like.port == port and like.name == asked.name and like.tls != asked.tls:
            return [f"{scheme}:// on port {port}, which is usual for {other}://"]
    return []


def _path_and_query(tail: str) -> tuple[str, str]:
    path, _, query = tail.partition("#")[0].partition("?")
    path, query = (quote(part, safe=_SAFE, errors="replace") for part in (path, query))
    return (path if not path or path.startswith("/") else f"/{path}"), query


def _of_path(tail: str) -> list[str]:
    path = re.split(r"[?#]", tail, maxsplit=1)[0]
    notes = []
    if re.search(r"\s", path):
        notes.append("a blank or the end of a line in the path: it is sent percent-encoded")
    if "\\" in path:
        notes.append("a backslash in the path: it is sent percent-encoded")
    if path == tail and path[-1:] in {*".,;)]}>", *_QUOTES} - {""}:
        notes.append(f"it ends in {path[-1]!r}: does that belong to it?")
    return notes


def _written(authority: Authority) -> str:
    host = f"[{authority.host}]" if ":" in authority.host else authority.host
    return host if authority.port is None else f"{host}:{authority.port}"
