"""What the keys of facts say about their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.redact.placeholders import address_of

if TYPE_CHECKING:
    from ringback.diagnosis.redact.placeholders import Placeholders
    from ringback.diagnosis.redact.text import Cleaner, Known

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
    """Return what is a name without looking like one, in a reading.

    Args:
        subject: Of the reading.
        facts: Of the reading.
        hide: What stands for it.
    """
    found: Known = {}
    for match in _HOST_PORT.finditer(subject):
        _name(found, match[1], hide)
    _collect(found, "", facts, hide)
    return found


def _collect(found: Known, key: str, value: Any, hide: Placeholders) -> None:
    if isinstance(value, Mapping):
        for inner, one in value.items():
            _collect(found, _RENAMED.get((key, str(inner)), str(inner)), one, hide)
    elif isinstance(value, list | tuple):
        for one in value:
            _collect(found, key, one, hide)
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
    """Return a fact with placeholders.

    Args:
        key: Its key; of an item of a list, that of the list.
        value: Its value.
        hide: What stands for a stranger's text.
        text: Replaces names and addresses.
    """
    if isinstance(value, Mapping):
        return {_key(str(k), text): clean(str(k), v, hide, text) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [clean(key, one, hide, text) for one in value]
    if not isinstance(value, str) or not value or key in WORDS:
        return value
    if _is_strangers(key, value):
        return hide.of("hidden", value)
    return text.path(value) if key == "path" else text(value)


def strangers_in(value: Any, key: str = "") -> list[str]:
    """Return the texts of strangers in facts.

    Args:
        value: The facts.
        key: Under which they stand.
    """
    if isinstance(value, Mapping):
        return [text for k, v in value.items() for text in strangers_in(v, str(k))]
    if isinstance(value, list | tuple):
        return [text for one in value for text in strangers_in(one, key)]
    quoted = isinstance(value, str) and key not in _CERTIFIED and _is_strangers(key, value)
    return [value] if quoted else []


def _is_strangers(key: str, value: str) -> bool:
    """Whether a text is a stranger's own; reasons of RFC 9110 and of OpenSSL are everybody's."""
    common = key == "reason" and (value in _PHRASES or _OPENSSL.fullmatch(value))
    return key in STRANGERS and not common


def _key(key: str, text: Cleaner) -> str:
    return text(key) if "." in key or ":" in key else key
