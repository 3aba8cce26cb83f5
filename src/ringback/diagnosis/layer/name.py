"""The stage of the name: what this program's own lookup says, and what each nameserver says.

The lookup is ``getaddrinfo``; the nameservers are asked side by side, and where the two differ it
is seen where the addresses come from.
"""

from __future__ import annotations

import socket
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

from ringback.diagnosis.context import together
from ringback.diagnosis.facts import GetaddrinfoFacts, OriginFacts, SearchDomainFacts
from ringback.diagnosis.layer.dns_query import QueryTimeouts, Server
from ringback.diagnosis.layer.host_resolver import (
    ResolverConfig,
    configured_resolver,
    entries,
    hosts_path,
)
from ringback.diagnosis.layer.nameserver import (
    NameserverQueries,
    control,
    hijack,
    names_to_ask,
    random_sibling,
    text_of_name,
)
from ringback.diagnosis.layer.proxy_tunnel import chosen_proxy, proxy_server
from ringback.diagnosis.layer.url_host import ascii_host, literal
from ringback.failure.codes import EAI_NAME_OF_NUMBER, KIND_OF_EAI

if TYPE_CHECKING:
    from collections.abc import Sequence

    import dns.name

    from ringback.diagnosis.context import DiagnosisContext
    from ringback.failure.names import KindName


__all__ = ["read_name"]


LOOKUP_TIMEOUT: Final = 5.3
"""How long it is given: the C library turns to the second nameserver after 5 s."""

SECONDS_UNUSED: Final = 1.0
"""How long it is given where a proxy resolves the name, so that it does not matter."""


class SystemLookup:
    """A call of ``getaddrinfo`` in a thread of its own, which cannot be interrupted.

    Attributes:
        done: Is set when there is a result, recorded as a reading.
        addresses: What it gave, in its order.
        failed: Whether it gave an error.
    """

    def __init__(self, context: DiagnosisContext) -> None:
        self.done = threading.Event()
        self.addresses: tuple[str, ...] = ()
        self.failed = False
        self._context = context
        self._begun = context.now()
        self._lock = threading.Lock()
        threading.Thread(target=self._look_up, daemon=True, name="ringback-getaddrinfo").start()

    def wait(self, seconds: float) -> None:
        """Wait for the result, and record if it does not come in time."""
        if self.done.wait(self._context.left(self._begun + seconds - self._context.now())):
            return
        taken = self._context.now() - self._begun
        self._finish(
            (),
            _facts(timed_out=True),
            result=f"no result after {taken:.1f} s",
            kind="dns.timed_out",
        )

    def _look_up(self) -> None:
        asked = self._context.asked
        try:
            found = socket.getaddrinfo(
                ascii_host(asked.host), asked.port or None, type=socket.SOCK_STREAM
            )
        except socket.gaierror as error:
            self._give_up(error)
        except (OSError, UnicodeError) as error:
            said = f"{type(error).__name__}: {error}"[:200]
            self._finish((), _facts(), result=said, kind="dns.failed")
        else:
            addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
            facts = _facts(addresses=list(addresses))
            self._finish(addresses, facts, result=" ".join(addresses[:6]))

    def _give_up(self, error: socket.gaierror) -> None:
        name = EAI_NAME_OF_NUMBER.get(error.errno or 0, f"EAI {error.errno}")
        self._finish(
            (),
            _facts(eai=name, errno=error.errno),
            result=f"{error.strerror or error} ({name})",
            kind=KIND_OF_EAI.get(name, "dns.failed"),
        )

    def _finish(
        self,
        addresses: tuple[str, ...],
        facts: GetaddrinfoFacts,
        *,
        result: str,
        kind: KindName | None = None,
    ) -> None:
        with self._lock:
            if self.done.is_set():
                return
            self.addresses = addresses
            self.failed = not addresses and not facts["timed_out"]
            self._context.record(
                GetaddrinfoFacts,
                self._context.asked.host,
                state="ok" if addresses else "failed",
                result=result,
                kind=kind,
                since=self._begun,
                facts=facts,
            )
            self.done.set()


def _facts(
    *,
    addresses: list[str] | None = None,
    eai: str | None = None,
    errno: int | None = None,
    timed_out: bool = False,
) -> GetaddrinfoFacts:
    found = addresses or []
    return {
        "addresses": found,
        "families": sorted({6 if ":" in address else 4 for address in found}),
        "eai": eai,
        "errno": errno,
        "timed_out": timed_out,
    }


_ICMP_TIMEOUT: Final = 0.9
"""Seconds to listen on for the kernel's word that nobody is there (server or gateway)."""

_SHORT_TIMEOUTS: Final = (0.5, 0.5)

_SEEN_TO_FAIL: Final = frozenset({"SERVFAIL", "REFUSED", "NOTIMP", "FORMERR"})


def ask_all(
    context: DiagnosisContext,
    servers: Sequence[Server],
    names: Sequence[dns.name.Name],
    lookup: SystemLookup,
    *,
    brief: bool = False,
) -> list[NameserverQueries]:
    """Ask nameservers for a name and, where it decides something, for other names."""
    asking: list[NameserverQueries] = []
    timeouts = QueryTimeouts(
        left=context.left,
        further=_ICMP_TIMEOUT,
        settled=lambda: bool(lookup.addresses) and any(queries.resolved for queries in asking),
    )
    if brief:
        timeouts = QueryTimeouts(tries=_SHORT_TIMEOUTS, left=context.left)
    asking += [NameserverQueries(context, server, names, timeouts) for server in servers]
    tasks = [task for queries in asking for task in queries.tasks()]
    if not brief:
        sibling = random_sibling(min(names, key=len))
        tasks += [
            partial(hijack, context, queries.server, sibling, queries.is_unreachable)
            for queries in asking
        ]
    together(context, tasks)
    if not brief and not any(queries.resolved for queries in asking):
        doubtful = [queries.server for queries in asking if _in_doubt(queries)]
        together(context, [partial(control, context, server) for server in doubtful])
    return asking


def _in_doubt(asking: NameserverQueries) -> bool:
    """Whether it is to be asked if the server answers anything."""
    return not asking.is_unreachable() and any(
        finding.reply.rcode in _SEEN_TO_FAIL or finding.reply.timed_out or finding.reply.malformed
        for finding in asking.findings.values()
    )


def record_origin(
    context: DiagnosisContext, addresses: Sequence[str], asking: Sequence[NameserverQueries]
) -> None:
    """Record which addresses no nameserver gives, and where they come from instead."""
    given = {
        a
        for queries in asking
        for finding in queries.findings.values()
        for a in finding.answer.addresses
    }
    alone = [address for address in addresses if address not in given]
    if not alone:
        return
    source = "hosts file" if set(alone) <= _listed(context.asked.host) else "name service"
    context.record(
        OriginFacts,
        context.asked.host,
        result=f"{' '.join(alone[:4])}: from the {source}, not from DNS",
        facts=OriginFacts(not_from_dns=alone, from_dns=sorted(given), source=source),
    )


def _listed(host: str) -> set[str]:
    """The addresses of the hosts file, which may not be readable."""
    try:
        return {literal(address) or address for address in entries(host, hosts_path())[0]}
    except OSError:
        return set()


def record_search_domain(
    context: DiagnosisContext, asking: Sequence[NameserverQueries], names: Sequence[dns.name.Name]
) -> None:
    """Record if a name with a dot was answered only with a search domain behind it.

    A name of one label is meant to be completed; that is no reading.
    """
    own = min(names, key=len)
    if len(own.labels) <= 2:
        return
    for queries in asking:
        for finding in queries.findings.values():
            if finding.name != own and finding.answer.addresses:
                _record(
                    context,
                    [text_of_name(name) for name in finding.tried],
                    text_of_name(finding.name),
                )
                return


def _record(context: DiagnosisContext, asked: list[str], answered: str) -> None:
    context.record(
        SearchDomainFacts,
        context.asked.host,
        result=f"answered as {answered}, with a search domain behind it",
        facts=SearchDomainFacts(asked=asked, answered=answered),
    )


_HOPELESS: Final = 0.5
"""Seconds for ``getaddrinfo`` where the nameservers show that it cannot succeed soon."""


def read_name(context: DiagnosisContext) -> tuple[str, ...]:
    """Record what the name resolves to, and return its addresses in the order of ``getaddrinfo``.

    Where that takes too long, the nameservers' own answers are returned.
    """
    host = context.asked.host
    lookup = SystemLookup(context)
    config = _configured()
    names = [] if _is_local(host) else names_to_ask(host, config)
    unused = _proxy_resolves(context)
    asking: list[NameserverQueries] = []
    if names:
        asking = ask_all(context, _servers(context, config), names, lookup, brief=unused)
    lookup.wait(SECONDS_UNUSED if unused else _longest(asking))
    if asking:
        record_search_domain(context, asking, names)
        record_origin(context, lookup.addresses, asking)
    if lookup.addresses or lookup.failed:
        return lookup.addresses
    return _of_dns(asking)


def _configured() -> ResolverConfig:
    try:
        return configured_resolver()
    except OSError:  # no descriptor is left, which is recorded as a reading of its own
        return ResolverConfig()


def _servers(context: DiagnosisContext, config: ResolverConfig) -> list[Server]:
    known = {(address, 53): Server(address) for address in config.nameservers}
    for address, port in context.options.nameservers:
        known.setdefault((address, port), Server(address, port, configured=False))
    return list(known.values())


def _longest(asking: list[NameserverQueries]) -> float:
    """How many seconds ``getaddrinfo`` is given, from its beginning."""
    known = [queries for queries in asking if queries.server.configured]
    if known and all(queries.is_unreachable() for queries in known):
        return _HOPELESS  # it does not hear most ICMP messages, and waits for answers
    if known and len({finding.reply.timed_out for finding in known[0].findings.values()}) > 1:
        return _HOPELESS  # it waits for the other half of the answer, twice 5 s
    return LOOKUP_TIMEOUT


def _of_dns(asking: list[NameserverQueries]) -> tuple[str, ...]:
    for queries in asking:
        found = [queries.findings[type_] for type_ in ("AAAA", "A") if type_ in queries.findings]
        addresses = tuple(a for finding in found for a in finding.answer.addresses)
        if addresses:
            return addresses
    return ()


def _proxy_resolves(context: DiagnosisContext) -> bool:
    raw = chosen_proxy(context)
    try:
        return raw is not None and proxy_server(raw).resolves
    except ValueError:
        return False


def _is_local(host: str) -> bool:
    name = ascii_host(host).lower().removesuffix(".")
    return name == "localhost" or name.endswith(".localhost")
