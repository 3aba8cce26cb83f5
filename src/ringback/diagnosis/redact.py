"""A diagnosis that may be shown to strangers: names and addresses are placeholders."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

from ringback.diagnosis.fact_values import address_of
from ringback.failure.target import without_secrets

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from ringback.diagnosis.model import Diagnosis, Reading, Verdict


__all__ = ["is_placeholder", "redacted"]


# What stands for a name or address: the same for the same, wherever it occurs.

_PLACEHOLDER = re.compile(r"\b(?:host|address|user|path|hidden|interface)-\d+\b")
_INTERFACE = re.compile(
    r"(?:lo|eth|en[opsx]|wlan?|wl[opsx]|ww|tun|tap|utun|wg|ppp|docker|br|virbr|veth|bond|vlan)"
    r"[\dpsf.]*"
)
_SHARED = frozenset({"localhost", "ip6-localhost", "localhost.localdomain", "local", "invalid"})


def is_placeholder(text: str) -> bool:
    """Return whether a text holds a placeholder; two reports number theirs independently."""
    return _PLACEHOLDER.search(text) is not None


class Placeholders:
    """Numbers what it is asked for, in the order it first came."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def of(self, sort: str, value: str) -> str:
        """Return the placeholder of a value of some sort."""
        counted = sum(1 for known, _ in self._numbers if known == sort)
        return f"{sort}-{self._numbers.setdefault((sort, value), counted + 1)}"

    def address(self, address: IPv4Address | IPv6Address) -> str:
        """Return what stands for an address: it keeps the family, and whether it is public.

        Loopback and the unspecified address tell nothing and stay.
        """
        if address.is_loopback or address.is_unspecified:
            return str(address)
        scope = "public" if address.is_global else "private"
        return f"{self.of('address', str(address))}-v{address.version}-{scope}"

    def host(self, name: str) -> str:
        """Return what stands for a host; a name and its IDNA form are the same."""
        address = address_of(name.strip("[]"))
        if address is not None:
            hidden = self.address(address)
            return f"[{hidden}]" if name.startswith("[") else hidden
        if name.startswith("*."):
            return f"*.{self.host(name[2:])}"
        plain = ascii_of(name)
        return name if not plain or plain in _SHARED else self.of("host", plain)

    def interface(self, name: str) -> str:
        """Return what stands for a network interface; usual names, as ``eth0``, stay."""
        return name if _INTERFACE.fullmatch(name) else self.of("interface", name)


def ascii_of(name: str) -> str:
    """Return a name in lower case, in its IDNA form where it has one, without the last dot."""
    plain = name.rstrip(".").lower()
    with suppress(UnicodeError):
        return plain.encode("idna").decode()
    return plain


# What the keys of facts say about their values.

NAMES = frozenset(
    {
        *("host", "ascii_host", "name", "asked", "answered", "cnames", "names", "search", "sni"),
        *("server", "sender", "excluded_by", "nameservers", "hostname", "taken_for", "domain"),
    }
)
"""Keys of names and addresses, also of such without a dot."""

WORDS = frozenset(
    {
        *("scheme", "protocol", "outcome", "outcomes", "rcode", "type", "eai", "errno", "error"),
        *("speaks", "method", "version", "cipher", "alpn", "key", "signature", "role", "python"),
        *("openssl", "platform", "table_type", "truncated_how", "phase", "delivered"),
        *("not_before", "not_after", "hosts_order", "variable", "invalid"),
        *("layer", "what", "state", "kind"),
        *("content-type", "content-length", "transfer-encoding", "date", "retry-after", "store"),
    }
)
"""Keys of values that are words of a protocol, and of no one in particular."""

STRANGERS = frozenset(
    {
        *("first_bytes", "body_start", "message", "via", "authenticate", "www-authenticate"),
        *("serial", "sha256", "x-cache", "cf-ray", "subject", "issuer", "alt-svc", "ede"),
        *("title", "reason", "squid_error", "x-squid-error", "x-sucuri-id", "x-amzn-waf-action"),
    }
)
"""Keys of texts and numbers of strangers, hidden as a whole."""

_CERTIFIED = frozenset({"serial", "sha256", "subject", "issuer"})
"""Those of ``STRANGERS`` that are quoted by their parts, if at all."""

_HOST_PORT = re.compile(r"(\[[^\]\s]+\]|[\w.*-]+):(\d{1,5})(?!\S)")
_PART = re.compile(r"(?:^|[,/+])\s*[\w.]+\s*=\s*([^,/+=]{3,})")
_QUOTED = 4
"""Characters from which on a stranger's text is looked for in other texts."""

_RENAMED = {("interfaces", "name"): "interface", ("headers", "server"): "banner"}
"""Keys that mean something else within others."""


_PHRASES = frozenset(status.phrase for status in HTTPStatus)
_OPENSSL = re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)+")


def known_in(subject: str, facts: Mapping[str, Any], hide: Placeholders) -> Known:
    """Return what is a name without looking like one, in a reading."""
    found: Known = {}
    for match in _HOST_PORT.finditer(subject):
        _name(found, match[1], hide)
    _collect(found, "", facts, hide)
    return found


def _collect(found: Known, key: str, value: Any, hide: Placeholders) -> None:
    if isinstance(value, Mapping):
        for inner, item in value.items():
            _collect(found, _RENAMED.get((key, str(inner)), str(inner)), item, hide)
    elif isinstance(value, list | tuple):
        for item in value:
            _collect(found, key, item, hide)
    elif isinstance(value, str) and value:
        _collect_text(found, key, value, hide)


def _collect_text(found: Known, key: str, value: str, hide: Placeholders) -> None:
    if key in NAMES:
        _name(found, value, hide)
    elif key == "interface":
        found[value] = lambda: hide.interface(value)
    elif _is_strangers(key, value):
        for text in (value, *(part[1].strip() for part in _PART.finditer(value))):
            if re.fullmatch(r"[\w*-]+(\.[\w-]+)+", text):
                _name(found, text, hide)
            elif len(text) >= _QUOTED:
                found.setdefault(text, _hidden(hide, text))


def _name(found: Known, value: str, hide: Placeholders) -> None:
    """Take up a name; an address is found without, and a URL or sentence is no name."""
    host, _, port = value.rpartition(":")
    name = host if host and port.isdigit() else value
    if address_of(name.strip("[]")) is None and re.fullmatch(r"[\w.*-]+", name):
        found[name.rstrip(".")] = lambda: hide.host(name)


def _hidden(hide: Placeholders, text: str) -> Callable[[], str]:
    return lambda: hide.of("hidden", text)


def clean(key: str, value: Any, hide: Placeholders, text: Cleaner) -> Any:
    """Return a fact with placeholders."""
    if isinstance(value, Mapping):
        return {_key(str(k), text): clean(str(k), v, hide, text) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [clean(key, item, hide, text) for item in value]
    if not isinstance(value, str) or not value or key in WORDS:
        return value
    if _is_strangers(key, value):
        return hide.of("hidden", value)
    return text.path(value) if key == "path" else text(value)


def strangers_in(value: Any, key: str = "") -> list[str]:
    """Return the texts of strangers in facts."""
    if isinstance(value, Mapping):
        return [text for k, v in value.items() for text in strangers_in(v, str(k))]
    if isinstance(value, list | tuple):
        return [text for item in value for text in strangers_in(item, key)]
    quoted = isinstance(value, str) and key not in _CERTIFIED and _is_strangers(key, value)
    return [value] if quoted else []


def _is_strangers(key: str, value: str) -> bool:
    """Whether a text is a stranger's own; reasons of RFC 9110 and of OpenSSL are everybody's."""
    common = key == "reason" and (value in _PHRASES or _OPENSSL.fullmatch(value))
    return key in STRANGERS and not common


def _key(key: str, text: Cleaner) -> str:
    return text(key) if "." in key or ":" in key else key


# Names, addresses, URLs and paths in running text.

_URL = r"(?P<url>[a-z][a-z0-9+.-]*://[^\s\"'<>`]*)"
_EMAIL = r"(?P<email>[\w.+-]+@(?:[\w-]+\.)*[\w-]+)"
_NAME = r"(?P<name>(?<![\w-])(?:\*\.)?(?:[\w-]{1,63}\.)+[^\W\d_][\w-]{1,62})"
_V6 = r"(?P<v6>(?<![\w:.])(?:[0-9a-f]{0,4}:){2,8}[0-9a-f.]*(?:%[\w.-]*\w)?)"
_V4 = r"(?P<v4>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d))"
_PATH = r"(?P<path>(?<![\w.:/*-])~?/[^\s,;:'\"()<>`]+|\b[a-z]:\\[^\s,;'\"<>`]+)"

_SYSTEM = re.compile(r"/(?:etc|usr|proc|sys|dev|run|lib|lib64)/[\w./-]*")
"""Paths that are the same everywhere."""

_FILES = frozenset({"conf", "pem", "crt", "cer", "cnf", "json", "txt", "log", "html", "service"})
"""Suffixes of files that are no top-level domains."""

_PARTS = re.compile(r"([a-z][a-z0-9+.-]*://)(\[[^\]]*\]|[^/:\s]*)(:\d+)?(.*)", re.IGNORECASE)

_QUOTE = 10
"""So many characters in a row that a stranger said too are taken for a quotation."""

Known: TypeAlias = dict[str, Callable[[], str]]
"""Texts that are names although they do not look like one, and what stands for each."""


class Cleaner:
    """Replaces what tells who somebody is."""

    def __init__(
        self, placeholders: Placeholders, known: Known, strangers: Iterable[str] = ()
    ) -> None:
        self._hide = placeholders
        self._said = {
            text[at : at + _QUOTE]: text
            for text in strangers
            for at in range(len(text) - _QUOTE + 1)
        }
        self._known = {text.lower(): put for text, put in known.items() if text}
        words = sorted(self._known, key=len, reverse=True)
        listed = "|".join(re.escape(word) for word in words) or r"(?!)"
        mine = rf"(?P<known>(?<![^\W_])(?:{listed})(?!\.?[^\W_]))"
        every = (_URL, _EMAIL, mine, _NAME, _V6, _V4, _PATH)
        self._pattern = re.compile("|".join(every), re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """Return the text with placeholders."""
        text, parts, done = without_secrets(text), [], 0
        for found in self._pattern.finditer(text):
            parts += [self._unquoted(text[done : found.start()]), self._put(found)]
            done = found.end()
        return "".join([*parts, self._unquoted(text[done:])])

    def _unquoted(self, text: str) -> str:
        parts, done, at = [], 0, 0
        while self._said and at <= len(text) - _QUOTE:
            said = self._said.get(text[at : at + _QUOTE])
            if said is None:
                at += 1
                continue
            end = at + _QUOTE
            while end < len(text) and text[end - _QUOTE + 1 : end + 1] in self._said:
                end += 1
            parts += [text[done:at], self._hide.of("hidden", said)]
            done = at = end
        return "".join([*parts, text[done:]])

    def url(self, text: str) -> str:
        """Return a URL with placeholders for its host and path; scheme and port stay."""
        parts = _PARTS.fullmatch(without_secrets(text))
        if parts is None:
            return self._hide.of("hidden", text)
        scheme, host, port, path = parts.groups()
        rest = self._hide.of("path", path) if path.strip("/.,;)") else path
        slash = "/" if rest != path else ""
        return f"{scheme}{self._hide.host(host) if host else ''}{port or ''}{slash}{rest}"

    def _put(self, found: re.Match[str]) -> str:
        text = found[0]
        put = self._known.get(text.lower()) if found.lastgroup == "known" else None
        if put is not None:
            return put()
        sort: str = found.lastgroup or ""
        turned: str = getattr(self, f"_{sort}", self._same)(text)
        return turned

    def _same(self, text: str) -> str:
        return text

    def _url(self, text: str) -> str:
        bare = text.rstrip(".,;:)")
        return self.url(bare) + text[len(bare) :]

    def _email(self, text: str) -> str:
        user, _, host = text.rpartition("@")
        return f"{self._hide.of('user', user)}@{self._hide.host(host)}"

    def _name(self, text: str) -> str:
        labels = text.split(".")
        if len(labels) == 2 and labels[1].lower() in _FILES:
            return text
        return self._hide.host(text)

    def _v6(self, text: str) -> str:
        bare = text if address_of(text) else text.rstrip(":.")
        address = address_of(bare)
        return text if address is None else self._hide.address(address) + text[len(bare) :]

    def _v4(self, text: str) -> str:
        address = address_of(text)
        return text if address is None else self._hide.address(address)

    def _path(self, text: str) -> str:
        bare = text.rstrip(".")
        return self.path(bare) + text[len(bare) :]

    def path(self, text: str) -> str:
        """Return what stands for a path; those that are the same everywhere stay."""
        everywhere = _SYSTEM.fullmatch(text) and not any(
            word in text.lower() for word in self._known
        )
        return text if everywhere or text in {"/", "*"} else f"/{self._hide.of('path', text)}"


# Whole diagnoses with placeholders.


def redacted(diagnoses: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Return diagnoses without names and addresses; in all of them the same stands for the same.

    Hosts, addresses, users, paths and what certificates and services say of themselves become
    ``host-1``, ``address-1-v4-private``, ``user-1``, ``path-1``, ``hidden-1``. Ports, families,
    schemes, times and codes stay, as do loopback addresses and usual interface names.
    """
    hide = Placeholders()
    known: Known = {}
    strangers: list[str] = []
    for diagnosis in diagnoses:
        known = known_in(diagnosis.target, {}, hide) | known
        for reading in diagnosis.readings:
            named = {"name": reading.subject} if reading.layer == "name" else {}
            known = known_in(reading.subject, {**named, **reading.facts}, hide) | known
            strangers += strangers_in(reading.facts)
    text = Cleaner(hide, known, strangers)
    return tuple(_diagnosis(diagnosis, hide, text) for diagnosis in diagnoses)


def _diagnosis(diagnosis: Diagnosis, hide: Placeholders, text: Cleaner) -> Diagnosis:
    return replace(
        diagnosis,
        target=text(diagnosis.target),
        readings=tuple(_reading(reading, hide, text) for reading in diagnosis.readings),
        verdict=_verdict(diagnosis.verdict, text),
    )


def _reading(reading: Reading, hide: Placeholders, text: Cleaner) -> Reading:
    return replace(
        reading,
        subject=text(reading.subject),
        result=text(reading.result),
        facts=clean("", reading.facts, hide, text),
    )


def _verdict(verdict: Verdict, text: Cleaner) -> Verdict:
    return replace(
        verdict,
        summary=text(verdict.summary),
        advice=tuple(text(line) for line in verdict.advice),
        beside=tuple(text(line) for line in verdict.beside),
        alternatives=tuple(
            replace(alternative, summary=text(alternative.summary), check=text(alternative.check))
            for alternative in verdict.alternatives
        ),
    )
