"""Rules about services with a protocol of their own."""

from ringback.diagnosis.model import Reading
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.rule import Finding, Rule


def _greeting(evidence: Evidence, *outcomes: str) -> Reading | None:
    every = evidence.all("service", "greeting")
    if any(one.state == "ok" for one in every):
        return None
    return next((one for one in every if one.facts.get("outcome") in outcomes), None)


def _other(evidence: Evidence) -> Finding | None:
    failed = _greeting(evidence, "other_protocol")
    if failed is None:
        return None
    speaks = str(failed.facts.get("speaks") or "another protocol").upper()
    return Finding(f"{evidence.place} speaks {speaks}, not {evidence.protocol}.", (failed,))


def _rejects(evidence: Evidence) -> Finding | None:
    failed = _greeting(evidence, "refused")
    if failed is None:
        return None
    said = failed.facts.get("message")
    return Finding(f"{evidence.place} answers and refuses{f': {said}' if said else ''}.", (failed,))


def _silent(evidence: Evidence) -> Finding | None:
    failed = _greeting(evidence, "silent", "timeout")
    if failed is None:
        return None
    return Finding(
        f"{evidence.place} accepts the connection and says nothing in {evidence.protocol}.",
        (failed,),
    )


def _closed(evidence: Evidence) -> Finding | None:
    failed = _greeting(evidence, "closed", "reset")
    if failed is None:
        return None
    how = "closes" if failed.facts["outcome"] == "closed" else "resets"
    return Finding(
        f"{evidence.place} accepts the connection and {how} it without a word.",
        (failed,),
        kind="tcp.closed" if failed.facts["outcome"] == "closed" else "tcp.reset",
    )


def _failed(evidence: Evidence) -> Finding | None:
    failed = _greeting(evidence, "tls_failed")
    if failed is None:
        return None
    return Finding(
        f"{evidence.place} offers TLS and fails in it: {failed.result}.",
        (failed,),
        kind=failed.kind or "tls.failed",
    )


SERVICE = (
    Rule(
        cause="service_other_protocol",
        kind="service.rejected",
        where="this program",
        meaning="The port speaks another protocol than the one that was asked for.",
        decided_by="its first words",
        when=_other,
        advice=("Compare host and port with the service's configuration.",),
    ),
    Rule(
        cause="service_rejects",
        kind="service.rejected",
        where="their service",
        meaning="The service answers in its protocol, and refuses.",
        decided_by="its own message",
        when=_rejects,
    ),
    Rule(
        cause="service_silent",
        kind="http.response.timed_out",
        where="their service",
        meaning="The service accepts the connection and says nothing.",
        decided_by="no first word in time",
        when=_silent,
        layer="application",
        advice=(
            "Look whether the service hangs: its log, its load, its connection limit.",
            "Make sure that the port speaks this protocol, and whether with TLS.",
        ),
    ),
    Rule(
        cause="service_closes",
        kind="tcp.closed",
        where="their service",
        meaning="The service accepts the connection and closes it without a word.",
        decided_by="an end or a reset before its first word",
        when=_closed,
        advice=(
            "Look at its log: an allow list, a connection limit, or TLS where none is expected.",
        ),
    ),
    Rule(
        cause="service_tls_failed",
        kind="tls.failed",
        where="their service",
        meaning="The service offers TLS within its protocol, and the handshake fails.",
        decided_by="the handshake",
        when=_failed,
    ),
)
