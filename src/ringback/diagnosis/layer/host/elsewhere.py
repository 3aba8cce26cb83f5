"""Proxies that this host has set where a Python program does not look."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_LONGEST = 1 << 16
_MOST_FILES = 64

_ASSIGNED = re.compile(
    r"^\s*(?:export\s+|setenv\s+)?[\"']?(https?|all)_proxy[\"']?\s*[=\s]\s*[\"']?([^\s\"';]+)",
    re.IGNORECASE | re.MULTILINE,
)
_APT = re.compile(r"^[^/#\n]*Acquire::https?::Proxy\s+\"([^\"]+)\"", re.IGNORECASE | re.MULTILINE)
_PLAIN = re.compile(r"^\s*proxy\s*[=:\s]\s*[\"']?([^\s\"']+)", re.IGNORECASE | re.MULTILINE)

_FILES: Final = (
    ("/etc", "environment", _ASSIGNED),
    ("/etc/profile.d", "*.sh", _ASSIGNED),
    ("/etc/default", "docker", _ASSIGNED),
    ("/etc/sysconfig", "proxy", _ASSIGNED),
    ("/etc/apt", "apt.conf", _APT),
    ("/etc/apt/apt.conf.d", "*", _APT),
    ("/etc", "pip.conf", _PLAIN),
    ("/etc", "wgetrc", _ASSIGNED),
    ("/etc", "dnf/dnf.conf", _PLAIN),
    ("/etc", "yum.conf", _PLAIN),
    ("~", ".curlrc", _PLAIN),
    ("~", ".config/pip/pip.conf", _PLAIN),
    ("~", ".wgetrc", _ASSIGNED),
)
"""Folder, name and form of the files in which proxies are set for other programs."""


def proxies_elsewhere() -> list[tuple[str, str]]:
    """Return the file and the value of each proxy that is set for other programs."""
    found = []
    for path, form in list(_paths())[:_MOST_FILES]:
        with contextlib.suppress(OSError):
            if path.is_file():
                with path.open(encoding="utf-8", errors="replace") as file:
                    found += [(str(path), value) for value in _values(file.read(_LONGEST), form)]
    return found


def _paths() -> Iterator[tuple[Path, re.Pattern[str]]]:
    for folder, name, form in _FILES:
        with contextlib.suppress(OSError, RuntimeError):  # there may be no home
            for path in sorted(Path(folder).expanduser().glob(name)):
                yield path, form


def _values(text: str, form: re.Pattern[str]) -> Iterator[str]:
    for match in form.finditer(text):
        value = match[match.lastindex or 1]
        if not value.startswith("$") and value.upper() not in {"DIRECT", "NONE", "_NONE_"}:
            yield value
