"""Names, addresses, URLs and paths in running text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from ringback.diagnosis.redact.placeholders import address_of
from ringback.failure.target import without_secrets

if TYPE_CHECKING:
    from ringback.diagnosis.redact.placeholders import Placeholders

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
    """Replaces what tells who somebody is.

    Args:
        placeholders: What stands for it.
        known: What else is to be replaced, wherever it stands as a word of its own.
        strangers: Texts of others, which are replaced also where they are quoted in part.
    """

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
        """Return the text with placeholders.

        Args:
            text: Any.
        """
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
        """Return a URL with placeholders for its host and path; scheme and port stay.

        Args:
            text: ``scheme://host:port/path``.
        """
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
        """Return what stands for a path; those that are the same everywhere stay.

        Args:
            text: Of a file, or of a URL.
        """
        everywhere = _SYSTEM.fullmatch(text) and not any(one in text.lower() for one in self._known)
        return text if everywhere or text in {"/", "*"} else f"/{self._hide.of('path', text)}"
