"""Diagnoses to write, hide and compare."""

from ringback.diagnosis.model import Alternative, Diagnosis, Reading, Verdict

AT = 1795258225.123


def reading(layer="tcp", what="connect", subject="192.0.2.7:443", **more):
    given = {"state": "ok", "result": "open", "at": 0.01, "seconds": 0.002, "facts": {}}
    return Reading(layer=layer, what=what, subject=subject, **given | more)


def verdict(cause="healthy", kind="healthy", layer="none", **more):
    given = {"where": "", "confidence": 1.0, "summary": "Everything that was asked worked."}
    return Verdict(kind=kind, cause=cause, layer=layer, **given | more)


def diagnosis(*readings, target="https://api.example.com/", found=None, **more):
    given = {"elapsed": 0.21, "at": AT}
    return Diagnosis(
        target=target, verdict=found or verdict(), readings=tuple(readings), **given | more
    )


def refused(**more):
    """A diagnosis with something in every field."""
    found = verdict(
        "firewall_drops",
        "tcp.timed_out",
        "tcp",
        where="path",
        confidence=0.8,
        summary="A firewall drops what is sent to port 443 of api.example.com.",
        advice=("Ask whoever runs the firewall.", "Try `nc -vz 192.0.2.7 443` elsewhere."),
        evidence=(1,),
        alternatives=(
            Alternative(
                kind="tcp.timed_out",
                cause="overloaded",
                where="their host",
                summary="The backlog is full.",
                check="`ss -ltn` on the target.",
            ),
        ),
        beside=("One of two resolvers is dead.",),
    )
    facts = {"outcome": "timeout", "icmp": None, "rtt": None, "family": 4}
    silent = reading(state="failed", result="no answer", kind="tcp.timed_out", facts=facts)
    return diagnosis(
        reading("name", "getaddrinfo", "api.example.com", facts={"addresses": ["192.0.2.7"]}),
        silent,
        found=found,
        complete=False,
        **more,
    )
