"""A name: whether a nameserver answers for it, and what."""

from __future__ import annotations

import ipaddress
from functools import partial
from importlib import import_module
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING

from ringback.failure.target import split_port
from ringback.monitor.probe.connect import endpoint_family, endpoint_host, system_nameservers
from ringback.monitor.probe.outcome import ProbeError, ProbeFailure, notes_of
from ringback.monitor.probe.prober import TaskProber

if TYPE_CHECKING:
    from collections.abc import Sequence

    import dns.message
    import dns.rdata
    import dns.resolver

    from ringback.failure.names import KindName
    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.connect import Nameserver
    from ringback.monitor.probe.outcome import PhaseTimer
    from ringback.monitor.probe.prober import ProbeContext

_ADDRESSES = ("A", "AAAA")
_SILENT = ProbeFailure("dns.unreachable", "the nameserver does not answer")


class DNSProber(TaskProber):
    """Looks a name up: as programs do, unless a nameserver or the option ``record`` is set."""

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        super().__init__(endpoint, context)
        self._name = endpoint_host(endpoint)
        self._record = str(endpoint.options.get("record") or "")
        self._as_programs_do = not self._record and not endpoint.nameserver
        if not self._as_programs_do:
            import_module("dns.asyncresolver")  # large: now, and not while others are checked

    async def check(self, phases: PhaseTimer) -> ProbeFailure | None:
        until = phases.began + self.endpoint.timeout
        if self._as_programs_do:
            family = endpoint_family(self.endpoint)
            found = await self.context.resolver.addresses(self._name, 0, until, family)
            answers = [str(address[4][0]) for address in found]
        else:
            answers = await self._ask(phases, until)
        phases.leave("dns")
        return self._failure_of(answers)

    def expired(self, phases: PhaseTimer) -> ProbeFailure:
        return super().expired(phases) if self._as_programs_do else _SILENT

    async def _ask(self, phases: PhaseTimer, until: float) -> list[str]:
        servers = await self._servers(until)
        phases.address = servers[0][0]
        if (notes := notes_of(self.endpoint)) is not None:
            notes.lookup = monotonic() - phases.began
        for record in (self._record,) if self._record else _ADDRESSES:
            answers = await self._answers(servers, record, until - phases.began)
            if answers:
                return answers
        what = f"{self._record} record" if self._record else "address"
        raise ProbeError(ProbeFailure("dns.no_address", f"the name has no {what}"))

    async def _answers(
        self, servers: Sequence[Nameserver], record: str, seconds: float
    ) -> list[str]:
        import dns.asyncresolver  # noqa: PLC0415 - large, and only endpoints of this type need it

        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers = [address for address, _ in servers]
        resolver.nameserver_ports = dict(servers)
        resolver.retry_servfail = False
        ask = partial(resolver.resolve, lifetime=seconds, raise_on_no_answer=False)
        try:
            found = await ask(self._name, record)
        except dns.resolver.NXDOMAIN as error:
            for response in error.kwargs.get("responses", {}).values():
                self._note(response)
            failure = ProbeFailure("dns.name_not_resolved", "there is no such name")
            raise ProbeError(failure) from error
        except dns.resolver.NoNameservers as error:
            raise ProbeError(_no_answer(error)) from error
        except dns.resolver.LifetimeTimeout as error:
            raise ProbeError(_SILENT) from error
        self._note(found.response)
        return [_text_of(rdata) for rdata in found]

    def _note(self, response: dns.message.Message) -> None:
        notes = notes_of(self.endpoint)
        if notes is None:
            return
        answer, authority, additional = (
            sum(map(len, section))
            for section in (response.answer, response.authority, response.additional)
        )
        notes.records = (answer, authority, additional)
        for record in chain.from_iterable(response.answer):
            notes.serial = getattr(record, "serial", notes.serial)

    async def _servers(self, until: float) -> Sequence[Nameserver]:
        if not self.endpoint.nameserver:
            servers = system_nameservers()
            if not servers:
                raise ProbeError(
                    ProbeFailure("dns.unreachable", "this system has no nameserver", False)
                )
            return servers
        host, port = split_port(self.endpoint.nameserver)
        found = await self.context.resolver.addresses(host, port or 53, until)
        return [(str(address[4][0]), port or 53) for address in found[:3]]

    def _failure_of(self, answers: list[str]) -> ProbeFailure | None:
        for wanted in self.endpoint.expectations.answers:
            if not any(_holds(answer, wanted) for answer in answers):
                kind: KindName = "dns.bogus_address" if _is_address(wanted) else "dns.failed"
                return ProbeFailure(
                    kind, f"{wanted} is not in the answer {', '.join(answers)}"[:200]
                )
        return None


def _no_answer(error: dns.resolver.NoNameservers) -> ProbeFailure:
    import dns.rcode  # noqa: PLC0415 - as above

    for _, _, _, _, response in error.kwargs.get("errors", ()):
        if response is not None:
            code = dns.rcode.to_text(response.rcode())
            return ProbeFailure("dns.server", f"the nameserver answers {code}")
    return _SILENT


def _text_of(rdata: dns.rdata.Rdata) -> str:
    """A record as text; a TXT in several strings is one, as SPF reads it (RFC 7208, 3.3)."""
    strings = getattr(rdata, "strings", None)
    if strings is None:
        return rdata.to_text()
    return f'"{b"".join(strings).decode(errors="backslashreplace")}"'


def _holds(answer: str, wanted: str) -> bool:
    if _is_address(wanted) and _is_address(answer):
        return ipaddress.ip_address(answer) == ipaddress.ip_address(wanted)
    return wanted.lower() in answer.lower()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
