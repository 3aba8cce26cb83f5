"""What the machines meet at the target: connecting, the handshake, and what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ringback.diagnosis.compare.model import Facet, join_words, new_facet, value_of
from ringback.diagnosis.facts import (
    ChainFacts,
    GreetingFacts,
    HandshakeFacts,
    HttpSmallSegmentsFacts,
    RedirectFacts,
    RequestFacts,
    TcpConnectFacts,
    TlsSmallSegmentsFacts,
)
from ringback.diagnosis.model import Facts
from ringback.diagnosis.wording import duration

if TYPE_CHECKING:
    from ringback.diagnosis.compare.model import FacetCase, Report
    from ringback.diagnosis.fact_values import CertificateFacts


_TCP = frozenset({"tcp", "proxy"})
_AFTER = frozenset({"tcp", "tls", "http", "service"})

_WORDS = {
    "open": "opens",
    "refused": "is refused",
    "reset": "is reset",
    "timeout": "is not answered (dropped on the way, or not let in)",
    "network_unreachable": "has no route",
    "host_unreachable": "leads to no host",
    "prohibited": "is prohibited by a firewall",
}


def outcomes(report: Report) -> dict[str, str]:
    """Return how connecting to each address and port came out."""
    return {reading.subject: str(reading.facts["outcome"]) for reading in report.evidence.connects}


def _outcomes(report: Report) -> str | None:
    found = outcomes(report)
    return ", ".join(f"{place} {found[place]}" for place in sorted(found)) if found else None


def _families(report: Report) -> str | None:
    found = {facts["family"] for facts in report.every(TcpConnectFacts, outcome="open")}
    if not report.evidence.connects:
        return None
    return " and ".join(f"IPv{family}" for family in sorted(found, key=str)) or "none"


def _rejection(report: Report) -> str | None:
    said = {_icmp(facts) for facts in report.every(TcpConnectFacts) if facts["icmp"]}
    if said:
        return ", ".join(sorted(said))
    return "none" if report.evidence.connects else None


def _icmp(facts: TcpConnectFacts) -> str:
    icmp = facts["icmp"]
    if not isinstance(icmp, dict):
        return "none"
    sender = "itself" if icmp["own"] else icmp["sender"]
    return f"ICMP {icmp['type']}/{icmp['code']} from {sender}"


def _same_address(case: FacetCase) -> str | None:
    """Say of an address that opens there, and here does not."""
    opens = {
        place for report in case.healthy for place, how in outcomes(report).items() if how == "open"
    }
    mine = {place: how for place, how in outcomes(case.broken).items() if how != "open"}
    for place, how in mine.items():
        if place in opens:
            said = _WORDS.get(how, f"ends with: {how}")
            name = case.broken.name
            down = ", or it was down then" if how == "refused" else ""
            return (
                f"{place} opens from {case.there}, and from {name} it {said}: what is between "
                f"{name} and the target decides, or whom it lets in{down}."
            )
    return None


def _other_family(case: FacetCase) -> str | None:
    mine = {facts["family"] for facts in case.broken.every(TcpConnectFacts)}
    theirs = {
        facts["family"]
        for report in case.healthy
        for facts in report.every(TcpConnectFacts, outcome="open")
    }
    if not mine or mine & theirs:
        return None
    ours = join_words([f"IPv{version}" for version in sorted(mine, key=str)])
    works = join_words([f"IPv{version}" for version in sorted(theirs, key=str)])
    return f"{case.broken.name} reaches it only by {ours}; it works from {case.there} by {works}."


def _rejected(case: FacetCase) -> str | None:
    if case.mine == "none":
        return None
    name, there = case.broken.name, case.there
    return f"{name} is told {case.mine}, {there} is not: the sender does not let it through."


CONNECTION: tuple[Facet, ...] = (
    new_facet("family", "tcp", "Reached by")(
        value=_families,
        says=_other_family,
        causes=frozenset({"ipv4_dead", "ipv6_dead", "family_missing"}),
        stages=_AFTER,
        confidence=0.8,
    ),
    new_facet("rejection", "tcp", "Rejection")(
        value=_rejection,
        says=_rejected,
        causes=frozenset({"firewall_rejects", "local_firewall", "host_down", "routing_loop"}),
        stages=_TCP,
    ),
    new_facet("connect", "tcp", "Connecting")(
        value=_outcomes,
        says=_same_address,
        stages=_AFTER,
    ),
)
"""Facets of the connection."""


_TLS = frozenset({"tls"})
_TRUST = frozenset(
    {
        *("tls_interception", "certificate_unknown_issuer", "certificate_self_signed"),
        *("certificate_wrong_name", "certificate_missing_intermediate", "certificate_invalid"),
        *("certificate_expired", "captive_portal"),
    }
)


def _chain(report: Report) -> list[CertificateFacts]:
    return list(report.facts(ChainFacts)["chain"] or ())


def _issuer(report: Report) -> str | None:
    chain = _chain(report)
    return str(chain[0]["issuer"]) if chain else None


def _leaf(report: Report) -> str | None:
    chain = _chain(report)
    return str(chain[0]["sha256"])[:16] if chain and chain[0]["sha256"] else None


def _sent(report: Report) -> str | None:
    chain = _chain(report)
    if not chain:
        return None
    return "1 certificate" if len(chain) == 1 else f"{len(chain)} certificates"


def _handshake(report: Report) -> str | None:
    facts = report.facts(HandshakeFacts)
    if not facts:
        return None
    if facts["verified"]:
        return "verified"
    reason = facts["verify_message"] or facts["reason"]
    return f"{facts['error']} ({reason})" if reason else str(facts["error"])


def _segments(report: Report) -> str | None:
    if (
        report.facts(TlsSmallSegmentsFacts)["works"]
        or report.facts(HttpSmallSegmentsFacts)["works"]
    ):
        return "only small packets pass"
    return "packets of any size pass" if report.healthy else None


def _verified(case: FacetCase) -> str | None:
    if case.mine == "verified" or set(case.theirs) != {"verified"}:
        return None
    name, there = case.broken.name, case.there
    return f"The handshake is verified on {there}; on {name} it ends with: {case.mine}."


TLS: tuple[Facet, ...] = (
    new_facet("issuer", "tls", "Issuer of the certificate")(
        value=_issuer,
        says="{name} is shown a certificate issued by {mine}, {there} one by {other}: something "
        "between {name} and the target opens the connection, or it is another server.",
        causes=_TRUST,
        stages=_TLS,
    ),
    new_facet("certificate", "tls", "Certificate (SHA-256)")(
        value=_leaf,
        says="{name} is shown another certificate than {there}: it is another server, or one not "
        "yet renewed.",
        causes=_TRUST,
        stages=_TLS,
        confidence=0.8,
    ),
    new_facet("chain", "tls", "Chain sent")(
        value=_sent,
        says="{name} is sent {mine}, {there} is sent {other}.",
        causes=frozenset({"certificate_missing_intermediate"}),
        confidence=0.7,
    ),
    new_facet("tls_version", "tls", "TLS version")(
        value=value_of(HandshakeFacts, lambda facts: facts["version"]),
    ),
    new_facet("packet_size", "tls", "Packet size")(
        value=_segments,
        says="From {name} {mine}, from {there} {other}: a link on the way of {name} takes no large "
        "ones, and nobody says so (MTU).",
        causes=frozenset({"mtu_black_hole"}),
    ),
    new_facet("handshake", "tls", "Handshake")(
        value=_handshake,
        says=_verified,
        stages=_TLS,
        confidence=0.6,
    ),
)
"""Facets of the handshake."""


_HTTP = frozenset({"http", "service"})
_MIN_SLOW_SECONDS = 1.0
"""Seconds to the first byte that are taken for no wait."""

_REFUSED = {
    "401": "it wants to know who asks",
    "403": "an allow list, a region or a filter decides",
    "407": "a proxy on the way wants to know who asks",
    "429": "its limit is used up there",
    "451": "it is not to be shown there",
    "511": "a captive portal stands before it",
}


def _last(report: Report) -> RequestFacts:
    requests = report.every(RequestFacts)
    return requests[-1] if requests else cast("RequestFacts", Facts())


def _answer(report: Report) -> str | None:
    facts = _last(report)
    if not facts:
        return None
    status, outcome = facts["status"], facts["outcome"]
    return str(status) if status and outcome in {"answered", None} else str(outcome)


def _headers(report: Report, *names: str) -> str | None:
    headers = _last(report)["headers"]
    if not isinstance(headers, dict):
        return None
    return ", ".join(str(headers[name]) for name in names if headers.get(name)) or None


def _location(report: Report) -> str | None:
    redirects = report.every(RedirectFacts)
    return str(redirects[-1]["location"]) if redirects else None


def _portal(report: Report) -> str | None:
    portal = _last(report)["portal"]
    return None if portal is None else "yes" if portal else "no"


def _status(case: FacetCase) -> str | None:
    name, there = case.broken.name, case.there
    if not case.mine.isdigit():
        if case.broken.diagnosis.verdict.where == "path":
            return None  # the verdict says more
        how = case.mine.replace("_", " ")
        return f"{name} gets no whole answer ({how}); {there} is answered {case.other}."
    why = _REFUSED.get(case.mine, "the same request is treated differently")
    return f"{name} is answered {case.mine}, {there} {case.other}: {why}."


def _first_byte(report: Report) -> str | None:
    seconds = _last(report)["first_byte"]
    if not isinstance(seconds, int | float):
        return None
    return "at once" if seconds < _MIN_SLOW_SECONDS else f"after {duration(seconds)}"


HTTP: tuple[Facet, ...] = (
    new_facet("portal", "http", "Captive portal")(
        value=_portal,
        says="A captive portal stands between {name} and the network.",
        causes=frozenset({"captive_portal"}),
    ),
    new_facet("redirect", "http", "Redirected to")(
        value=_location,
        says="{name} is redirected to {mine}, {there} to {other}.",
        causes=frozenset({"redirect_loop", "redirect_invalid", "captive_portal"}),
    ),
    new_facet("status", "http", "Answer")(
        value=_answer,
        says=_status,
        stages=_HTTP,
    ),
    new_facet("first_byte", "http", "Answer begins")(
        value=_first_byte,
        says="The answer to {name} begins {mine}, that to {there} {other}.",
        causes=frozenset({"slow_first_byte"}),
        confidence=0.8,
    ),
    new_facet("server", "http", "Answered by")(
        value=lambda report: _headers(report, "server", "via"),
        says="Another server answers {name} ({mine}) than {there} ({other}).",
        stages=_HTTP,
        confidence=0.6,
    ),
    new_facet("greeting", "service", "Greeting")(
        value=value_of(
            GreetingFacts,
            lambda facts: (
                f"{facts['outcome']} ({facts['message']})" if facts["message"] else facts["outcome"]
            ),
        ),
        says="The service greets {name} with: {mine}; and {there} with: {other}.",
        stages=frozenset({"service"}),
    ),
)
"""Facets of the answer."""
