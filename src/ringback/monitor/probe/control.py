"""The controls of a vantage: what tells whether its own network works.

Where endpoints fail, one question comes first: is it they, or is it the network of this host? The
controls answer it with what no endpoint can show:

- ``control:gateway``: what the kernel knows of the way out, without a packet where it can be
  helped. There is no route, the link has no carrier, or the gateway's neighbour entry has failed:
  down. It answers: up, which proves no uplink. The routes are those to the addresses that the
  endpoints have, so that a host without a default route is no broken one. An entry that is stale
  says nothing until it is used: a datagram to the gateway's discard port makes the kernel ask, and
  one of the next checks knows.
- ``control:resolver``: whether a nameserver answers for a name that nobody has asked for before.
  Any answer of one at a public address that is not on this link comes from beyond the gateway. One
  on this link or at a private address, or a stub on this host, must have asked further: it says
  that there is such a name or none, and neither out of a zone of its own (AA) nor, perhaps, out of
  what it has validated before (AD).
- ``control:target:NAME``: whether a target of the configuration replies, whatever it says.

``up`` of a control is ``True`` only for a reply from beyond (of the gateway: from itself),
``False`` where there is none, and ``None`` where nothing follows: it cannot be read here, it is on
this link, or it has not answered once since the start, so that its silence is nothing new.
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ringback.client.dial.address import is_literal
from ringback.diagnosis.layer import netlink
from ringback.diagnosis.layer.kernel import sockaddr_of
from ringback.incident.model import CONTROL_PREFIX, Check
from ringback.incident.pattern import has_replied, is_of_the_network
from ringback.incident.tracker import is_inside
from ringback.monitor.probe import probe
from ringback.monitor.probe.connect import Nameserver, system_nameservers
from ringback.monitor.probe.question import (
    NOERROR,
    NXDOMAIN,
    Conversation,
    NameserverReply,
    question_bytes,
)

if TYPE_CHECKING:
    from ringback.failure.names import KindName
    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.prober import ProbeContext

GATEWAY = f"{CONTROL_PREFIX}gateway"
RESOLVER = f"{CONTROL_PREFIX}resolver"

MAX_ADDRESSES = 64  # Addresses whose routes are looked up
MAX_HOPS = 16
_MAX_DETAIL = 200
_DISCARD = 9


class ControlFinding(NamedTuple):
    """What one check of a control has found."""

    up: bool | None
    detail: str
    kind: KindName | None = None
    address: str | None = None


class ControlProbe(ABC):
    """One control of this vantage."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        self._has_answered = False

    async def check(self, vantage: str) -> Check:
        """Check it once."""
        found = await self.find()
        if found.up is False and not self._may_be_silent():
            detail = f"{found.detail}; it has not answered since the start"
            found = found._replace(up=None, detail=detail)
        return Check(
            at=time.time(),
            endpoint=self.id,
            up=found.up,
            kind=found.kind,
            vantage=vantage,
            address=found.address,
            detail=found.detail[:_MAX_DETAIL],
        )

    @abstractmethod
    async def find(self) -> ControlFinding:
        """Return what there is now."""

    def _may_be_silent(self) -> bool:
        """Whether no answer says something."""
        return self._has_answered


# The gateway


class NextHop(NamedTuple):
    """How packets leave this host."""

    interface: int
    name: str  # Of the interface
    carrier: bool
    gateway: str | None  # `None`: the destinations are on the link


_ANSWERS = frozenset({"reachable", "permanent", "noarp"})
_SILENT = frozenset({"failed", "incomplete"})
_PAUSES = (0.05, 0.25, 0.8)
"""Seconds after which a neighbour that was asked is read again: one that is there has answered
by then, and one that is not stands as ``incomplete`` or ``failed``."""


class GatewayControl(ControlProbe):
    """The way out, as the kernel knows it."""

    def __init__(self, addresses: Callable[[], Iterable[str]]) -> None:
        super().__init__(GATEWAY)
        self._addresses = addresses

    def _may_be_silent(self) -> bool:
        return True  # what the kernel says of it is a fact of this host

    async def find(self) -> ControlFinding:
        try:
            hops = await asyncio.to_thread(next_hops, tuple(self._addresses()))
            if isinstance(hops, ControlFinding):
                return hops
            found = await asyncio.gather(*map(_hop_found, hops))
        except OSError as error:
            return ControlFinding(None, f"it cannot be read: {error.strerror}")
        best = _best(found)
        return best._replace(detail="; ".join(finding.detail for finding in found))


def next_hops(addresses: Sequence[str]) -> list[NextHop] | ControlFinding:
    """Return how this host reaches some addresses, by default all, or why it does not."""
    links = netlink.links()
    if links is None:
        return ControlFinding(None, "this system does not say what its gateway is")
    known = {link.index: link for link in links if not link.loopback}
    routes, without = _routes_to(addresses)
    routes = [route for route in routes if route.interface in known]
    if not routes and not without:
        routes = [
            route
            for version in (4, 6)
            for route in netlink.default_routes(version) or ()
            if route.interface in known
        ]
        without = "anywhere"
    if not routes:
        return ControlFinding(
            False, f"there is no route to {without}", "tcp.address_unreachable.network"
        )
    hops = {
        (route.interface, route.gateway): NextHop(
            route.interface,
            known[route.interface].name,
            known[route.interface].up,
            route.gateway,
        )
        for route in routes
    }
    return list(hops.values())[:MAX_HOPS]


def _routes_to(addresses: Iterable[str]) -> tuple[list[netlink.RouteEntry], str]:
    """Return the routes to some addresses, and one to which there is none."""
    found, without = [], ""
    for address in islice(dict.fromkeys(addresses), MAX_ADDRESSES):
        if "%" in address:  # it names its link, on which it is
            continue
        try:
            route = netlink.route_entry_to(address)
        except netlink.NetlinkRefused:
            without = without or address
            continue
        if route is not None:
            found.append(route)
    return found, without


async def _hop_found(hop: NextHop) -> ControlFinding:
    """Read one way out: its link, and its gateway's neighbour entry."""
    if not hop.carrier:
        detail = f"{hop.name} has no carrier"
        return ControlFinding(False, detail, "tcp.address_unreachable.network", hop.gateway)
    if hop.gateway is None:
        return ControlFinding(None, f"{hop.name} has a carrier, and no gateway to check")
    state = await _neighbour_state(hop.gateway, hop.interface)
    for pause in _PAUSES:
        if state in _ANSWERS:
            break
        if pause == _PAUSES[0]:
            _poke(hop.gateway, hop.interface)
        await asyncio.sleep(pause)
        state = await _neighbour_state(hop.gateway, hop.interface)
    detail = f"the gateway {hop.gateway} on {hop.name} is {state or 'not asked for'}"
    if state in _SILENT:
        return ControlFinding(False, detail, "tcp.address_unreachable.host", hop.gateway)
    return ControlFinding(True if state in _ANSWERS else None, detail, None, hop.gateway)


async def _neighbour_state(address: str, interface: int) -> str | None:
    return await asyncio.to_thread(netlink.neighbour_state, address, interface)


def _poke(gateway: str, interface: int) -> None:
    """Have the kernel ask for a neighbour: send it what it throws away."""
    family, where = sockaddr_of(gateway, _DISCARD)
    if len(where) == 4:
        where = (where[0], where[1], where[2], interface)
    with socket.socket(family, socket.SOCK_DGRAM) as poking:
        poking.setblocking(False)
        try:
            poking.sendto(b"", where)
        except OSError as error:
            if error.errno in netlink.OUT_OF_RESOURCES:
                raise
            # else there is no way, or it is not permitted: its state says what there is


def _best(found: Iterable[ControlFinding]) -> ControlFinding:
    """Return what is known if one is enough: an answer before what is not known, then silence."""
    return max(found, key=lambda finding: 2 if finding.up else 1 if finding.up is None else 0)


def on_link(addresses: Iterable[str]) -> set[str]:
    """Return which addresses are on a link of this host, and not behind a router."""
    points = {link.index for link in netlink.links() or () if link.point_to_point}
    return {address for address in addresses if _is_on_link(address, points)}


def _is_on_link(address: str, points: set[int]) -> bool:
    if "%" in address:
        return True
    try:
        route = netlink.route_entry_to(address)
    except netlink.NetlinkRefused:
        return False
    if route is None:  # not to be known here: nothing is made of it but on this very host
        return address == "::1" or address.startswith("127.")
    return route.gateway is None and route.interface not in points


# The resolver

_ROUNDS = 4
_ROUND_SECONDS = 0.75
"""A resolver that must ask for a name seldom takes longer, and an alarm waits for what is found."""

_ANYWHERE = "com"
"""A zone that every resolver of the public DNS can ask for, where no endpoint has a name."""

_MAX_TRIED_ZONES = 1_000  # Hosts that are looked at for one that others have to be asked for

_SPECIAL = (
    "arpa", "home", "internal", "invalid", "lan", "local", "localhost", "onion", "test",
)  # fmt: skip
"""Top-level domains that resolvers answer for themselves (RFC 6761 and its kin)."""


class ResolverControl(ControlProbe):
    """A name that nobody has asked for before, asked of the nameservers of this host."""

    def __init__(
        self, hosts: Callable[[], Iterable[str]], nameservers: Sequence[Nameserver] = ()
    ) -> None:
        super().__init__(RESOLVER)
        self._hosts, self._nameservers = hosts, tuple(nameservers)
        self._turn = 0

    async def find(self) -> ControlFinding:
        try:
            servers = self._nameservers or await asyncio.to_thread(system_nameservers)
            near = await asyncio.to_thread(on_link, [address for address, _ in servers])
        except OSError as error:
            return ControlFinding(None, f"it cannot be read: {error.strerror}")
        if not servers:
            return ControlFinding(None, "this system names no nameserver")
        names = self._names()
        asking = [
            asyncio.ensure_future(
                _asked(server, names, near=server[0] in near or is_inside(server[0]))
            )
            for server in servers
        ]
        found: list[ControlFinding] = []
        try:
            for ended in asyncio.as_completed(asking):
                found.append(await ended)
                if found[-1].up:
                    break
        finally:
            for task in asking:
                task.cancel()
        best = _best(found)
        self._has_answered = self._has_answered or best.up is not False
        return best

    def _names(self) -> list[str]:
        """Return the names to ask below: each time other ones come first."""
        zones = list(dict.fromkeys(host.lower().rstrip(".") for host in self._hosts()))
        self._turn += 1
        start = self._turn % len(zones) if zones else 0
        tried = (zones[start:] + zones[:start])[:_MAX_TRIED_ZONES]
        return [*islice(filter(is_public_name, tried), 2), _ANYWHERE]


def is_public_name(host: str) -> bool:
    """Return whether a host is a name that a resolver has to ask others for."""
    if is_literal(host) or "." not in host or host.rpartition(".")[2] in _SPECIAL:
        return False
    try:
        return bool(question_bytes(_below(host), 0))
    except ValueError:
        return False


def _below(zone: str) -> str:
    return f"ringback-{secrets.token_hex(5)}.{zone}"


async def _asked(server: Nameserver, names: Sequence[str], *, near: bool) -> ControlFinding:
    """Ask one nameserver: for the first name, and a second later for all of them."""
    address = server[0]
    conversation = Conversation()
    try:
        await conversation.begin(server)
        return await _talk(conversation, address, names, near=near)
    except OSError as error:
        words = os.strerror(error.errno) if error.errno else str(error)
        up = None if error.errno == errno.ECONNREFUSED and not near else False  # it is there
        return ControlFinding(up, f"{address}: {words}", "dns.unreachable", address)
    finally:
        conversation.close()


async def _talk(
    conversation: Conversation, address: str, names: Sequence[str], *, near: bool
) -> ControlFinding:
    found = ControlFinding(False, f"{address} does not answer", "dns.unreachable", address)
    clock = asyncio.get_running_loop().time
    for number in range(_ROUNDS):
        for name in names if number else names[:1]:
            conversation.ask(_below(name))
        until = clock() + _ROUND_SECONDS
        while (left := until - clock()) > 0:
            answer = await conversation.answer(left)
            if answer is None:
                break
            found = _best((_answered(address, answer, near=near), found))
            if found.up:
                return found
            if number == 0:
                break
        if found.up is None and number:
            break  # it answers, and what follows would be the same
    return found


def _answered(address: str, answer: NameserverReply, *, near: bool) -> ControlFinding:
    if not near:
        return ControlFinding(True, f"{address} answers", None, address)
    if answer.code not in {NOERROR, NXDOMAIN}:
        detail = f"{address} answers with an error (code {answer.code})"
        return ControlFinding(False, detail, "dns.server", address)
    if answer.own:
        detail = f"{address} answers, perhaps of its own knowledge"
        return ControlFinding(None, detail, None, address)
    return ControlFinding(True, f"{address} has asked others and answers", None, address)


# Targets of the configuration


class TargetControl(ControlProbe):
    """A target that is checked for a reply: a refusal and an error are replies as well."""

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        super().__init__(endpoint.id)
        self.endpoint, self._context = endpoint, context

    async def find(self) -> ControlFinding:
        check = await probe(self.endpoint, self._context)
        detail = check.detail or "it answers"
        dead = check.up is False and is_of_the_network(check.kind)
        up = True if has_replied(check) else False if dead else None
        found = ControlFinding(up, detail, check.kind, check.address)
        self._has_answered = self._has_answered or found.up is True
        near = await asyncio.to_thread(on_link, filter(None, [check.address]))
        return found._replace(up=None, detail=f"on this link: {detail}") if near else found
