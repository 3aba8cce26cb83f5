"""What the machines are shown in the handshake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.diagnosis.compare.trait import Trait

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringback.diagnosis.compare.report import Case, Report
    from ringback.diagnosis.model import Stage

_TLS = frozenset({"tls"})
_STAGES: tuple[Stage, ...] = ("tls", "http")
_TRUST = frozenset(
    {
        *("tls_interception", "certificate_unknown_issuer", "certificate_self_signed"),
        *("certificate_wrong_name", "certificate_missing_intermediate", "certificate_invalid"),
        *("certificate_expired", "captive_portal"),
    }
)


def _chain(report: Report) -> list[Mapping[str, object]]:
    chain = report.facts("tls", "chain").get("chain") or ()
    return [one for one in chain if isinstance(one, dict)]


def _issuer(report: Report) -> str | None:
    chain = _chain(report)
    return str(chain[0].get("issuer")) if chain else None


def _leaf(report: Report) -> str | None:
    chain = _chain(report)
    return str(chain[0].get("sha256"))[:16] if chain and chain[0].get("sha256") else None


def _sent(report: Report) -> str | None:
    chain = _chain(report)
    if not chain:
        return None
    return "1 certificate" if len(chain) == 1 else f"{len(chain)} certificates"


def _handshake(report: Report) -> str | None:
    facts = report.facts("tls", "handshake")
    if not facts:
        return None
    if facts.get("verified"):
        return "verified"
    reason = facts.get("verify_message") or facts.get("reason")
    return f"{facts.get('error')} ({reason})" if reason else str(facts.get("error"))


def _segments(report: Report) -> str | None:
    tried = (report.facts(stage, "small_segments") for stage in _STAGES)
    if any(one.get("works") for one in tried):
        return "only small packets pass"
    return "packets of any size pass" if report.healthy else None


def _verified(case: Case) -> str | None:
    if case.mine == "verified" or set(case.theirs) != {"verified"}:
        return None
    name, there = case.broken.name, case.there
    return f"The handshake is verified on {there}; on {name} it ends with: {case.mine}."


TLS: tuple[Trait, ...] = (
    Trait(
        name="issuer",
        layer="tls",
        title="Issuer of the certificate",
        value=_issuer,
        says="{name} is shown a certificate issued by {mine}, {there} one by {other}: something "
        "between {name} and the target opens the connection, or it is another server.",
        causes=_TRUST,
        stages=_TLS,
    ),
    Trait(
        name="certificate",
        layer="tls",
        title="Certificate (SHA-256)",
        value=_leaf,
        says="{name} is shown another certificate than {there}: it is another server, or one not "
        "yet renewed.",
        causes=_TRUST,
        stages=_TLS,
        confidence=0.8,
    ),
    Trait(
        name="chain",
        layer="tls",
        title="Chain sent",
        value=_sent,
        says="{name} is sent {mine}, {there} is sent {other}.",
        causes=frozenset({"certificate_missing_intermediate"}),
        confidence=0.7,
    ),
    Trait(
        name="tls_version",
        layer="tls",
        title="TLS version",
        value=lambda report: report.text("tls", "handshake", "version"),
    ),
    Trait(
        name="packet_size",
        layer="tls",
        title="Packet size",
        value=_segments,
        says="From {name} {mine}, from {there} {other}: a link on the way of {name} takes no large "
        "ones, and nobody says so (MTU).",
        causes=frozenset({"mtu_black_hole"}),
    ),
    Trait(
        name="handshake",
        layer="tls",
        title="Handshake",
        value=_handshake,
        says=_verified,
        stages=_TLS,
        confidence=0.6,
    ),
)
"""Traits of the handshake."""
