"""Readings to judge, as short as they can be written."""

from typing import Any

from ringback.diagnosis.layer.connect import kind_of
from ringback.diagnosis.model import Reading


def reading(
    layer: Any,
    what: str,
    subject: str = "",
    *,
    state: Any = "noted",
    kind: Any = None,
    **facts: Any,
) -> Reading:
    return Reading(layer=layer, what=what, subject=subject, state=state, kind=kind, facts=facts)


def parsed(**facts: Any) -> Reading:
    """What ``url/parse`` tells of https://web.test/."""
    known = {
        "scheme": "https",
        "host": "web.test",
        "port": 443,
        "protocol": "http",
        "tls": True,
        "is_address": False,
        "explicit_port": False,
        "problems": [],
        "fatal": False,
    }
    return reading("url", "parse", state="ok", **(known | facts))


def resolved(*addresses: str) -> Reading:
    state, kind = ("ok", None) if addresses else ("failed", "dns.name_not_resolved")
    found = list(addresses)
    return reading("name", "getaddrinfo", "web.test", state=state, kind=kind, addresses=found)


def connected(address: str, outcome: str = "open", *, port: int = 443, **facts: Any) -> Reading:
    known = {"address": address, "port": port, "family": 6 if ":" in address else 4, "icmp": None}
    return reading(
        "tcp",
        "connect",
        f"{address}:{port}",
        state="ok" if outcome == "open" else "failed",
        kind=kind_of(outcome, facts.get("errno")),
        **(known | {"outcome": outcome} | facts),
    )
