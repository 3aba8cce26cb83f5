"""The stage of this host: the proxies that are set here, the program and its limits."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import re
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ringback.client.proxies.settings import bypass_of
from ringback.diagnosis.host_facts import (
    DescriptorsFacts,
    EnvironmentFacts,
    HostsFileFacts,
    InterfacesFacts,
    ProxyVariablesFacts,
    ResolverConfigFacts,
    RouteFacts,
)
from ringback.diagnosis.layer import host_resolver, host_routes
from ringback.diagnosis.layer.host_routes import route_to
from ringback.diagnosis.layer.proxy_tunnel import chosen_proxy, proxy_server
from ringback.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringback.diagnosis.context import DiagnosisContext
    from ringback.diagnosis.fact_values import BundleFacts, OtherProxyFacts
    from ringback.diagnosis.model import Asked


__all__ = [
    "READERS",
    "proxies_elsewhere",
    "read_host",
    "route_to",
    "set_variables",
    "shown_variables",
    "url_without_password",
]


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
        variables=shown_variables(variables),
        applies=applies,
        excluded_by=excluded_by,
        other=_others(context.asked, variables, applies, excluded_by),
        invalid=invalid,
        given=context.options.proxies is not None,
    )
    context.record(
        ProxyVariablesFacts,
        state="failed" if invalid else "noted" if facts["variables"] or applies else "ok",
        result=_proxies_in_words(facts),
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


def shown_variables(variables: list[Variable]) -> dict[str, str]:
    """Return the variables of proxies and those of exceptions, without credentials."""
    shown = {variable.name: variable.url or _UNREADABLE for variable in variables}
    return shown | {
        name: value[:300] for name, value in os.environ.items() if name.lower() == "no_proxy"
    }


def _proxies_in_words(facts: ProxyVariablesFacts) -> str:
    if facts["invalid"]:
        return f"{' and '.join(facts['invalid'])} holds no URL of a proxy"
    if facts["applies"]:
        return f"the proxy {facts['applies']} applies"
    if facts["excluded_by"]:
        return f"no proxy applies: NO_PROXY has {facts['excluded_by']}"
    if facts["other"]:
        return f"no proxy applies; {facts['other'][0]['source']} names {facts['other'][0]['url']}"
    return "no proxy is set"


BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that name the trusted authorities, the one that requests takes first at the front."""


def _read_environment(context: DiagnosisContext) -> None:
    """Record in what the program runs."""
    bundles = [_bundle(name, path) for name in BUNDLES if (path := os.environ.get(name))]
    lost = [bundle for bundle in bundles if not bundle["exists"]]
    facts = EnvironmentFacts(
        python=platform.python_version(),
        openssl=ssl.OPENSSL_VERSION,
        platform=platform.platform(),
        uid=os.geteuid() if hasattr(os, "geteuid") else None,
        ca_bundle=next(iter(lost or bundles), None),
        ca_bundles=bundles,
        system_store=_system_store(),
    )
    context.record(
        EnvironmentFacts,
        state="noted" if lost else "ok",
        result=_environment_in_words(facts, lost),
        facts=facts,
    )


def _bundle(variable: str, value: str) -> BundleFacts:
    paths = value.split(os.pathsep) if variable == "SSL_CERT_DIR" else [value]
    return {"variable": variable, "path": value, "exists": any(map(_usable, paths))}


def _usable(path: str) -> bool:
    """Whether a path leads to a file that holds something, or to a folder."""
    try:
        return os.access(path, os.R_OK) and (Path(path).is_dir() or Path(path).stat().st_size > 0)
    except (OSError, ValueError):
        return False


def _system_store() -> dict[str, Any]:
    """Where OpenSSL looks for authorities when nothing else is set."""
    paths = ssl.get_default_verify_paths()
    file, folder = paths.openssl_cafile, paths.openssl_capath
    return {
        "file": file,
        "file_exists": _usable(file),
        "directory": folder,
        "directory_exists": _holds_any(folder),
    }


def _holds_any(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _environment_in_words(facts: EnvironmentFacts, lost: list[BundleFacts]) -> str:
    said = f"Python {facts['python']}, {facts['openssl']}, {facts['platform']}"
    if sys.platform != "linux":
        said += "; links, routers, neighbours and what the other kernel has got: on Linux only"
    if lost:
        return f"{lost[0]['variable']} names {lost[0]['path']}, which cannot be read; {said}"
    return said


MIN_FREE_DESCRIPTORS: Final = 16
"""Descriptors left, below which a program is about to fail."""


def _read_descriptors(context: DiagnosisContext) -> None:
    """Record how many descriptors are open, and how many may be."""
    counted = _counted()
    if counted is None:
        return
    number, limit = counted
    short = limit - number < MIN_FREE_DESCRIPTORS
    context.record(
        DescriptorsFacts,
        state="noted" if short else "ok",
        result=f"{number} of {limit} descriptors are open",
        kind="client.resources_exhausted" if number >= limit else None,
        facts=DescriptorsFacts(open=number, limit=limit, short=short),
    )


def _counted() -> tuple[int, int] | None:
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - Windows has none

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    if limit < 0 or limit == resource.RLIM_INFINITY:
        limit = sys.maxsize
    try:
        return len(os.listdir(folder)) - 1, limit  # noqa: PTH208 - one is that of the listing
    except OSError as error:
        return (limit, limit) if error.errno == errno.EMFILE else None


HostReaders: TypeAlias = "Mapping[type[Mapping[str, Any]], Callable[[DiagnosisContext], None]]"

READERS: Final[HostReaders] = {
    EnvironmentFacts: _read_environment,
    InterfacesFacts: host_routes.read_interfaces,
    RouteFacts: host_routes.read_routes,
    ResolverConfigFacts: host_resolver.read_resolver_config,
    HostsFileFacts: host_resolver.read_hosts_file,
    ProxyVariablesFacts: read_proxies,
    DescriptorsFacts: _read_descriptors,
}
"""Sort of a reading to what takes it."""


def read_host(context: DiagnosisContext, readers: HostReaders = READERS) -> None:
    """Record what this host is like; nothing is sent, and nothing waits."""
    for sort, reader in readers.items():
        try:
            reader(context)
        except OSError as error:  # out of descriptors, or forbidden by a sandbox
            context.record(sort, state="skipped", result=f"it cannot be read here: {error}")
