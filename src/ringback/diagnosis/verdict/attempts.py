"""What answered the attempts to connect, as the rules about them ask for it."""

from ringback.diagnosis.model import Reading, Where
from ringback.diagnosis.verdict.evidence import Evidence


def failed(evidence: Evidence, *outcomes: str) -> list[Reading]:
    """Return the attempts that came out so, where the target is not reached at all.

    Args:
        evidence: All readings.
        outcomes: ``refused``, ``timeout`` …
    """
    if evidence.reached or evidence.proxied:
        return []
    return [one for one in evidence.unopened if one.facts.get("outcome") in outcomes]


def icmp_code(one: Reading) -> tuple[int, int] | None:
    """Return type and code of the ICMP message that ended an attempt.

    Args:
        one: Its reading.
    """
    icmp = one.facts.get("icmp")
    return (int(icmp["type"]), int(icmp["code"])) if icmp else None


def version(one: Reading) -> int:
    """Return 4 or 6, the family of an attempt.

    Args:
        one: Its reading.
    """
    return int(one.facts.get("family") or 0)


def sender_of(one: Reading) -> tuple[str, Where]:
    """Return who sent the ICMP message that ended an attempt, and where that is.

    Args:
        one: Its reading.
    """
    icmp = one.facts.get("icmp") or {}
    if icmp.get("own"):
        return "this host itself", "this host"
    if icmp.get("is_target"):
        return "the host itself", "their host"
    return f"the router {icmp.get('sender')}", "path"


def is_expired(one: Reading) -> bool:
    """Return whether a router gave a packet up because it had passed too many.

    Args:
        one: Its reading.
    """
    return icmp_code(one) == ((3, 0) if version(one) == 6 else (11, 0))
