"""The worker of the outbox: each notice arrives, and nobody is hammered, flooded or kept waiting.

A notice stands in the store from the moment its incident changed until a channel has taken it: a
kill in between has it sent again, in the same message with the same id. Each channel goes by
itself. What waits for it together is one message; of an incident nothing overtakes what came
before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.monitor.notify.channel import channel_of
from ringback.monitor.notify.delivery import Delivery, Given, Ledger
from ringback.monitor.notify.lane import Lane
from ringback.monitor.notify.message import Context, is_escalation
from ringback.monitor.notify.routing import Routing

if TYPE_CHECKING:
    from ringback.incident.model import Change, Incident, Notice
    from ringback.monitor.model import Endpoint
    from ringback.monitor.notify.settings import NotifierSettings, RouteSettings
    from ringback.monitor.store import Queued, Store


@dataclass(frozen=True, slots=True)
class Pile:
    """The notices of one incident for one channel.

    Attributes:
        notices: Oldest first; at least one.
    """

    notices: tuple[Notice, ...]

    @property
    def incident(self) -> Incident:
        """The incident as the newest change has it; an escalation comes long after its change."""
        return max(reversed(self.notices), key=lambda one: one.change.at).change.incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait for what belongs together.

    Attributes:
        gather: Seconds from a change until it is told, so that what follows from one cause is
            told at once.
        cause: Seconds that the beginning of an incident waits for its diagnosis, at most.
    """

    gather: float = 1.0
    cause: float = 5.0

    def ready(self, pile: Pile) -> float:
        """Return when a pile is to be told, in seconds since 1970 UTC."""
        first = pile.notices[0]
        begins = first.change.what == "opened" and pile.incident.state == "open"
        awaited = begins and pile.incident.diagnosis is None and _is_diagnosed(pile)
        return first.change.at + max(self.cause if awaited else 0.0, self.gather)


PACE = Pace()


def piles_of(queued: Iterable[Queued]) -> list[Pile]:
    """Return what waits, by incident: the one that waits longest comes first."""
    found: dict[str, list[Notice]] = {}
    for one in sorted(queued, key=lambda one: (one.notice.at, one.notice.change.at)):
        found.setdefault(one.notice.change.incident.id, []).append(one.notice)
    return [Pile(tuple(notices)) for notices in found.values()]


def _is_diagnosed(pile: Pile) -> bool:
    """Return whether such an incident is diagnosed at all."""
    return pile.incident.pattern not in {"latency", "heartbeat_missed", "prober_sick"}


POLL = 1.0
"""Seconds between two looks into the outbox when nobody says that there is something."""

MOST = 1000
"""Notices that are looked at together."""

GOODBYE = 5.0
"""Seconds that messages under way have to arrive when the monitor ends."""

HUSH = 10.0
"""Seconds between two looks whether what is to be escalated is still silenced."""

_FAR = 366 * 86400.0

log = logging.getLogger("ringback")


class Dispatcher:
    """Says who is told, and tells them; to be used in one event loop.

    Args:
        store: Has the outbox; it is read in the loop's thread and written to from others as well.
        notifiers: Those that tell.
        routes: Who is told of what; without any, every notifier tells everything.
        clock: Seconds since 1970 UTC.
        base_url: Where the monitor's page is; ``""``: messages have no links.
        vantage: What the operator calls this place.
        endpoints: Those that are watched, for their names, groups and labels.
        pace: How long to wait for what belongs together.

    Raises:
        NotifierInvalid: If a notifier cannot work as it is configured.

    Attributes:
        silenced: Says whether nobody further is to be told of an incident for now.
    """

    def __init__(  # noqa: PLR0913 - all but the first three are given by name
        self,
        store: Store,
        notifiers: Iterable[NotifierSettings],
        routes: Iterable[RouteSettings],
        *,
        clock: Callable[[], float] = time.time,
        base_url: str = "",
        vantage: str = "",
        endpoints: Iterable[Endpoint] = (),
        pace: Pace = PACE,
    ) -> None:
        self._store = store
        self._clock = clock
        self._pace = pace
        self._trouble = ""
        self.silenced: Callable[[Incident], bool] = lambda _: False
        self._ledger, self._given = Ledger(store), Given(store)
        self._wake = asyncio.Event()
        self._base_url, self._vantage = base_url, vantage
        self._lanes: dict[str, Lane] = {}
        self._delivery = Delivery(store, self._ledger, self._given, clock, self._wake)
        self.configure(notifiers, routes, endpoints)

    def configure(
        self,
        notifiers: Iterable[NotifierSettings],
        routes: Iterable[RouteSettings],
        endpoints: Iterable[Endpoint] = (),
        *,
        base_url: str | None = None,
    ) -> None:
        """Notify by these from now on; what is known of notifiers that stay as they are is kept.

        Raises ``NotifierInvalid`` for one that cannot work as configured: then nothing has changed.
        """
        notifiers, endpoints = list(notifiers), list(endpoints)
        lanes = {one.name: self._lane(one) for one in notifiers}
        self._lanes = lanes
        self._base_url = self._base_url if base_url is None else base_url
        self._routing = Routing(lanes, routes, endpoints)
        self._delivery.context = Context(
            base_url=self._base_url,
            vantage=self._vantage,
            names={one.id: one.name for one in endpoints},
            labels={one.id: one.labels for one in endpoints},
        )
        self._wake.set()

    def _lane(self, settings: NotifierSettings) -> Lane:
        known = self._lanes.get(settings.name)
        if known is not None and known.settings == settings:
            return known
        return Lane(settings, channel_of(settings), time.monotonic(), random.random)

    def notices_for(self, change: Change) -> list[Notice]:
        """Return the notices of a change, to be kept in the same transaction as the change."""
        notices = self._routing.notices(change, self._ledger.tellers(change.incident.id))
        if notices:
            self._wake.set()
        return notices

    def counted(self) -> dict[str, dict[str, int]]:
        """Return how many messages came to what since the start."""
        counts = self._delivery.counts
        outcomes = ("sent", "failed", "given_up")
        return {name: {one: counts[name, one] for one in outcomes} for name in self._lanes}

    async def run(self) -> None:
        """Send what waits, until it is cancelled; then what is under way has a moment."""
        try:
            self._resume()
            while True:
                await self._sleep(self._tried())
        finally:
            await self._delivery.close(GOODBYE)

    def _tried(self) -> float:
        """Do what is to be done, if the store can be used; return when to look again."""
        try:
            wait, self._trouble = self._round(), ""
        except Exception as error:  # the worker outlives a store that is away
            if self._trouble != (said := f"{type(error).__name__}: {error}"):
                log.exception("ringback: the outbox cannot be used")
            wait, self._trouble = POLL, said
        return wait

    def _resume(self) -> None:
        """Try at once what an earlier process had put off: why it did is not known any more."""
        now = self._clock()
        for one in self._store.due(now + _FAR, MOST):
            if one.due > max(now, one.notice.at):
                self._store.postpone(one.notice.id, max(now, one.notice.at), one.error)

    async def _sleep(self, wait: float) -> None:
        # Not wait_for: up to Python 3.11 it can lose a cancellation.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._wake.wait()
        self._wake.clear()

    def _round(self) -> float:
        """Begin every message that may go; return after how many seconds to look again."""
        now = self._clock()
        waiting: dict[str, list[Queued]] = {}
        due = self._delivery.unsettled(self._store.due(now, MOST))
        for one in self._heard(due, now):
            waiting.setdefault(one.notice.channel, []).append(one)
        wait = POLL
        for name, queued in waiting.items():
            lane = self._lanes.get(name)
            if lane is None:
                self._delivery.forget(queued, f"there is no notifier {name} any more")
            else:
                wait = min(wait, self._one(lane, queued, crowded=len(due) >= MOST))
        for lane in self._lanes.values():
            self._delivery.refresh(lane)
        return max(wait, 0.01)

    def _heard(self, due: list[Queued], now: float) -> list[Queued]:
        """Return what may be told; an escalation waits until its incident is not silenced."""
        heard: list[Queued] = []
        hushed: list[Queued] = []
        for one in due:
            incident = one.notice.change.incident
            waits = is_escalation(one.notice) and self.silenced(
                self._store.incident(incident.id) or incident
            )
            (hushed if waits else heard).append(one)
        self._delivery.put_off(hushed, now + HUSH, "it is silenced")
        return heard

    def _one(self, lane: Lane, queued: list[Queued], *, crowded: bool) -> float:
        """Begin a channel's next message, if it may go; return after how long to look again."""
        now, tick = self._clock(), time.monotonic()
        opens = lane.opens(tick) - tick
        if lane.busy or opens > 0:
            if opens > 5 * POLL or crowded:  # the others need the room
                self._delivery.put_off(queued, now + max(opens, POLL))
            return POLL if lane.busy else opens
        again = self._given.of(lane.settings.name, queued)
        waits = [
            (max(self._pace.ready(one) - now, lane.holds(one.incident.id, tick) - tick), one)
            for one in piles_of(queued)
        ]
        ready = [one for wait, one in waits if wait <= 0]
        if ready or again:
            self._begin(lane, ready[: lane.most], self._waiting(lane, queued, now))
        return min((wait for wait, _ in waits if wait > 0), default=POLL)

    def _begin(self, lane: Lane, piles: list[Pile], waiting: list[Queued]) -> None:
        """Begin what may have been taken as it was; else piles with what was put off of them."""
        if again := self._given.of(lane.settings.name, waiting):
            self._delivery.begin(lane, piles_of(again), again=True)
            return
        wanted = {one.incident.id for one in piles}  # an end is not told without its beginning
        whole = [one for one in waiting if one.notice.change.incident.id in wanted]
        self._delivery.begin(lane, piles_of(whole))

    def _waiting(self, lane: Lane, queued: list[Queued], now: float) -> list[Queued]:
        """Return all that waits for a channel, with what was put off."""
        put_off = self._delivery.unsettled(self._store.due(now + _FAR, MOST))
        found = {
            one.notice.id: one
            for one in (*queued, *put_off)
            if one.notice.channel == lane.settings.name and one.notice.at <= now
        }
        return list(found.values())
