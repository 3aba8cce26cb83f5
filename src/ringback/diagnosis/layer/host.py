"""The stage of this host: its program, limits, interfaces and routes, its resolver and proxies."""

from __future__ import annotations

import errno
import os
import platform
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ringback.diagnosis.facts import (
    DescriptorsFacts,
    EnvironmentFacts,
    HostsFileFacts,
    InterfacesFacts,
    ProxyVariablesFacts,
    ResolverConfigFacts,
    RouteFacts,
)
from ringback.diagnosis.layer import host_proxies, host_resolver, host_routes
from ringback.diagnosis.layer.host_routes import route_to

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringback.diagnosis.context import DiagnosisContext
    from ringback.diagnosis.fact_values import BundleFacts


__all__ = ["read_host", "route_to"]


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
        result=_in_words(facts, lost),
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
    """Where OpenSSL looks for authorities when it is told nothing."""
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


def _in_words(facts: EnvironmentFacts, lost: list[BundleFacts]) -> str:
    said = f"Python {facts['python']}, {facts['openssl']}, {facts['platform']}"
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


_READERS: Final[dict[type[Mapping[str, Any]], Callable[[DiagnosisContext], None]]] = {
    EnvironmentFacts: _read_environment,
    InterfacesFacts: host_routes.read_interfaces,
    RouteFacts: host_routes.read_routes,
    ResolverConfigFacts: host_resolver.read_resolver_config,
    HostsFileFacts: host_resolver.read_hosts_file,
    ProxyVariablesFacts: host_proxies.read_proxies,
    DescriptorsFacts: _read_descriptors,
}
"""Sort of a reading to what takes it."""


def read_host(context: DiagnosisContext) -> None:
    """Record what this host is like; nothing is sent, and nothing waits."""
    for sort, reader in _READERS.items():
        try:
            reader(context)
        except OSError as error:  # out of descriptors, or forbidden by a sandbox
            context.record(sort, state="skipped", result=f"it cannot be read here: {error}")
