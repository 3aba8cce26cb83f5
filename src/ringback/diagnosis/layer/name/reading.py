"""Looks the name up as the program would, and asks each nameserver beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ringback.diagnosis.layer.host.resolver import Resolver, configured
from ringback.diagnosis.layer.name.candidates import candidates
from ringback.diagnosis.layer.name.exchange import Server
from ringback.diagnosis.layer.name.origin import tell_origin, tell_search_domain
from ringback.diagnosis.layer.name.survey import ask_all
from ringback.diagnosis.layer.name.system import SECONDS, SECONDS_UNUSED, SystemLookup
from ringback.diagnosis.layer.proxy.choice import chosen
from ringback.diagnosis.layer.tunnel.server import proxy_server
from ringback.diagnosis.layer.url.host import ascii_host, literal

if TYPE_CHECKING:
    from ringback.diagnosis.layer.name.nameserver import Asking
    from ringback.diagnosis.scene import Scene

_HOPELESS: Final = 0.5
"""Seconds for ``getaddrinfo`` where the nameservers show that it cannot succeed soon."""


def read(scene: Scene) -> tuple[str, ...]:
    """Tell what the name resolves to, and return its addresses in the order of ``getaddrinfo``.

    Where that takes too long, the nameservers' own answers are returned; an address is returned
    as it is.
    """
    host = scene.asked.host
    address = literal(host)
    if address is not None:
        return (address,)
    lookup = SystemLookup(scene)
    config = _configured()
    names = [] if _is_local(host) else candidates(host, config)
    unused = _proxy_resolves(scene)
    asking: list[Asking] = []
    if names:
        asking = ask_all(scene, _servers(scene, config), names, lookup, brief=unused)
    lookup.wait(SECONDS_UNUSED if unused else _longest(asking))
    if asking:
        tell_search_domain(scene, asking, names)
        tell_origin(scene, lookup.addresses, asking)
    if lookup.addresses or lookup.failed:
        return lookup.addresses
    return _of_dns(asking)


def _configured() -> Resolver:
    try:
        return configured()
    except OSError:  # no descriptor is left, which is told as a reading of its own
        return Resolver()


def _servers(scene: Scene, config: Resolver) -> list[Server]:
    known = {(address, 53): Server(address) for address in config.nameservers}
    for address, port in scene.options.nameservers:
        known.setdefault((address, port), Server(address, port, configured=False))
    return list(known.values())


def _longest(asking: list[Asking]) -> float:
    """How many seconds ``getaddrinfo`` is given, from its beginning."""
    known = [one for one in asking if one.server.configured]
    if known and all(one.is_unreachable() for one in known):
        return _HOPELESS  # it does not hear most ICMP messages, and waits for answers
    if known and len({one.reply.timed_out for one in known[0].findings.values()}) > 1:
        return _HOPELESS  # it waits for the other half of the answer, twice 5 s
    return SECONDS


def _of_dns(asking: list[Asking]) -> tuple[str, ...]:
    for one in asking:
        found = [one.findings[type_] for type_ in ("AAAA", "A") if type_ in one.findings]
        addresses = tuple(a for finding in found for a in finding.answer.addresses)
        if addresses:
            return addresses
    return ()


def _proxy_resolves(scene: Scene) -> bool:
    raw = chosen(scene)
    try:
        return raw is not None and proxy_server(raw).resolves
    except ValueError:
        return False


def _is_local(host: str) -> bool:
    name = ascii_host(host).lower().removesuffix(".")
    return name == "localhost" or name.endswith(".localhost")
