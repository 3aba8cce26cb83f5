"""What the nameservers answered, as the rules about names ask for it."""

from collections.abc import Iterable

from ringback.diagnosis.model import Reading
from ringback.diagnosis.verdict.evidence import Evidence


def configured(evidence: Evidence) -> list[Reading]:
    """Return the answers of the nameservers that this host is configured to ask.

    Args:
        evidence: All readings.
    """
    every = evidence.all("name", "nameserver")
    return [one for one in every if one.facts.get("configured") is not False]


def others(evidence: Evidence) -> list[Reading]:
    """Return the answers of the nameservers that were named beside them.

    Args:
        evidence: All readings.
    """
    return evidence.all("name", "nameserver", configured=False)


def is_unresolved(evidence: Evidence) -> bool:
    """Return whether this program needs the name here and gets no address.

    Args:
        evidence: All readings.
    """
    if not evidence.named or not evidence.resolved_here:
        return False
    looked_up = evidence.first("name", "getaddrinfo")
    return looked_up is not None and not evidence.addresses and not evidence.served


def unresolved_answers(evidence: Evidence) -> list[Reading]:
    """Return what the configured nameservers say of a name that is not resolved.

    A lookup goes on to the next nameserver behind a failure, and ends with the first that denies
    the name: what others fail with decides nothing then.

    Args:
        evidence: All readings.
    """
    if not is_unresolved(evidence):
        return []
    asked = configured(evidence)
    return _denials(asked) or asked


def _denials(asked: list[Reading]) -> list[Reading]:
    """The answers of the nameservers that deny a name and fail in nothing."""
    failing = {one.facts.get("server") for one in asked if not _denies(one)}
    return [one for one in asked if one.facts.get("server") not in failing]


def _denies(one: Reading) -> bool:
    denied = one.facts.get("rcode") in {"NXDOMAIN", "NOERROR"} and not one.facts.get("answers")
    return denied and not one.facts.get("referral")


def coded(evidence: Evidence, rcode: str) -> list[Reading]:
    """Return the answers with a code, where no nameserver gives an address.

    Args:
        evidence: All readings.
        rcode: ``NXDOMAIN``, ``SERVFAIL`` …
    """
    if with_addresses(configured(evidence)):
        return []
    return [one for one in unresolved_answers(evidence) if one.facts.get("rcode") == rcode]


def with_addresses(readings: Iterable[Reading]) -> list[Reading]:
    """Return those that hold an address.

    Args:
        readings: Answers of nameservers.
    """
    return [one for one in readings if one.facts.get("answers")]


def is_dead(one: Reading) -> bool:
    """Return whether a nameserver gave no answer at all.

    Args:
        one: Its reading.
    """
    return bool(one.facts.get("timed_out") or one.facts.get("error"))


def answered_late(evidence: Evidence) -> list[Reading]:
    """Return the questions that were given up before this host's own lookup denied the name.

    Args:
        evidence: All readings.
    """
    asked = unresolved_answers(evidence)
    lookup = evidence.first("name", "getaddrinfo")
    if lookup is None or lookup.kind not in {"dns.name_not_resolved", "dns.no_address"}:
        return []
    ended = lookup.at + lookup.seconds
    slow = [one for one in asked if one.facts.get("timed_out") and one.at + one.seconds < ended]
    return asked if slow and all(map(is_dead, asked)) else []


def servers_of(readings: Iterable[Reading]) -> str:
    """Return the nameservers of readings, as a list for people.

    Args:
        readings: Answers of nameservers.
    """
    named = list(dict.fromkeys(str(one.facts.get("server")) for one in readings))
    return " and ".join(named[:3])


def with_lookup(evidence: Evidence, readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return readings together with the system's own lookup.

    Args:
        evidence: All readings.
        readings: Those that decide.
    """
    return (*readings, *evidence.all("name", "getaddrinfo"))
