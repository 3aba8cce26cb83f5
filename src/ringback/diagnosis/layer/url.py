"""The stage of the URL: what was asked, and what is wrong with the way it is written.

A text becomes a target: its scheme, given or guessed, then host and port; slips are named, and a
password in it is never shown.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from ringback.diagnosis.facts import UrlFacts
from ringback.diagnosis.layer.url_host import Host, examined, literal
from ringback.diagnosis.model import Asked
from ringback.diagnosis.protocols import ALIASES, PROTOCOLS, Protocol, protocol_of
from ringback.failure.target import without_secrets as without_credentials
from ringback.values import dataclass, field

if TYPE_CHECKING:
    from ringback.diagnosis.context import DiagnosisContext
    from ringback.failure.names import KindName


__all__ = ["parse_target", "read_url"]


INVALID: Final = "url.invalid"
SCHEME_INVALID: Final = "url.scheme_invalid"


class UnusableUrl(Exception):  # noqa: N818 - it never leaves this package
    """Nothing can be tried with the text."""

    def __init__(self, problem: str, kind: KindName = INVALID) -> None:
        super().__init__(problem)
        self.problem = problem
        self.kind = kind


MAX_CHARACTERS: Final = 8192
"""Characters that are read."""

SHOWN: Final = 300
"""Characters that are shown."""

_HEAD = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{0,20}://")
_QUOTES_AROUND = "\"'`“”‘’«»„"
_AROUND = f"{_QUOTES_AROUND}<>(),;"
_SEPARATOR = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)\s*(?::\s*[/\\]*|;//|[/\\]{2,})\s*")
_NESTED = re.compile(r"(?:https?:?/+)+(?=https?:/+)", re.IGNORECASE)


def shown(text: str) -> str:
    """Return a text that may be printed: one line, cut, without what could drive a terminal."""
    cut = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def without_url_secrets(text: str) -> str | None:
    """Return what may be shown of a text that is no URL: no credentials, nothing behind a ``?``."""
    found = _HEAD.match(text)
    head = found[0] if found else ""
    authority, tail = split_authority(text[len(head) :])
    if "@" in tail:
        return None
    path = re.split(r"[?#]", tail, maxsplit=1)[0]
    return shown(head + authority.rpartition("@")[2] + path)


def repaired(text: str) -> str:
    """Return what was probably meant by a text that is no URL."""
    compact = re.sub(r"\s+", "", text).strip(_QUOTES_AROUND).strip("<>()")
    compact = _NESTED.sub("", compact)
    found = _SEPARATOR.match(compact)
    if compact.startswith(("//", "://")):
        compact = f"https://{compact.lstrip(':/')}"
    elif found and (scheme := nearest_scheme(found[1])) and not _of_a_socket(compact, scheme):
        compact = f"{scheme}://{compact[found.end() :]}"
    head, _, rest = compact.rpartition("://")
    authority, tail = split_authority(rest)
    authority = _authority(authority)
    slashes = tail.replace("\\", "/")
    return f"{head}://{authority}{slashes}" if head else f"{authority}{slashes}"


def _of_a_socket(text: str, scheme: str) -> bool:
    """Whether it names no host on purpose, as databases on this machine are named."""
    return ":///" in text and PROTOCOLS[ALIASES.get(scheme, scheme)].name != "http"


def nearest_scheme(scheme: str) -> str | None:
    """Return a scheme that is known, or the one that it is a slip of; ``None``: there is none."""
    lower = scheme.lower()
    if lower in PROTOCOLS or lower in ALIASES:
        return lower
    # The common ones first: of several that are equally near, the first is taken.
    for known in (("https", "http", "wss", "ws"), tuple(PROTOCOLS)):
        near = difflib.get_close_matches(lower, known, n=1, cutoff=0.75)
        if near:
            return near[0]
    return None


def split_authority(rest: str) -> tuple[str, str]:
    """Return the authority and what follows it."""
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    return authority, rest[len(authority) :]


def _authority(authority: str) -> str:
    user, at, place = authority.rpartition("@")
    if place.count(":") > 1 and "[" not in place:
        place = f"[{place.rstrip(']')}]"
    elif place.startswith("[") and "]" not in place:
        place = f"{place}]"
    elif place.startswith("[") and ":" not in place.partition("]")[0]:
        place = place.replace("[", "").replace("]", "")
    elif not place.startswith("["):
        place = re.sub(r"\.{2,}", ".", place.strip(_AROUND).strip(".").rstrip(":"))
    return f"{user}{at}{place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """What stands between the slashes."""

    host: str  # As it was written, IPv6 without brackets
    port: int | None = None  # The port that is given; `None`: none
    userinfo: bool = False  # Whether there were credentials; the password is not kept
    user: str = field(default="", repr=False)  # The name among them, as it is sent; empty: none
    problems: tuple[str, ...] = ()  # What is wrong, or may be
    fatal: bool = False  # Whether nothing can be tried with it


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


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://")
_BROKEN = re.compile(
    rf"({'|'.join(PROTOCOLS)})\s*(?::\s*[/\\]|;//|[/\\]{{2}}|:(?!//|[0-9]*(?:[/?#]|$)))",
    re.IGNORECASE,
)
_OPAQUE = re.compile(
    r"(about|blob|data|file|javascript|mailto|sip|sips|sqlite|tel|unix|urn):(?![0-9])",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"(?:https?|wss?|ftp):?(?:/|$)", re.IGNORECASE)
_TLS_PORTS = (":443", ":8443")


def scheme_of(text: str) -> tuple[str, str, list[str]]:
    """Return the scheme of a text, what follows it, and what is to be noted about it.

    Without a scheme, ``host:port`` is ``tcp`` (``http`` if a path follows), a host ``https``.
    """
    text, notes = _without_jdbc(text)
    found = _SCHEME.match(text)
    if found is None:
        return _guessed(text, notes)
    scheme, rest = found[1].lower(), text[found.end() :]
    if protocol_of(scheme) is None:
        raise UnusableUrl(_unknown(scheme), SCHEME_INVALID)
    if _AGAIN.match(rest) and "/" in rest:
        raise UnusableUrl("the scheme is written twice")
    if rest.startswith("/"):
        raise UnusableUrl("it names no host: three slashes follow the scheme")
    return scheme, rest, notes


def _without_jdbc(text: str) -> tuple[str, list[str]]:
    if text[:5].lower() == "jdbc:":
        return text[5:], ["jdbc: is left out"]
    return text, []


def _unknown(scheme: str) -> str:
    near = nearest_scheme(scheme)
    said = f"the scheme {scheme[:20]!r} is not known"
    return f"{said}: {near}?" if near else said


def _guessed(text: str, notes: list[str]) -> tuple[str, str, list[str]]:
    _refuse(text)
    if _is_version_6(text):
        text = f"[{text}]"
    place, tail = split_authority(text)
    given = re.search(r":[0-9]+$", place)
    if not given or (place.startswith("[") and place.endswith("]")):
        scheme = "https"
    elif not tail:
        scheme = "tcp"
    else:
        scheme = "https" if place.endswith(_TLS_PORTS) else "http"
    said = f"no scheme is given: taken for {scheme}; a program needs {scheme}:// before it"
    if scheme == "tcp":
        said = "no scheme is given: only the connection is tried"
    return scheme, text, [*notes, said]


def _refuse(text: str) -> None:
    if text.startswith(("//", "://", ":/")):
        raise UnusableUrl("the scheme is missing", SCHEME_INVALID)
    if opaque := _OPAQUE.match(text):
        raise UnusableUrl(
            f"{opaque[1].lower()}: names nothing that is connected to", SCHEME_INVALID
        )
    if broken := _BROKEN.match(text):
        raise UnusableUrl(f"'://' must follow {broken[1].lower()!r}")
    if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:[/\\]", text) or "//" in split_authority(text)[1][:2]:
        raise UnusableUrl("'://' must follow the scheme")


def _is_version_6(text: str) -> bool:
    try:
        return bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False


MEANT: Final = "perhaps meant: "
"""What the problem begins with that says how the text should probably have been written."""

_QUOTES: Final = "\"'`“”‘’«»<"
_SAFE: Final = "%/:=&?~+!$,;'@()*[]"
"""What a path or query may hold as it is (RFC 3986, section 3.3)."""

_ENCODE: Final = "in a password '/', '?', '#' and '@' must be percent-encoded"


def parse_target(text: str) -> Asked:
    """Return what a text asks for; what is wrong with it is among the problems. Never raises."""
    text = text[:MAX_CHARACTERS]
    try:
        return _asked(text)
    except UnusableUrl as wrong:
        return _unusable(text, wrong)


def _asked(text: str) -> Asked:
    stripped, notes = _stripped(text)
    scheme, rest, noted = scheme_of(stripped)
    protocol = protocol_of(scheme) or PROTOCOLS["tcp"]
    place, tail = split_authority(rest)
    _refuse_hidden_password(place, tail, protocol)
    place, several = _first(place, protocol)
    authority = _usable(authority_of(_unbroken(place)))
    host = examined(authority.host)
    if host.fatal:
        raise UnusableUrl(host.problems[-1])
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
        logs_in=authority.userinfo,
        protocol=protocol.name,
        tls=protocol.tls,
        problems=tuple(map(shown, [*notes, *_of_path(tail)])),
    )


def _unusable(text: str, wrong: UnusableUrl) -> Asked:
    safe = without_url_secrets(text.strip())
    problem = wrong.problem
    if safe is None:
        safe, problem = "…", f"it is no URL, and not shown: it may hold a password; {_ENCODE}"
    meant = _meant(text)
    problems = [problem, f"{MEANT}{meant}"] if meant else [problem]
    return Asked(text=safe, problems=tuple(map(shown, problems)), kind=wrong.kind)


def _meant(text: str) -> str | None:
    better = repaired(text)
    if without_url_secrets(better) is None:
        return None
    try:
        return _asked(better).text
    except UnusableUrl:
        return None


def _stripped(text: str) -> tuple[str, list[str]]:
    stripped = text.strip()
    if not stripped:
        raise UnusableUrl("nothing is asked")
    if stripped[0] in _QUOTES:
        raise UnusableUrl(f"it begins with {stripped[0]!r}")
    if stripped == text:
        return text, []
    if text.rstrip() != text and not split_authority(stripped.partition("://")[2])[1]:
        raise UnusableUrl("a blank or the end of a line follows the host")
    return stripped, ["blanks around it are left out"]


def _unbroken(place: str) -> str:
    if re.search(r"\s", place):
        raise UnusableUrl("a blank or the end of a line inside the host or port")
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
        raise UnusableUrl(_ENCODE)


def _first(place: str, protocol: Protocol) -> tuple[str, list[str]]:
    """The first of several hosts, which the drivers of databases take."""
    user, at, hosts = place.rpartition("@")
    first, comma, others = hosts.partition(",")
    if not comma or not others or protocol.name in {"http", "none", "dns"}:
        return place, []
    return f"{user}{at}{first}", [f"of several hosts only the first is asked: {first}"]


def _usable(authority: Authority) -> Authority:
    if authority.fatal:
        raise UnusableUrl(authority.problems[-1])
    return authority


def _port(scheme: str, authority: Authority, protocol: Protocol) -> int:
    if protocol.name == "dns":
        return 0
    if authority.port is None and not protocol.port:
        raise UnusableUrl(f"a port is missing: {scheme}://{authority.host}:port")
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


_CONTAINER = ("/.dockerenv", "/run/.containerenv")


def read_url(context: DiagnosisContext) -> None:
    """Record what was asked, as ``url/parse``."""
    asked = context.asked
    host = examined(asked.host) if asked.host else Host(ascii="")
    problems = [problem for problem in asked.problems if not problem.startswith(MEANT)]
    if not asked.kind and _is_this_host(host.ascii) and in_container():
        problems.append(f"{asked.host} is this container itself, not the machine around it")
    context.record(
        UrlFacts,
        asked.text,
        state="failed" if asked.kind else "noted" if problems else "ok",
        result="; ".join(problems) or _in_words(asked),
        kind=asked.kind,
        facts=_facts(asked, host, problems),
    )


def in_container() -> bool:
    """Return whether this program runs in a container, as far as the usual marks tell."""
    return "KUBERNETES_SERVICE_HOST" in os.environ or any(
        Path(mark).exists() for mark in _CONTAINER
    )


def _is_this_host(host: str) -> bool:
    name = host.lower().removesuffix(".")
    address = literal(host)
    if address is not None:
        return address == "::1" or address.startswith("127.")
    return name == "localhost" or name.endswith(".localhost")


def _facts(asked: Asked, host: Host, problems: list[str]) -> UrlFacts:
    meant = [problem.removeprefix(MEANT) for problem in asked.problems if problem.startswith(MEANT)]
    return {
        "scheme": asked.scheme or None,
        "host": asked.host or None,
        "port": asked.port or None,
        "path": asked.path,
        "protocol": asked.protocol,
        "tls": asked.tls,
        "is_address": host.address,
        "logs_in": asked.logs_in,
        "explicit_port": bool(re.search(rf":{asked.port}(?:/|$)", asked.text)),
        "fatal": asked.kind is not None,
        "ascii_host": host.ascii or None,
        "lookalike": host.lookalike is not None,
        "taken_for": host.lookalike,
        "hint": meant[0] if meant else None,
        "container": in_container(),
        "problems": problems,
    }


def _in_words(asked: Asked) -> str:
    if asked.protocol == "dns":
        return f"the addresses of {asked.host}"
    tls = " over TLS" if asked.tls else ""
    what = "a connection" if asked.protocol == "none" else asked.protocol
    return f"{what}{tls} on port {asked.port} of {asked.host}"
