"""The cookies of one diagnosis: some services redirect to the same URL once they have set one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 20
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that a host has set for itself (RFC 6265).

    Attributes:
        name: Its name.
        value: Its value.
        path: Where it is sent back to, and below.
        secure: Whether it is sent over TLS only.
    """

    name: str
    value: str = field(repr=False)
    path: str = "/"
    secure: bool = False

    def goes_to(self, scheme: str, target: str) -> bool:
        """Return whether it is sent with a request."""
        path = target.partition("?")[0]
        below = path == self.path or path.startswith(self.path.rstrip("/") + "/")
        return below and (scheme == "https" or not self.secure)


def kept(before: Iterable[Cookie], lines: list[str], host: str, target: str) -> tuple[Cookie, ...]:
    """Return the cookies of a host after an answer."""
    jar = {(one.name, one.path): one for one in before}
    for line in lines[:_MOST]:
        pair, *rest = line.split(";")
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or len(line) >= _LONGEST or not f"{name}{value}".isprintable():
            continue
        attributes = dict(_attribute(one) for one in rest)
        domain = attributes.get("domain", "").lstrip(".").lower()
        if domain and not f".{host.lower().rstrip('.')}".endswith(f".{domain}"):
            continue
        path = attributes.get("path", "")
        path = path if path.startswith("/") else _directory(target)
        jar.pop((name, path), None)
        if not _is_over(attributes):
            jar[name, path] = Cookie(name, value, path, "secure" in attributes)
    return tuple(list(jar.values())[:_MOST])


def _attribute(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def _directory(target: str) -> str:
    """The default path (RFC 6265, section 5.1.4)."""
    return target.partition("?")[0].rpartition("/")[0] or "/"


def _is_over(attributes: dict[str, str]) -> bool:
    age = attributes.get("max-age")
    if age is not None:
        return age.lstrip("-").isdigit() and int(age[:10]) <= 0
    try:
        return parsedate_to_datetime(attributes["expires"]).timestamp() < time.time()
    except (KeyError, ValueError, TypeError, OverflowError):
        return False
