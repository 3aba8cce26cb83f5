"""A name: whether a nameserver answers for it, and what."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from ringback.failure.target import split_port
from ringback.monitor.probe.connect import family_of, host_of, system_nameservers
from ringback.monitor.probe.outcome import Failed, Refused
from ringback.monitor.probe.prober import TaskProber

if TYPE_CHECKING:
    import dns.resolver

    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.connect import Nameserver
    from ringback.monitor.probe.outcome import Course
    from ringback.monitor.probe.prober import Surroundings

_ADDRESSES = ("A", "AAAA")
_SILENT = Failed("dns.unreachable", "the nameserver does not answer")


class DNSProber(TaskProber):
    """Looks a name up.

    Without a nameserver and a record it asks as programs do, the hosts file included. Option of the
    endpoint: ``record``.

    Args:
        endpoint: What is looked at.
        surroundings: What is shared.

    Raises:
        ValueError: Its URL has no host.
    """

    def __init__(self, endpoint: Endpoint, surroundings: Surroundings) -> None:
        super().__init__(endpoint, surroundings)
        self._name = host_of(endpoint)
        self._record = str(endpoint.options.get("record") or "")
        self._as_programs_do = not self._record and not endpoint.nameserver
        if not self._as_programs_do:
            import_module("dns.asyncresolver")  # large: now, and not while others are looked at

    async def look(self, course: Course) -> Failed | None:
        """Look once."""
        until = course.began + self.endpoint.timeout
        if self._as_programs_do:
            family = family_of(self.endpoint)
            found = await self.surroundings.names.addresses(self._name, 0, until, family)
            answers = [str(one[4][0]) for one in found]
        else:
            answers = await self._ask(course, until)
        course.leave("dns")
        return self._judged(answers)

    def expired(self, course: Course) -> Failed:
        """Return what it means that the time for a look ran out."""
        return super().expired(course) if self._as_programs_do else _SILENT

    async def _ask(self, course: Course, until: float) -> list[str]:
        servers = await self._servers(until)
        course.address = servers[0][0]
        for record in (self._record,) if self._record else _ADDRESSES:
            answers = await _answers(servers, self._name, record, until - course.began)
            if answers:
                return answers
        what = f"{self._record} record" if self._record else "address"
        raise Refused(Failed("dns.no_address", f"the name has no {what}"))

    async def _servers(self, until: float) -> Sequence[Nameserver]:
        if not self.endpoint.nameserver:
            servers = system_nameservers()
            if not servers:
                raise Refused(Failed("dns.unreachable", "this system has no nameserver", False))
            return servers
        host, port = split_port(self.endpoint.nameserver)
        found = await self.surroundings.names.addresses(host, port or 53, until)
        return [(str(one[4][0]), port or 53) for one in found[:3]]

    def _judged(self, answers: list[str]) -> Failed | None:
        for wanted in self.endpoint.expectations.answers:
            if not any(_holds(answer, wanted) for answer in answers):
                kind = "dns.bogus_address" if _is_address(wanted) else "dns.failed"
                return Failed(kind, f"{wanted} is not in the answer {', '.join(answers)}"[:200])
        return None


async def _answers(
    servers: Sequence[Nameserver], name: str, record: str, seconds: float
) -> list[str]:
    import dns.asyncresolver  # noqa: PLC0415 - large, and only endpoints of this type need it

    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = [address for address, _ in servers]
    resolver.nameserver_ports = dict(servers)
    resolver.retry_servfail = False
    try:
        found = await resolver.resolve(name, record, lifetime=seconds, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN as error:
        raise Refused(Failed("dns.name_not_resolved", "there is no such name")) from error
    except dns.resolver.NoNameservers as error:
        raise Refused(_no_answer(error)) from error
    except dns.resolver.LifetimeTimeout as error:
        raise Refused(_SILENT) from error
    return [rdata.to_text() for rdata in found]


def _no_answer(error: dns.resolver.NoNameservers) -> Failed:
    import dns.rcode  # noqa: PLC0415 - as above

    for _, _, _, _, response in error.kwargs.get("errors", ()):
        if response is not None:
            code = dns.rcode.to_text(response.rcode())
            return Failed("dns.server", f"the nameserver answers {code}")
    return _SILENT


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
