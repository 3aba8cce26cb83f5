"""One nameserver: asked for both kinds of addresses of a name, and probed itself.

The probes show whether it answers anything, and whether it invents answers.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import dns.exception
import dns.name

from ringback.diagnosis.facts import ControlFacts, HijackFacts, NameserverFacts
from ringback.diagnosis.layer.dns_query import (
    DnsAnswer,
    QueryTimeouts,
    Reply,
    Server,
    answer_of,
    ask_nameserver,
)
from ringback.diagnosis.layer.host_routes import is_on_link
from ringback.diagnosis.layer.url_host import ascii_host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringback.diagnosis.context import DiagnosisContext
    from ringback.diagnosis.layer.host_resolver import ResolverConfig
    from ringback.failure.names import KindName


_MAX_SEARCH_DOMAINS: Final = 6
"""Search domains that are tried: more than the C library once took."""


def names_to_ask(host: str, config: ResolverConfig) -> list[dns.name.Name]:
    """Return the names that the C library asks for, in its order (resolv.conf(5)).

    A name with fewer dots than ``ndots`` is tried with each search domain first, others as they
    are first; one that ends in a dot only as it is.
    """
    text = ascii_host(host)
    own = absolute(text)
    if own is None:
        return []
    if text.endswith("."):
        return [own]
    searched = [
        name
        for domain in config.search[:_MAX_SEARCH_DOMAINS]
        if (name := absolute(f"{text}.{domain}"))
    ]
    return [own, *searched] if text.count(".") >= config.ndots else [*searched, own]


def absolute(text: str) -> dns.name.Name | None:
    """Return a name of the DNS; ``None``: it is none."""
    try:
        return dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError):
        return None


def text_of_name(name: dns.name.Name) -> str:
    """Return a name without the dot at its end."""
    return name.to_text(omit_final_dot=True)


TYPES: Final = ("A", "AAAA")

_BLOCKED: Final = frozenset({4, 15, 16, 17, 18})
"""Extended errors that tell of a policy (RFC 8914, sections 4.5 and 4.16 to 4.19)."""

_GOES_ON: Final = frozenset({"NOERROR", "NXDOMAIN", "SERVFAIL"})
"""After these, without an address, the C library tries the next search domain."""

_OTHER_TYPE_TIMEOUT: Final = 4.0
"""Seconds that the answer for the other type is awaited, longer than any takes."""

_ONE_LABEL: Final = 2  # with the root


@dataclass(frozen=True, slots=True)
class NameserverFinding:
    """What a nameserver said of one type of addresses."""

    server: Server  # Who was asked
    type: str  # `A` or `AAAA`
    name: dns.name.Name  # Under which name
    tried: tuple[dns.name.Name, ...]  # All names that were asked for
    reply: Reply  # What came
    answer: DnsAnswer  # What it says

    @property
    def refers(self) -> bool:
        """Whether it only points at other servers, which it will not ask."""
        said = self.answer
        known = said.addresses or said.aliases or said.authoritative or said.recursion
        return self.reply.rcode == "NOERROR" and not known

    @property
    def dead(self) -> bool:
        """Whether there is no answer at all."""
        return self.reply.message is None


class NameserverQueries:
    """A nameserver that is asked for ``A`` and ``AAAA`` side by side.

    Of several names the next is asked for only when the one before it has neither, as the C
    library does.
    """

    def __init__(
        self,
        context: DiagnosisContext,
        server: Server,
        names: Sequence[dns.name.Name],
        timeouts: QueryTimeouts,
    ) -> None:
        self.server = server
        self.findings: dict[str, NameserverFinding] = {}
        self._context = context
        self._names = tuple(names)
        self._timeouts = timeouts
        self._came = threading.Condition()
        self._results: dict[tuple[str, int], NameserverFinding] = {}

    def is_unreachable(self) -> bool:
        """Return whether a question has met an error on its way."""
        return any(finding.reply.error for finding in self.findings.values())

    @property
    def resolved(self) -> bool:
        """Whether it gave any address."""
        return any(finding.answer.addresses for finding in self.findings.values())

    def tasks(self) -> list[Callable[[], None]]:
        """Return what is to be run side by side."""
        return [partial(self._ask, type_) for type_ in TYPES]

    def _ask(self, type_: str) -> None:
        begun = self._context.now()
        index, asked = 0, [self._one(type_, 0)]
        while not self._ends(asked[-1], type_, index):
            index = self._next(asked[-1], index)
            asked.append(self._one(type_, index))
        chosen = self._chosen(asked, type_, index)
        finding = replace(chosen, tried=tuple(found.name for found in asked))
        with self._came:
            # others may be reading the old one
            self.findings = {**self.findings, type_: finding}
            self._came.notify_all()
        self._record(finding, begun)

    def _chosen(self, asked: list[NameserverFinding], type_: str, index: int) -> NameserverFinding:
        """What is said of the name that has addresses, else of the name as it was written."""
        last = asked[-1]
        if len(asked) == 1 or last.answer.addresses or self._has_addresses(_other(type_), index):
            return last
        own = _written(self._names)
        return next((finding for finding in asked if finding.name == own), asked[0])

    def _one(self, type_: str, index: int) -> NameserverFinding:
        name = self._names[index]
        timeouts = replace(
            self._timeouts, hopeless=partial(self._unreachable, _other(type_), index)
        )
        reply = ask_nameserver(self.server, name, type_, timeouts, self._context.may_connect)
        message = reply.message
        answer = DnsAnswer() if message is None else answer_of(message, name, type_)
        found = NameserverFinding(self.server, type_, name, (name,), reply, answer)
        with self._came:
            self._results[type_, index] = found
            self._came.notify_all()
        return found

    def _ends(self, found: NameserverFinding, type_: str, index: int) -> bool:
        """Whether no further name is asked for."""
        last = index == len(self._names) - 1
        if last or found.dead or found.answer.addresses:
            return True
        return self._has_addresses(_other(type_), index)

    def _next(self, found: NameserverFinding, index: int) -> int:
        """The name to ask for next: the last where a server will not look further."""
        return index + 1 if found.reply.rcode in _GOES_ON else len(self._names) - 1

    def _unreachable(self, type_: str, index: int) -> bool:
        """Whether the question for the other type has met an error on its way."""
        beside = self._results.get((type_, index))
        return beside is not None and beside.reply.error is not None

    def _has_addresses(self, type_: str, index: int) -> bool:
        """Whether a name has addresses of the other type, which is being asked for now."""
        beside = self._beside(type_, index)
        return beside is not None and bool(beside.answer.addresses)

    def _beside(self, type_: str, index: int) -> NameserverFinding | None:
        with self._came:
            self._came.wait_for(
                lambda: (type_, index) in self._results or type_ in self.findings,
                self._context.left(_OTHER_TYPE_TIMEOUT),
            )
            return self._results.get((type_, index))

    def _record(self, finding: NameserverFinding, begun: float) -> None:
        ended = self._context.now()
        facts = _facts(finding, dangling=self._dangles(finding))
        self._context.record(
            NameserverFacts,
            f"{finding.server} {finding.type}",
            state=_state(finding),
            result=_finding_in_words(finding, ended - begun),
            kind=_kind(finding),
            since=begun,
            facts=facts,
        )

    def _dangles(self, finding: NameserverFinding) -> bool:
        """Whether the chain of aliases ends at a name without any address."""
        if finding.answer.addresses or not finding.answer.aliases:
            return False
        if finding.reply.rcode == "NXDOMAIN":
            return True
        beside = self._beside(_other(finding.type), self._names.index(finding.name))
        return beside is not None and not beside.dead and not beside.answer.addresses


def _other(type_: str) -> str:
    return "AAAA" if type_ == "A" else "A"


def _written(names: Sequence[dns.name.Name]) -> dns.name.Name | None:
    """The name as it was written; ``None``: it was meant to be completed."""
    own = min(names, key=len)
    return own if len(own) > _ONE_LABEL else None


def _facts(finding: NameserverFinding, *, dangling: bool) -> NameserverFacts:
    reply, answer = finding.reply, finding.answer
    return {
        "server": str(finding.server),
        "type": finding.type,
        "asked": text_of_name(finding.name),
        "tried": [text_of_name(name) for name in finding.tried],
        "rcode": reply.rcode,
        "answers": list(answer.addresses),
        "cnames": list(answer.aliases),
        "dangling": dangling,
        "ede": [list(error) for error in answer.errors],
        "negative_ttl": answer.negative_ttl,
        "ttl": answer.ttl,
        "timed_out": reply.timed_out,
        "error": reply.error,
        "icmp": reply.icmp,
        "malformed": reply.malformed,
        "mismatched": reply.mismatched,
        "truncated": reply.truncated,
        "over_tcp": reply.over_tcp,
        "edns": reply.edns if reply.message is not None else None,
        "authoritative": answer.authoritative,
        "recursion": answer.recursion if reply.message is not None else None,
        "referral": finding.refers,
        "configured": finding.server.configured,
        "on_link": is_on_link(finding.server.address),
    }


def _state(finding: NameserverFinding) -> Any:
    if finding.answer.addresses:
        return "ok"
    return "noted" if finding.reply.rcode == "NOERROR" and not finding.refers else "failed"


def _kind(finding: NameserverFinding) -> KindName | None:
    reply, answer = finding.reply, finding.answer
    if any(code in _BLOCKED for code, _ in answer.errors):
        return "dns.blocked"
    if finding.refers:
        return "dns.server"
    if answer.addresses or reply.rcode == "NOERROR":
        return None
    if reply.rcode == "NXDOMAIN":
        return "dns.name_not_resolved"
    return "dns.unreachable" if reply.timed_out or reply.error else "dns.server"


def _finding_in_words(finding: NameserverFinding, seconds: float) -> str:
    said = _came(finding, seconds)
    for code, text in finding.answer.errors[:1]:
        said += f"; extended error {code}{f': {text}' if text else ''}"
    if finding.reply.truncated:
        said += "; the answer over UDP is cut"
    return said


def _came(finding: NameserverFinding, seconds: float) -> str:
    reply, answer = finding.reply, finding.answer
    if reply.error:
        by = f", said by {reply.icmp['sender']}" if reply.icmp else ""
        return f"{reply.error}{by}"
    if reply.malformed:
        return "what it sends is no answer that can be read"
    if reply.timed_out:
        other = f" to this question, {reply.mismatched} to others" if reply.mismatched else ""
        return f"no answer{other} in {seconds:.1f} s"
    through = f"{text_of_name(finding.name)} → " if len(finding.tried) > 1 else ""
    through += "".join(f"{alias} → " for alias in answer.aliases)
    if answer.addresses:
        return through + " ".join(answer.addresses[:6])
    if finding.refers:
        return f"{through}it points at other servers, and does not ask them (no recursion)"
    if reply.rcode == "NOERROR":
        return f"{through}no {finding.type} record"
    return f"{through}{'no such name, ' if reply.rcode == 'NXDOMAIN' else ''}{reply.rcode}"


_NOWHERE: Final = dns.name.from_text("invalid.")
"""Below it there are no names (RFC 6761, section 6.4)."""

_OF_NETWORKS: Final = frozenset(
    {b"test", b"local", b"localhost", b"lan", b"internal", b"corp", b"home", b"arpa", b"intranet"}
)
"""Top levels of private networks, where all names may well have one address."""

_TWO_LABELS: Final = 3  # with the root
_TRY_TIMEOUTS: Final = (0.5, 0.5)


def random_sibling(name: dns.name.Name) -> dns.name.Name:
    """Return a name that should not exist, with the same parent as another."""
    return dns.name.Name((_label(), *name.labels[1:]))


def hijack(
    context: DiagnosisContext,
    server: Server,
    sibling: dns.name.Name,
    hopeless: Callable[[], bool] = bool,
) -> None:
    """Record if a nameserver has addresses for a name that should not exist.

    It may be the zone that has them for all names below it, so names that are in no zone are asked
    for then.
    """
    begun = context.now()
    timeouts = QueryTimeouts(tries=_TRY_TIMEOUTS, left=context.left, hopeless=hopeless)
    reply, answer = _asked(server, sibling, "A", timeouts)
    if not answer.addresses:
        return
    invented = [
        name for name in _nowhere(sibling) if _asked(server, name, "A", timeouts)[1].addresses
    ]
    hijacked = bool(invented)
    context.record(
        HijackFacts,
        text_of_name(invented[0] if hijacked else sibling),
        state="failed" if hijacked else "noted",
        result=_hijack_in_words(server, answer, hijacked=hijacked),
        kind="dns.bogus_address" if hijacked else None,
        since=begun,
        facts=HijackFacts(
            server=str(server),
            rcode=reply.rcode,
            answers=list(answer.addresses),
            hijacked=hijacked,
            wildcard=not hijacked,
        ),
    )


def control(context: DiagnosisContext, server: Server) -> None:
    """Record whether a nameserver answers a question that every resolver can answer."""
    begun = context.now()
    timeouts = QueryTimeouts(tries=_TRY_TIMEOUTS, left=context.left)
    reply, _ = _asked(server, dns.name.root, "NS", timeouts)
    works = reply.rcode in {"NOERROR", "NXDOMAIN"}
    said = f"it answers for others ({reply.rcode})" if works else "it answers nothing else either"
    context.record(
        ControlFacts,
        ".",
        state="ok" if works else "failed",
        result=f"{server}: {said}",
        since=begun,
        facts=ControlFacts(
            server=str(server),
            rcode=reply.rcode,
            works=works,
            timed_out=reply.timed_out,
            error=reply.error,
        ),
    )


def _asked(
    server: Server, name: dns.name.Name, type_: str, timeouts: QueryTimeouts
) -> tuple[Reply, DnsAnswer]:
    reply = ask_nameserver(server, name, type_, timeouts, lambda _address, _port: False)
    message = reply.message
    return reply, DnsAnswer() if message is None else answer_of(message, name, type_)


def _nowhere(sibling: dns.name.Name) -> list[dns.name.Name]:
    """Names that no zone has: below ``.invalid``, and beside the domain of another."""
    names = [dns.name.Name((_label(), *_NOWHERE.labels))]
    if len(sibling.labels) > _TWO_LABELS and sibling.labels[-2].lower() not in _OF_NETWORKS:
        names.append(dns.name.Name((_label(), *sibling.labels[-2:])))
    return names


def _label() -> bytes:
    return b"x" + secrets.token_hex(8).encode("ascii")


def _hijack_in_words(server: Server, answer: DnsAnswer, *, hijacked: bool) -> str:
    addresses = " ".join(answer.addresses[:3])
    if hijacked:
        return f"{server} says {addresses} for a name that cannot exist"
    return f"every name of this domain resolves ({addresses})"
