"""Which proxy this program would use, and which are set where it does not look."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ringback.client.proxies.settings import bypass_of
from ringback.diagnosis.facts import ProxyVariablesFacts
from ringback.diagnosis.layer.proxy_server import chosen_proxy, proxy_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringback.diagnosis.context import DiagnosisContext
    from ringback.diagnosis.fact_values import OtherProxyFacts
    from ringback.diagnosis.model import Asked


_MAX_FILE_BYTES = 1 << 16
_MAX_FILES = 64

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
    for path, form in list(_paths())[:_MAX_FILES]:
        with contextlib.suppress(OSError):
            if path.is_file():
                with path.open(encoding="utf-8", errors="replace") as file:
                    found += [
                        (str(path), value) for value in _values(file.read(_MAX_FILE_BYTES), form)
                    ]
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


_SCHEMES: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
"""Scheme to that whose proxy is used."""

_UNREADABLE: Final = "(no URL of a proxy)"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment that names a proxy."""

    name: str  # As it is written
    scheme: str  # `http`, `https` or `all`
    url: str | None  # Without credentials; `None`: its value is no URL of a proxy


def read_proxies(context: DiagnosisContext) -> None:
    """Record which proxy applies to the target, and which are set but do not."""
    variables = set_variables()
    raw = chosen_proxy(context)
    applies = None if raw is None else url_without_password(raw)
    invalid = _names_of(raw) if raw is not None and applies is None else []
    excluded_by = _excluded_by(context.asked, variables) if raw is None else None
    facts = ProxyVariablesFacts(
        variables=_shown(variables),
        applies=applies,
        excluded_by=excluded_by,
        other=_others(context.asked, variables, applies, excluded_by),
        invalid=invalid,
        given=context.options.proxies is not None,
    )
    context.record(
        ProxyVariablesFacts,
        state="failed" if invalid else "noted" if facts["variables"] or applies else "ok",
        result=_in_words(facts),
        kind="config.proxy_invalid" if invalid else None,
        facts=facts,
    )


def set_variables() -> list[Variable]:
    """Return the variables of the environment that name proxies, by name."""
    found = []
    for name, value in sorted(os.environ.items()):
        scheme, _, rest = name.lower().rpartition("_proxy")
        if not rest and scheme in {"http", "https", "all"} and value.strip():
            found.append(Variable(name, scheme, url_without_password(value)))
    return found


def url_without_password(url: str) -> str | None:
    """Return the URL of a proxy without credentials; ``None``: it is none."""
    try:
        return proxy_server(url).url
    except ValueError:
        return None


def _names_of(value: str) -> list[str]:
    """The variables that have a value; the program's own setting has no name."""
    named = {name for name in os.environ if name.lower().endswith("_proxy")}
    return sorted(n for n in named if os.environ.get(n) == value) or ["proxies="]


def _excluded_by(asked: Asked, variables: list[Variable]) -> str | None:
    """The entry of ``NO_PROXY`` but for which a proxy would be used."""
    if not any(_is_for(variable, asked) for variable in variables):
        return None
    for value in (os.environ.get("no_proxy"), os.environ.get("NO_PROXY")):
        for entry in (value or "").split(","):
            covered = bypass_of(entry, entry).covers(asked.host.lower(), asked.port)
            if entry.strip() and covered:
                return entry.strip()
    return None


def _is_for(variable: Variable, asked: Asked) -> bool:
    return variable.scheme in {_SCHEMES.get(asked.scheme), "all"}


def _others(
    asked: Asked, variables: list[Variable], applies: str | None, excluded_by: str | None
) -> list[OtherProxyFacts]:
    """The proxies that are set somewhere and do not apply, each once."""
    found: dict[str, str] = {}
    for variable in variables:
        if variable.url is not None:
            why = f"for {variable.scheme}"
            if _is_for(variable, asked):
                why = "excluded by NO_PROXY" if excluded_by else "hidden by another variable"
            found.setdefault(variable.url, f"{variable.name} ({why})")
    for source, value in proxies_elsewhere():
        if url := url_without_password(value):
            found.setdefault(url, source)
    found.pop(applies or "", None)
    return [{"source": source, "url": url} for url, source in found.items()]


def _shown(variables: list[Variable]) -> dict[str, str]:
    shown = {variable.name: variable.url or _UNREADABLE for variable in variables}
    return shown | {
        name: value[:300] for name, value in os.environ.items() if name.lower() == "no_proxy"
    }


def _in_words(facts: ProxyVariablesFacts) -> str:
    if facts["invalid"]:
        return f"{' and '.join(facts['invalid'])} holds no URL of a proxy"
    if facts["applies"]:
        return f"the proxy {facts['applies']} applies"
    if facts["excluded_by"]:
        return f"no proxy applies: NO_PROXY has {facts['excluded_by']}"
    if facts["other"]:
        return f"no proxy applies; {facts['other'][0]['source']} names {facts['other'][0]['url']}"
    return "no proxy is set"
