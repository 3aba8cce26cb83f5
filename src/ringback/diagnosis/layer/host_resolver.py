"""How this host resolves names: its hosts file, its nameservers, its search domains."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ringback.diagnosis.host_facts import HostsFileFacts, ResolverConfigFacts
from ringback.diagnosis.layer.netlink import OUT_OF_RESOURCES
from ringback.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringback.diagnosis.context import DiagnosisContext


_MAX_LINES = 200_000  # lists of blocked hosts are that long


def read_hosts_file(context: DiagnosisContext) -> None:
    """Record the entry of the hosts file for the target, if it has one."""
    name = context.asked.host
    path = hosts_path()
    addresses, line = entries(name, path)
    if not addresses:
        return
    context.record(
        HostsFileFacts,
        name,
        result=f"line {line} of {path} says {' '.join(addresses[:4])}",
        facts=HostsFileFacts(addresses=addresses, line=line, path=str(path)),
    )


def hosts_path() -> Path:
    """Return where this system has its hosts file."""
    if sys.platform == "win32":
        root = os.environ.get("SystemRoot", r"C:\Windows")  # noqa: SIM112 - its usual case
        return Path(root, "System32", "drivers", "etc", "hosts")
    return Path("/etc/hosts")


def entries(name: str, path: Path) -> tuple[list[str], int]:
    """Return the addresses that hosts(5) has for a name, and the first line with one."""
    wanted = name.lower().removesuffix(".")
    addresses: list[str] = []
    first = 0
    for number, address, names in hosts_lines(path) if wanted else ():
        if wanted in names and address not in addresses:
            addresses.append(address)
            first = first or number
    return addresses, first


def hosts_lines(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    """Yield number, address and names of each line of a hosts(5), in lower case."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                if number > _MAX_LINES:
                    break
                address, *names = line.partition("#")[0].lower().split() or [""]
                if names:
                    yield number, address, names
    except FileNotFoundError:
        pass  # no file has no entry


RESOLV_CONF: Final = "/etc/resolv.conf"
NSSWITCH: Final = "/etc/nsswitch.conf"
UPSTREAM: Final = "/run/systemd/resolve/resolv.conf"
"""Where systemd-resolved names the servers behind its stub."""

MAX_NAMESERVERS: Final = 3
"""``MAXNS`` of resolv.conf(5): further lines are ignored."""

_MAX_NDOTS = 15
_MAX_FILE_BYTES = 1 << 16
_USUAL_ORDER = ("files", "dns")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverConfig:
    """The configuration of the C library's resolver."""

    path: str = RESOLV_CONF  # The file it is in
    nameservers: tuple[str, ...] = ()  # Addresses, in the order in which they are asked
    ignored: tuple[str, ...] = ()  # Nameservers behind the third, which are never asked
    search: tuple[str, ...] = ()  # Domains that are added to short names
    # Option to value; `""` for one that has none
    options: dict[str, str] = field(default_factory=dict)
    ndots: int = 1  # A name with fewer dots is tried with the search domains first
    # The services of the `hosts:` line of nsswitch.conf, with what ends the search.
    order: tuple[str, ...] = _USUAL_ORDER
    missing: bool = False  # Whether there is no such file

    @property
    def stub(self) -> bool:
        """Whether a program of this host is asked first (``127.0.0.53``)."""
        return any(ipaddress.ip_address(server).is_loopback for server in self.nameservers)

    @property
    def asks_dns(self) -> bool:
        """Whether the name service comes to ask DNS for an ordinary name."""
        for index, service in enumerate(self.order):
            if service in {"dns", "resolve"}:
                return True
            if service.startswith("[") and _ends_search(service, self.order[:index]):
                return False
        return False


def read_resolver_config(context: DiagnosisContext) -> None:
    """Record how this host resolves names."""
    config = configured_resolver()
    upstream = _upstream(config)
    facts = ResolverConfigFacts(
        path=config.path,
        nameservers=list(config.nameservers),
        ignored=list(config.ignored),
        search=list(config.search),
        options=config.options,
        ndots=config.ndots,
        hosts_order=list(config.order),
        missing=config.missing,
        stub=config.stub,
        upstream=upstream,
        dns_in_order=config.asks_dns,
    )
    well = config.nameservers and config.asks_dns
    context.record(
        ResolverConfigFacts,
        state="ok" if well else "noted",
        result=_in_words(config),
        facts=facts,
    )


def configured_resolver() -> ResolverConfig:
    """Return how this host resolves names."""
    if sys.platform == "win32":
        return _of_windows()
    text = _text(RESOLV_CONF)
    order = _order(_text(NSSWITCH) or "")
    if text is None:
        return ResolverConfig(missing=True, order=order, search=_own_domain())
    return parsed(text, order, os.environ)


def parsed(
    text: str, order: tuple[str, ...] = _USUAL_ORDER, environ: Mapping[str, str] | None = None
) -> ResolverConfig:
    """Return what a resolv.conf(5) says."""
    servers: list[str] = []
    search: tuple[str, ...] | None = None
    options: dict[str, str] = {}
    for line in text.splitlines():
        keyword, *values = re.split(r"[#;]", line, maxsplit=1)[0].split() or [""]
        if keyword == "nameserver":
            servers += filter(_is_address, values[:1])
        elif keyword in {"domain", "search"}:
            search = tuple(values)
        elif keyword == "options":
            options.update(_options(values))
    variables = environ if environ is not None else {}
    options.update(_options(variables.get("RES_OPTIONS", "").split()))
    if local := variables.get("LOCALDOMAIN", "").split():
        search = tuple(local)
    domains = _own_domain() if search is None else search
    return ResolverConfig(
        nameservers=tuple(servers[:MAX_NAMESERVERS]),
        ignored=tuple(servers[MAX_NAMESERVERS:]),
        search=tuple(domain.rstrip(".") for domain in domains if domain.rstrip(".")),
        options=options,
        ndots=_ndots(options),
        order=order,
    )


def _options(values: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (option.partition(":") for option in values)}


def _ndots(options: dict[str, str]) -> int:
    value = options.get("ndots", "1")
    return min(int(value[:4]), _MAX_NDOTS) if value.isascii() and value.isdigit() else 1


def _order(nsswitch: str) -> tuple[str, ...]:
    """The services of the ``hosts:`` line, with the actions between them in brackets."""
    for line in nsswitch.splitlines():
        database, colon, services = line.partition("#")[0].partition(":")
        if colon and database.strip() == "hosts":
            return tuple(re.findall(r"\[[^\]]*\]|[^\s\[\]]+", services))
    return _USUAL_ORDER


def _ends_search(action: str, before: tuple[str, ...]) -> bool:
    """Whether an action ends the search for a name that the service before it does not know."""
    if before and re.fullmatch(r"mdns[46]?_minimal", before[-1]):
        return False  # it answers "unavailable" for all names but those under .local
    compact = re.sub(r"\s*=\s*", "=", action.lower())
    return "notfound=return" in compact or "!success=return" in compact


def _upstream(config: ResolverConfig) -> list[str]:
    text = _text(UPSTREAM) if config.stub else None
    return list(parsed(text).nameservers) if text else []


def _own_domain() -> tuple[str, ...]:
    domain = socket.gethostname().partition(".")[2]
    return (domain,) if domain else ()


def _of_windows() -> ResolverConfig:
    """What the registry says, as dnspython reads it."""
    import dns.exception  # noqa: PLC0415 - only here is it needed
    import dns.resolver  # noqa: PLC0415 - only here is it needed

    try:
        known = dns.resolver.Resolver()
    except (dns.exception.DNSException, OSError):
        return ResolverConfig(path="registry", missing=True)
    servers = tuple(str(server) for server in known.nameservers)
    search = tuple(domain.to_text(omit_final_dot=True) for domain in known.search)
    return ResolverConfig(path="registry", nameservers=servers, search=search)


def _text(path: str) -> str | None:
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(_MAX_FILE_BYTES)
    except OSError as error:
        if error.errno in OUT_OF_RESOURCES:
            raise
        return None


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _in_words(config: ResolverConfig) -> str:
    if config.missing:
        return f"{config.path} is missing"
    if not config.nameservers:
        return f"{config.path} names no nameserver"
    said = f"{' '.join(config.nameservers)} by {config.path}"
    if config.search:
        said += f", search {' '.join(config.search)}"
    return said if config.asks_dns else f"{said}; but nsswitch.conf does not come to DNS"
