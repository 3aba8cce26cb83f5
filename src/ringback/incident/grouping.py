"""What belongs together: parents, a network of one's own that is down, a shared cause."""

from collections.abc import Iterable, Mapping

from ringback.incident.case import Case
from ringback.incident.model import Incident
from ringback.incident.pattern import is_of_the_network

WINDOW = 120.0
"""Seconds after an incident's newest member within which another joins it for the same cause."""

OWN_NETWORK = 3
"""Unrelated hosts that must fail alike, and none succeed, before the own network is blamed."""

HOLD = 60.0
"""Seconds that a child's alarm waits for a parent that is suspect."""


def parent_down(case: Case, cases: Mapping[str, Case]) -> str | None:
    """Return the parent that is down, so that this endpoint cannot be reached; ``None``: none is.

    Args:
        case: The endpoint.
        cases: All, by id.
    """
    for parent in case.watched.parents:
        if parent in cases and cases[parent].state in {"down", "recovering"}:
            return parent
    return None


def parent_suspect(case: Case, cases: Mapping[str, Case]) -> bool:
    """Return whether a parent is failing, and it is not known yet whether it is down.

    Args:
        case: The endpoint.
        cases: All, by id.
    """
    return any(
        parent in cases and cases[parent].state == "suspect" for parent in case.watched.parents
    )


def own_network_down(case: Case, cases: Iterable[Case]) -> list[Case]:
    """Return the endpoints that fail because this host has no network; ``[]``: it has one.

    Since the first failure every target that was asked has failed as a missing network shows,
    they are on several hosts, and nothing has succeeded.

    Args:
        case: The endpoint that has just been found down.
        cases: All.
    """
    since = case.streak.since
    if since is None or not is_of_the_network(case.kind):
        return []
    asked = [one for one in cases if one.seen is not None and one.seen >= since]
    if any(one.succeeded is not None and one.succeeded >= since for one in asked):
        return []
    failing = [one for one in asked if one.is_failing and is_of_the_network(one.kind)]
    hosts = {one.watched.host for one in failing}
    return failing if len(failing) == len(asked) and len(hosts) >= OWN_NETWORK else []


def shared(case: Case, cases: Mapping[str, Case], open_: Iterable[Incident]) -> Incident | None:
    """Return the open incident with which an endpoint shares its cause; ``None``: none.

    The same kind within the window, and the same host, the same address, or (of names) the same
    parent domain.

    Args:
        case: The endpoint that has just been found down.
        cases: All, by id.
        open_: Incidents that are not over.
    """
    for incident in open_:
        joined = max((one.at for one in incident.timeline), default=incident.opened_at)
        recent = (case.seen or 0.0) - joined <= WINDOW
        if incident.kind != case.kind or not recent:
            continue
        members = [cases[one] for one in incident.members if one in cases]
        if any(_alike(case, one) for one in members):
            return incident
    return None


def _alike(one: Case, other: Case) -> bool:
    if one.watched.host and one.watched.host == other.watched.host:
        return True
    if one.address is not None and one.address == other.address:
        return True
    of_names = one.kind is not None and one.kind.startswith("dns.")
    return of_names and _zone(one) == _zone(other) != ""


def _zone(case: Case) -> str:
    labels = case.watched.host.rstrip(".").split(".")
    return ".".join(labels[-2:]) if len(labels) >= 2 else ""
