"""The overview: the state of everything, worst first, with a filter that stands in the address.

Up to ``MAX_CARDS`` endpoints have a card each, those that the filter leaves out a hidden one: the
page filters and follows by itself. Of more than that the page has those that the filter finds or,
without a filter, those that are not well, and how many of each group are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from heapq import nsmallest
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from ringback.monitor.web.pages import for_readers, render_page
from ringback.monitor.web.site import site_of
from ringback.monitor.web.words import (
    MAX_INCIDENTS_SHOWN,
    STATES,
    labels_of,
    words_of,
    worst_first,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.incident.model import EndpointState
    from ringback.monitor.fleet.agents import Agent, AgentState
    from ringback.monitor.fleet.hub import Fleet
    from ringback.monitor.model import Endpoint, EndpointView
    from ringback.monitor.queries import MonitorQueries

MAX_CARDS: Final = 200
"""Endpoints that all have a card on the page: some 100 kB."""

PAGE_SIZE: Final = 100
"""Cards on one page where there are more endpoints than that."""

MAX_GROUPS: Final = 100
"""Groups that are counted, and that can be chosen, on one page; those first that are not well."""

_MAX_TEXT = 200
_WITHOUT_GROUP = "-"  # What stands in the address for those that have no group
_RANK: Final = {state: rank for rank, state in enumerate(STATES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewFilter:
    """Which endpoints are wanted; what is empty holds for all."""

    q: str = ""  # Text in the name, URL, group or labels
    state: str = ""  # The state it is in
    group: str = ""  # Its group; `-`: none
    label: str = ""  # `name=value` of a label

    @classmethod
    def of(cls, query: Mapping[str, str]) -> OverviewFilter:
        names = ("q", "state", "group", "label")
        return cls(**{name: query.get(name, "").strip()[:_MAX_TEXT] for name in names})

    @property
    def given(self) -> dict[str, str]:
        """What is asked for, as it stands in the address."""
        return {name: value for name, value in asdict(self).items() if value}

    def takes(self, endpoint: Endpoint, state: EndpointState) -> bool:
        wanted = "" if self.group == _WITHOUT_GROUP else self.group
        return (
            (not self.state or state == self.state)
            and (not self.group or endpoint.watched.group == wanted)
            and (not self.label or self.label in labels_of(endpoint))
            and (not self.q or self.q.lower() in words_of(endpoint))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """A group of endpoints as a whole."""

    name: str
    link: str  # What leads to its endpoints
    total: int
    states: list[tuple[EndpointState, int]]  # How many are in each state, the worst first

    @property
    def worst(self) -> EndpointState:
        return self.states[0][0]


def group_counts(queries: MonitorQueries) -> list[GroupCount]:
    """Return how the groups are, those first that are not well."""
    counts = queries.group_states()
    rest = "Other" if len(counts) > 1 else "All endpoints"
    groups = [(sorted(states.items(), key=_rank), name) for name, states in counts.items()]
    some = nsmallest(MAX_GROUPS, groups, key=lambda group: (_rank(group[0][0]), -_share(group[0])))
    return [
        GroupCount(
            name=name or rest,
            link="?" + urlencode({"group": name or _WITHOUT_GROUP}),
            total=counts[name].total(),
            states=states,
        )
        for states, name in some
    ]


def _rank(counted: tuple[EndpointState, int]) -> int:
    return _RANK[counted[0]]


def _share(states: list[tuple[EndpointState, int]]) -> float:
    """Return the share of a group that is in the worst of its states."""
    return states[0][1] / sum(count for _, count in states)


@for_readers
async def overview_page(request: Request) -> Response:
    site = site_of(request)
    queries = site.queries
    wanted = OverviewFilter.of(request.query_params)
    total = len(queries.names)
    large = total > MAX_CARDS
    first = _whole_number(request.query_params.get("from"))
    most = PAGE_SIZE if large else MAX_CARDS
    found = await _found(queries, wanted)
    shown = list(queries.names)
    hidden: set[str] = set()
    if large:
        shown = list(islice(chain.from_iterable(found.values()), first, first + most))
    elif wanted.given:
        hidden = {*shown}.difference(*found.values())
    views = await queries.views_of(shown)
    return await render_page(
        request,
        "overview.html",
        groups={"": views} if large else _by_group(views),
        wanted=wanted,
        hidden=hidden,
        large=large,
        group_counts=group_counts(queries) if large and not wanted.given else [],
        group_names=list(islice(queries.group_states(), MAX_GROUPS)),
        total=total,
        found=sum(map(len, found.values())) if wanted.given else total,
        more=max(0, sum(map(len, found.values())) - first - most) if large else 0,
        next=urlencode({**wanted.given, "from": first + most}),
        state=wanted.state,
        counts=queries.states(),
        incidents=worst_first(queries.incidents())[:MAX_INCIDENTS_SHOWN],
        names=queries.names,
        agents=[] if site.fleet is None else _places(site.fleet),
    )


async def _found(
    queries: MonitorQueries, wanted: OverviewFilter
) -> Mapping[EndpointState, Collection[str]]:
    """Return what is wanted by its state, the worst first; without a filter who is not well."""
    if not wanted.given:
        return {state: list(queries.unwell(state)) for state in STATES if state != "ok"}
    found: dict[EndpointState, list[str]] = {state: [] for state in STATES}
    async for endpoint in queries.each_endpoint():
        state = queries.state(endpoint.id)
        if wanted.takes(endpoint, state):
            found[state].append(endpoint.id)
    return found


def _whole_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else 0


def _places(fleet: Fleet) -> list[tuple[Agent, AgentState]]:
    return [(agent, fleet.state_of(agent)) for agent in fleet.registry.shown()]


def _by_group(views: Iterable[EndpointView]) -> dict[str, list[EndpointView]]:
    groups: dict[str, list[EndpointView]] = {}
    for view in views:
        groups.setdefault(view.endpoint.watched.group, []).append(view)
    return groups


def live_cards(queries: MonitorQueries, moved: set[str], checked: set[str]) -> list[str]:
    """Return the endpoints whose cards an open overview is sent, what has moved first.

    Of many it shows those that are not well, and not each check of all the others.
    """
    rest = checked - moved
    if len(queries.names) > MAX_CARDS:
        rest = {id_ for id_ in rest if queries.state(id_) != "ok"}
    return [*moved, *rest][:MAX_CARDS]


def live_parts(queries: MonitorQueries) -> dict[str, Any]:
    """Return what the parts of an open overview say."""
    incidents, large = queries.incidents(), len(queries.names) > MAX_CARDS
    return {
        "counts": queries.states(),
        "state": "",
        "incidents": worst_first(incidents)[:MAX_INCIDENTS_SHOWN],
        "open_count": len(incidents),
        "names": queries.names,
        "group_counts": group_counts(queries) if large else [],
    }
