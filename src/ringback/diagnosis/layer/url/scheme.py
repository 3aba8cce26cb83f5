"""The scheme of what was asked, given or guessed."""

from __future__ import annotations

import ipaddress
import re

from ringback.diagnosis.layer.url.text import nearest_scheme, split
from ringback.diagnosis.layer.url.wrong import SCHEME_INVALID, Wrong
from ringback.diagnosis.protocols import PROTOCOLS, protocol_of

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
        raise Wrong(_unknown(scheme), SCHEME_INVALID)
    if _AGAIN.match(rest) and "/" in rest:
        raise Wrong("the scheme is written twice")
    if rest.startswith("/"):
        raise Wrong("it names no host: three slashes follow the scheme")
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
    place, tail = split(text)
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
        raise Wrong("the scheme is missing", SCHEME_INVALID)
    if opaque := _OPAQUE.match(text):
        raise Wrong(f"{opaque[1].lower()}: names nothing that is connected to", SCHEME_INVALID)
    if broken := _BROKEN.match(text):
        raise Wrong(f"'://' must follow {broken[1].lower()!r}")
    if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:[/\\]", text) or "//" in split(text)[1][:2]:
        raise Wrong("'://' must follow the scheme")


def _is_version_6(text: str) -> bool:
    try:
        return bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False
