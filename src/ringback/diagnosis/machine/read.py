"""This machine without a target: the readings of this host, its resolver, its proxies, its Python.

Nothing is connected to but the configured nameservers and the proxies of the environment.
"""

from __future__ import annotations

import contextlib
import ctypes
import platform
import socket
import sys
import time
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from ringback.diagnosis.context import DiagnosisContext, Options, together
from ringback.diagnosis.host_facts import (
    ClockFacts,
    HostsFileFacts,
    PackagesFacts,
    ProxyVariablesFacts,
    ResolverConfigFacts,
)
from ringback.diagnosis.layer import host, proxy
from ringback.diagnosis.layer.host_resolver import hosts_lines, hosts_path
from ringback.diagnosis.layer.proxy_tunnel import proxy_server
from ringback.diagnosis.model import STAGES, Asked
from ringback.diagnosis.record import moment
from ringback.diagnosis.sorts import readings_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ringback.diagnosis.model import Reading


ANSWER_TIMEOUT: Final = 2.0
"""Seconds for the name of a proxy, and for its answer; a nameserver has one."""

_WHOLE_TIMEOUT: Final = 2 * ANSWER_TIMEOUT + 0.5
"""Seconds for the whole: nameservers and proxies are asked side by side."""

MAX_PROXIES: Final = 4
"""Proxies that are connected to."""

_MAX_SHOWN = 64


def read_machine() -> tuple[Reading, ...]:
    """Return what this machine is like, in the order of the stages."""
    asked = Asked(text="this machine", scheme="https", protocol="none")
    context = DiagnosisContext(asked, Options(timeout=_WHOLE_TIMEOUT))
    host.read_host(
        context,
        {
            **host.READERS,
            HostsFileFacts: _read_hosts_file,
            ProxyVariablesFacts: _read_proxies,
            ClockFacts: _read_clock,
            PackagesFacts: _read_packages,
        },
    )
    together(context, [*_nameservers(context), *_proxies(context)])
    context.close()
    return tuple(sorted(context.readings(), key=lambda reading: STAGES.index(reading.layer)))


def _nameservers(context: DiagnosisContext) -> list[Callable[[], None]]:
    from ringback.diagnosis.layer import nameserver  # noqa: PLC0415 - dnspython is slow to import
    from ringback.diagnosis.layer.dns_query import Server  # noqa: PLC0415 - as above

    configured = readings_of(context.readings(), ResolverConfigFacts)
    # without any, the C library asks the one of this host (resolv.conf(5))
    addresses = [a for found in configured for a in found.facts["nameservers"] or ["127.0.0.1"]]
    return [partial(nameserver.control, context, Server(address)) for address in addresses]


def _proxies(context: DiagnosisContext) -> list[Callable[[], object]]:
    urls = dict.fromkeys(v.url for v in host.set_variables() if v.url is not None)
    return [partial(_reach, context, url) for url in list(urls)[:MAX_PROXIES]]


def _reach(context: DiagnosisContext, url: str) -> None:
    reached = proxy.read_reached(context, proxy_server(url), ANSWER_TIMEOUT)
    if reached.made is not None:
        reached.made.close()


def _read_hosts_file(context: DiagnosisContext) -> None:
    """Record which names the hosts file overrides, beside those of this host itself."""
    path = hosts_path()
    found = _overrides(path)
    shown = " ".join(list(found)[:6])
    context.record(
        HostsFileFacts,
        state="noted" if found else "ok",
        result=f"{path}, beside this host's own names ({len(found)}): {shown or 'none'}",
        facts=HostsFileFacts(
            addresses=list(dict.fromkeys(found.values()))[:_MAX_SHOWN], path=str(path)
        ),
    )


def _overrides(path: Path) -> dict[str, str]:
    own = socket.gethostname().lower()
    known = {own, own.partition(".")[0], "localhost", "localhost.localdomain", "broadcasthost"}
    return {
        name: address
        for _, address, names in hosts_lines(path)
        for name in names
        if name not in known and not name.startswith("ip6-") and own not in names
    }


def _read_proxies(context: DiagnosisContext) -> None:
    """Record which proxies are set, in the environment and for other programs."""
    variables = host.set_variables()
    elsewhere = {
        url: source
        for source, value in host.proxies_elsewhere()
        if (url := host.url_without_password(value))
    }
    named = [variable.name for variable in variables]
    invalid = [variable.name for variable in variables if variable.url is None]
    context.record(
        ProxyVariablesFacts,
        state="failed" if invalid else "noted" if named else "ok",
        result=f"set by {' '.join(named)}" if named else "the environment sets no proxy",
        kind="config.proxy_invalid" if invalid else None,
        facts=ProxyVariablesFacts(
            variables=host.shown_variables(variables),
            other=[{"source": source, "url": url} for url, source in elsewhere.items()],
            invalid=invalid,
        ),
    )


def _read_clock(context: DiagnosisContext) -> None:
    """Record this host's clock, and whether the kernel takes it for synchronised."""
    at, built, synchronised = time.time(), _built(), _synchronised()
    early = built is not None and at < built
    words = {True: "synchronised", False: "not synchronised", None: "not known to be synchronised"}
    context.record(
        ClockFacts,
        state="failed" if early else "ok" if synchronised else "noted",
        result=f"{moment(at)}, {words[synchronised]}",
        facts=ClockFacts(
            at=moment(at),
            python_built=None if built is None else moment(built),
            synchronised=synchronised,
        ),
    )


def _built() -> float | None:
    """When this Python was built, as it says of itself (``platform.python_build``)."""
    try:
        built = datetime.strptime(f"{platform.python_build()[1]} +0000", "%b %d %Y %H:%M:%S %z")
    except ValueError:  # another interpreter, or the names of months of another language
        return None
    return built.timestamp()


_TIME_ERROR: Final = 5
"""What ``adjtimex`` of adjtimex(2) returns where nothing keeps the clock."""

_TIMEX_BYTES = 512  # more than `struct timex` has anywhere; zeros only ask


def _synchronised() -> bool | None:
    """Whether a time service keeps the clock; ``None``: it is not known."""
    if sys.platform != "linux":
        return None
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


PACKAGES: Final = (
    *("certifi", "requests", "urllib3", "urllib3-future", "niquests", "httpx", "aiohttp"),
    *("tenacity", "backoff", "stamina", "retrying", "retry"),
)
"""Packages that call, that trust, and that retry."""


def _read_packages(context: DiagnosisContext) -> None:
    """Record which packages of connections this Python has."""
    versions = {}
    for name in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name) or ""  # none in damaged metadata
    replaced = "urllib3-future" in versions and _is_urllib3_replaced()
    context.record(
        PackagesFacts,
        state="noted" if replaced else "ok",
        result=" ".join(f"{name} {found}" for name, found in versions.items()) or "none",
        facts=PackagesFacts(versions=versions, urllib3_replaced=replaced),
    )


def _is_urllib3_replaced() -> bool:
    try:
        from ringback.client.urllib3.pools import IS_URLLIB3  # noqa: PLC0415 - it imports urllib3
    except ImportError:
        return False
    return not IS_URLLIB3
