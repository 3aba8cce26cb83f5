"""What the readings of a machine say against it: a pure function, a rule for each thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from ringback.diagnosis.fact_values import address_of
from ringback.diagnosis.facts import ControlFacts, ProxyConnectFacts
from ringback.diagnosis.host_facts import (
    ClockFacts,
    DescriptorsFacts,
    EnvironmentFacts,
    InterfacesFacts,
    PackagesFacts,
    ProxyVariablesFacts,
    ResolverConfigFacts,
    RouteFacts,
)
from ringback.diagnosis.sorts import readings_of
from ringback.values import dataclass

if TYPE_CHECKING:
    from ringback.diagnosis.model import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFinding:
    """What could make calls of this machine fail."""

    cause: str  # A stable word
    breaks: bool  # Whether calls fail by it; otherwise it is worth knowing
    summary: str  # One sentence
    read: str  # The file or variable, and what it says
    why: str  # Why it matters
    advice: str  # What to do


Readings: TypeAlias = "Sequence[Reading]"
Rule: TypeAlias = Callable[[Readings], Iterator[MachineFinding]]

RULES: Final[list[Rule]] = []
"""The rules, those of the worst faults first."""


def machine_findings(readings: Readings) -> tuple[MachineFinding, ...]:
    """Return what there is, what breaks calls first."""
    found = [finding for rule in RULES for finding in rule(readings)]
    return tuple(sorted(found, key=lambda finding: not finding.breaks))


def _rule(rule: Rule) -> Rule:
    RULES.append(rule)
    return rule


@_rule
def _clock_early(readings: Readings) -> Iterator[MachineFinding]:
    for clock in readings_of(readings, ClockFacts):
        at, built = clock.facts["at"], clock.facts["python_built"]
        if at and built and datetime.fromisoformat(at) < datetime.fromisoformat(built):
            yield MachineFinding(
                cause="clock_early",
                breaks=True,
                summary="The clock of this machine is wrong.",
                read=f"the clock says {at}; this Python was built at {built}",
                why="Certificates count as not yet valid, and signed requests as too old.",
                advice="Set the clock: `timedatectl set-ntp true`, or `chronyc makestep`.",
            )
        elif clock.facts["synchronised"] is False:
            yield MachineFinding(
                cause="clock_unsynchronised",
                breaks=False,
                summary="No time service keeps the clock of this machine.",
                read="adjtimex(2): not synchronised",
                why="A clock that drifts makes certificates and signed requests invalid.",
                advice="Switch a time service on: `timedatectl set-ntp true`, or chrony. The clock "
                "of a container or virtual machine may be kept from outside.",
            )


@_rule
def _no_route(readings: Readings) -> Iterator[MachineFinding]:
    routes = readings_of(readings, RouteFacts)
    if not routes or any(route.facts["route"] for route in routes):
        return
    through = any(p.facts["outcome"] == "open" for p in readings_of(readings, ProxyConnectFacts))
    errors = ", ".join(f"IPv{r.facts['family']}: {r.facts['error']}" for r in routes)
    alone = any(found.facts["loopback_only"] for found in readings_of(readings, InterfacesFacts))
    why = "No interface but loopback is up with an address. " if alone else ""
    yield MachineFinding(
        cause="no_route",
        breaks=not through,
        summary="No route leads out of this machine's own networks.",
        read=f"the routing table has no way to the world ({errors})",
        why=f"{why}Calls to other networks fail at once, but through a proxy.",
        advice="Bring the network up, and set a default route: `ip route` shows what there is.",
    )


@_rule
def _no_resolver(readings: Readings) -> Iterator[MachineFinding]:
    answered = any(found.facts["works"] for found in readings_of(readings, ControlFacts))
    for config in readings_of(readings, ResolverConfigFacts):
        path, facts = config.facts["path"], config.facts
        if not facts["nameservers"] and not answered:
            yield MachineFinding(
                cause="resolver_missing",
                breaks=True,
                summary="No nameserver is configured.",
                read=f"{path} is missing" if facts["missing"] else f"{path} names no nameserver",
                why="No name of another host is found; 127.0.0.1 was asked, and answers nothing.",
                advice=f"Name a nameserver in {path}, or start what writes it (systemd-resolved, "
                "NetworkManager, the container's runtime).",
            )
        if facts["dns_in_order"] is False:
            yield MachineFinding(
                cause="resolver_not_asked",
                breaks=True,
                summary="The lookup of names never comes to DNS.",
                read=f"/etc/nsswitch.conf: hosts: {' '.join(facts['hosts_order'] or ())}",
                why="Only names that the other services know are found.",
                advice="Add `dns` to the line `hosts:` of /etc/nsswitch.conf.",
            )


@_rule
def _silent_resolver(readings: Readings) -> Iterator[MachineFinding]:
    """A nameserver without an answer; the C library gives each 5 s, in their order."""
    configured = [
        server
        for config in readings_of(readings, ResolverConfigFacts)
        for server in config.facts["nameservers"] or ()
    ]
    said = {asked.facts["server"]: asked for asked in readings_of(readings, ControlFacts)}
    silent = [s for s in configured if s in said and said[s].facts["rcode"] is None]
    if not silent:
        return
    every, first = len(silent) == len(configured), silent[0] == configured[0]
    others = "a nameserver" if every else "the first nameserver" if first else "a later nameserver"
    why = "The C library asks the next one after 5 s: each lookup takes that long."
    if every:
        why = "No name of another host is found."
    elif not first:
        why = "It is asked only when those before it fail, and then is no help."
    errors = ", ".join(f"{s}: {said[s].facts['error'] or 'no answer within 1 s'}" for s in silent)
    yield MachineFinding(
        cause="resolver_silent",
        breaks=every or first,
        summary="No nameserver answers." if every else f"{others.capitalize()} does not answer.",
        read=f"{_path(readings)}: nameserver {errors}",
        why=why,
        advice="Remove it, or repair the way to it: UDP and TCP port 53, the VPN, the firewall.",
    )


def _path(readings: Readings) -> str:
    return next((c.facts["path"] for c in readings_of(readings, ResolverConfigFacts)), "")


@_rule
def _refusing_resolver(readings: Readings) -> Iterator[MachineFinding]:
    """A nameserver that knows no root may be meant to: one of a closed network, or of one zone."""
    for asked in readings_of(readings, ControlFacts):
        server, rcode = asked.facts["server"], asked.facts["rcode"]
        if rcode and not asked.facts["works"]:
            said = "cannot ask others" if rcode == "SERVFAIL" else "answers for its own names only"
            yield MachineFinding(
                cause="resolver_refuses",
                breaks=False,
                summary=f"The nameserver {server} does not know the root of the DNS.",
                read=f"{_path(readings)}: nameserver {server} answers {rcode}",
                why=f"Perhaps it {said}: names of the internet may not be found.",
                advice="Ask it for the name that is wanted: `ringback diagnose dns://NAME`.",
            )


@_rule
def _bundles(readings: Readings) -> Iterator[MachineFinding]:
    for found in readings_of(readings, EnvironmentFacts):
        for bundle in found.facts["ca_bundles"] or ():
            if not bundle["exists"]:
                name, store = bundle["variable"], found.facts["system_store"] or {}
                yield MachineFinding(
                    cause="ca_bundle_missing",
                    # The folder is read beside the file, which OpenSSL has by itself
                    breaks=name != "SSL_CERT_DIR" or not store.get("file_exists"),
                    summary=f"{name} names certificates that are not there.",
                    read=f"{name}={bundle['path']}: missing, empty or not readable",
                    why=_READERS_OF_BUNDLES[name],
                    advice=f"Unset {name}, or have it name a PEM file that this user can read.",
                )


_READERS_OF_BUNDLES: Final = {
    "REQUESTS_CA_BUNDLE": "requests fails each https call with it.",
    "CURL_CA_BUNDLE": "curl fails each https call with it, and so does requests.",
    "SSL_CERT_FILE": "Programs that trust OpenSSL's own store, as Python's `ssl`, trust nobody.",
    "SSL_CERT_DIR": "Programs that trust OpenSSL's own store, as Python's `ssl`, trust fewer.",
}


@_rule
def _system_store(readings: Readings) -> Iterator[MachineFinding]:
    for found in readings_of(readings, EnvironmentFacts):
        store = found.facts["system_store"] or {}
        given = {b["variable"] for b in found.facts["ca_bundles"] or () if b["exists"]}
        there = store.get("file_exists") or store.get("directory_exists")
        windows = (found.facts["platform"] or "").startswith("Windows")  # has a store of its own
        if store and not there and not windows and not given & {"SSL_CERT_FILE", "SSL_CERT_DIR"}:
            yield MachineFinding(
                cause="system_store_missing",
                breaks=True,
                summary="OpenSSL finds no trusted certificates on this machine.",
                read=f"neither {store.get('file')} nor {store.get('directory')} holds any",
                why="Python's `ssl` by itself trusts nobody; requests and httpx take certifi's.",
                advice="Install the system's certificates: `apt-get install ca-certificates`, or "
                "on macOS run `Install Certificates.command`.",
            )


@_rule
def _proxy_invalid(readings: Readings) -> Iterator[MachineFinding]:
    for found in readings_of(readings, ProxyVariablesFacts):
        for name in found.facts["invalid"] or ():
            yield MachineFinding(
                cause="proxy_invalid",
                breaks=_is_taken(name, found.facts["variables"] or {}),
                summary=f"{name} holds no URL of a proxy.",
                read=f"{name} is set, and is no URL with a known scheme and a host",
                why="Clients that read it fail each call, or call without the proxy.",
                advice=f"Write it as `{name}=http://HOST:PORT`, or unset it.",
            )


@_rule
def _proxy_dead(readings: Readings) -> Iterator[MachineFinding]:
    dead = {
        reached.facts["proxy"]: reached.result
        for reached in readings_of(readings, ProxyConnectFacts)
        if reached.facts["outcome"] != "open"
    }
    for found in readings_of(readings, ProxyVariablesFacts):
        variables = found.facts["variables"] or {}
        for url, result in dead.items():
            names = [name for name, value in sorted(variables.items()) if value == url]
            yield MachineFinding(
                cause="proxy_unreachable",
                breaks=any(_is_taken(name, variables) for name in names),
                summary=f"The proxy {url} cannot be reached.",
                read=f"{', '.join(names)}={url}: {result}",
                why="Each call that is to go through it fails.",
                advice="Start the proxy, correct its address, or unset the variable.",
            )


def _is_taken(name: str, variables: Mapping[str, object]) -> bool:
    """Whether Python takes a variable: of two that differ in case the lower (urllib.request)."""
    return name.islower() or name.lower() not in variables


@_rule
def _proxies_contradict(readings: Readings) -> Iterator[MachineFinding]:
    for found in readings_of(readings, ProxyVariablesFacts):
        variables = found.facts["variables"] or {}
        for name, value in sorted(variables.items()):
            other = name.upper()
            if name.islower() and variables.get(other, value) != value:
                yield MachineFinding(
                    cause="proxy_contradicts",
                    breaks=False,
                    summary=f"{name} and {other} contradict each other.",
                    read=f"{name}={value}, {other}={variables[other]}",
                    why=f"Python's clients take {name}; Go's and others take {other}.",
                    advice="Give both the same value, or unset one.",
                )


@_rule
def _proxy_elsewhere(readings: Readings) -> Iterator[MachineFinding]:
    for found in readings_of(readings, ProxyVariablesFacts):
        variables, others = found.facts["variables"] or {}, found.facts["other"] or ()
        if others and all(name.lower() == "no_proxy" for name in variables):
            other = others[0]
            yield MachineFinding(
                cause="proxy_elsewhere",
                breaks=False,
                summary="Other programs of this machine use a proxy; this environment has none.",
                read=f"{other['source']} names {other['url']}",
                why="Where the network lets nothing out but through it, Python's calls time out.",
                advice=f"If calls fail: `export https_proxy={other['url']}`, and http_proxy too.",
            )


@_rule
def _no_proxy_ignored(readings: Readings) -> Iterator[MachineFinding]:
    for found in readings_of(readings, ProxyVariablesFacts):
        variables = found.facts["variables"] or {}
        for name, value in sorted(variables.items()):
            if name.lower() != "no_proxy" or not _is_taken(name, variables):
                continue
            for entry in filter(None, map(str.strip, str(value).split(","))):
                if why := _ignored(entry, alone=entry == str(value).strip()):
                    yield MachineFinding(
                        cause="no_proxy_ignored",
                        breaks=False,
                        summary=f"An entry of {name} does not do what it looks like.",
                        read=f"{name}: {entry}",
                        why=why,
                        advice="Write a name with or without a leading dot (`.example.com`), or "
                        "single addresses, separated by commas.",
                    )


def _ignored(entry: str, *, alone: bool) -> str | None:
    """Why an entry is not taken as it is meant (urllib.request, requests.utils)."""
    if "://" in entry:
        return "Python's clients compare it to host names: one with a scheme matches none."
    if re.search(r"\s", entry):
        return "Entries are separated by commas only: this is taken for one name."
    if entry == "*":
        return None if alone else "Python takes `*` only where it is the only entry."
    if "*" in entry:
        return "Python's clients know no `*` within a name: it matches no host."
    if re.fullmatch(r"[0-9.]+/[0-9]+", entry):
        return "Of Python's clients only requests knows networks; others take it for a name."
    if re.fullmatch(r"\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]?/[0-9]+", entry):
        return "Python's clients know no IPv6 networks: it matches no host."
    return None


@_rule
def _descriptors(readings: Readings) -> Iterator[MachineFinding]:
    for found in readings_of(readings, DescriptorsFacts):
        limit = found.facts["limit"]
        if found.facts["short"] or (limit and limit <= LOW_DESCRIPTORS):
            yield MachineFinding(
                cause="descriptors_few",
                breaks=bool(found.facts["short"]),
                summary=f"A process may have only {limit} files and sockets open.",
                read=f"RLIMIT_NOFILE: {limit}, of which {found.facts['open']} are open here",
                why="A program with many connections fails with EMFILE.",
                advice="Raise it: `ulimit -n 4096`, or `LimitNOFILE=` of the systemd unit.",
            )


LOW_DESCRIPTORS: Final = 256
"""A limit of descriptors that a program with many connections soon reaches; that of macOS."""


@_rule
def _half_ipv6(readings: Readings) -> Iterator[MachineFinding]:
    has_address = any(
        _is_global6(address)
        for found in readings_of(readings, InterfacesFacts)
        for interface in found.facts["interfaces"] or ()
        if interface["up"] and not interface["loopback"]
        for address in interface["addresses"] or ()
    )
    for route in readings_of(readings, RouteFacts):
        if route.facts["family"] != 6:
            continue
        source, default = route.facts["source"], route.facts["default"]
        own = address_of(source)
        usable = own is not None and not own.is_link_local
        if has_address and not default and not source:
            read = "an interface has a global IPv6 address; there is no default route for IPv6"
        elif default and not usable:
            read = f"there is a default route for IPv6; packets carry {source or 'no address'}"
        else:
            continue
        yield MachineFinding(
            cause="ipv6_half",
            breaks=False,
            summary="IPv6 is half configured.",
            read=read,
            why="Where a host has IPv6 addresses too, calls may try them in vain, and wait.",
            advice="Have the router announce a prefix and itself, or switch IPv6 off.",
        )


def _is_global6(address: str) -> bool:
    found = address_of(address)
    return found is not None and found.version == 6 and found.is_global


@_rule
def _search(readings: Readings) -> Iterator[MachineFinding]:
    for config in readings_of(readings, ResolverConfigFacts):
        facts = config.facts
        search, ndots = facts["search"] or (), facts["ndots"]
        if search and ndots and ndots > 1:
            yield MachineFinding(
                cause="search_first",
                breaks=False,
                summary=f"Names of fewer than {ndots} dots are looked for in search domains first.",
                read=f"{facts['path']}: search {' '.join(search)}; ndots:{ndots}",
                why=f"A lookup of {'api.' * (ndots > 2)}example.com asks {len(search)} more names, "
                "each for IPv4 and IPv6; one of them may exist, and be another host.",
                advice="End the names of other hosts with a dot, or set `options ndots:1`.",
            )
        if facts["ignored"]:
            yield MachineFinding(
                cause="nameservers_ignored",
                breaks=False,
                summary="Only the first three nameservers are asked.",
                read=f"{facts['path']}: nameserver {' '.join(facts['ignored'])}",
                why="The C library ignores those behind the third.",
                advice="Remove them, or those before them.",
            )


@_rule
def _packages(readings: Readings) -> Iterator[MachineFinding]:
    for found in readings_of(readings, PackagesFacts):
        versions = found.facts["versions"] or {}
        if found.facts["urllib3_replaced"]:
            yield MachineFinding(
                cause="urllib3_replaced",
                breaks=False,
                summary="urllib3 is replaced by urllib3-future.",
                read=f"`import urllib3` gives urllib3-future {versions.get('urllib3-future')}",
                why="requests and all that uses urllib3 runs on it: other pools, other errors, and "
                "HTTP/2 and HTTP/3.",
                advice="If it is not wanted: `pip uninstall urllib3-future`, then "
                "`pip install --force-reinstall urllib3`.",
            )
        retrying = [name for name in RETRYING if name in versions]
        if retrying:
            yield MachineFinding(
                cause="retries_stacked",
                breaks=False,
                summary=f"Calls may be retried twice: this Python has {' and '.join(retrying)}.",
                read=", ".join(f"{name} {versions[name]}" for name in retrying),
                why="Retries multiply: three around three are nine calls to what is down.",
                advice="Retry in one place: not around a session that retries by itself.",
            )


RETRYING: Final = ("tenacity", "backoff", "stamina", "retrying", "retry")
"""Packages that call a function again."""

OLD_CERTIFI_DAYS: Final = 730
"""Days after which a bundle lacks authorities that sites have moved to."""


@_rule
def _old(readings: Readings) -> Iterator[MachineFinding]:
    today = next((clock.facts["at"] for clock in readings_of(readings, ClockFacts)), None)
    for found in readings_of(readings, PackagesFacts):
        version = (found.facts["versions"] or {}).get("certifi", "")
        if today and (days := _age(version, today)) > OLD_CERTIFI_DAYS:
            yield MachineFinding(
                cause="certifi_old",
                breaks=False,
                summary=f"certifi is {days // 365} years old.",
                read=f"certifi {version}",
                why="requests and httpx trust it: authorities founded since are unknown to them.",
                advice="Update it: `pip install -U certifi`.",
            )
    for environment in readings_of(readings, EnvironmentFacts):
        openssl = environment.facts["openssl"] or ""
        if re.match(r"OpenSSL (0|1)\.", openssl):
            yield MachineFinding(
                cause="openssl_old",
                breaks=False,
                summary="Python's OpenSSL is no longer maintained.",
                read=openssl,
                why="Faults of it stay, and servers may ask for what it does not know.",
                advice="Use a Python that is built with OpenSSL 3.",
            )


def _age(version: str, today: str) -> int:
    """Days since the date that a version is (2024.8.30); 0 where it is none."""
    parts = re.match(r"(20\d\d)\.(\d{1,2})\.(\d{1,2})(?!\d)", version)
    if parts is None:
        return 0
    year, month, day = map(int, parts.groups())
    try:
        return (datetime.fromisoformat(today) - datetime(year, month, day, tzinfo=UTC)).days
    except ValueError:
        return 0
