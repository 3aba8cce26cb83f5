"""The worker of the outbox: every notice arrives, in order, and no receiver is flooded.

Theory of operation
===================

A *notice* is one change of an incident, for one channel. ``CheckProcessor.flush`` writes it to the
store's outbox in the transaction that keeps the change itself, so there is never a change without
its notices, nor a notice of a change that was not kept. From then on it has one of these states:

    waiting ──round──→ in flight ──taken──→ sent
      ↑  ↑                │  │
      │  └────not taken───┘  └─after a day─→ given up
      └─ postponed: the circuit is open, the rate is used up, the incident is silenced or held

Waiting, sent and given up are what the row in the store says; the last two are final. In flight is
a set in memory (``Delivery``), and for a channel whose receiver knows a notification again by its
key also a state in the store: ``InFlight`` writes key and notices down durably *before* the first
byte goes out.

A round looks at what is due, by channel. What waits for one channel is grouped by incident
(``NoticeGroup``), and each group waits a moment for what belongs to it: for further members, and at
the beginning for the diagnosis (``GroupWait``). The groups that are ready become one notification,
in which each incident stands once, as it is now.

Why a kill loses nothing. Until the channel has taken a notification, its rows wait in the store;
the next process finds them there, and tries at once what was postponed.

Why a kill doubles nothing, as far as the receiver helps. Killed between the sending and the note of
it, the process cannot know whether the notification was taken. The next one therefore sends what
stands in ``InFlight`` again before anything newer: with the same key, the same notices and the
incidents as they were, so that the receiver drops it as a repetition. A channel without keys (mail,
chat) gets it twice at worst: at least once, never not at all. What was sent while the store cannot
be written is remembered in memory, and is not sent again for that.

Why the order holds. A channel has one notification under way at a time. Once an incident is sent,
all that waits for it goes along, also what was postponed, so that no end overtakes its beginning.
``DeliveryLog`` knows which channel was notified that an incident began: it is notified of the end
as well, whatever the routes say by then. For a channel that was not, an incident that began and
ended meanwhile is sent in one piece.

Why nobody is flooded. ``ChannelState`` has a rate limit, a circuit breaker with a backoff, and
holds back by itself an incident that a receiver rejects, so that one bad notification blocks no
other.

Everything is decided in the event loop. Only what waits for a network or a disk runs in a thread,
one call at a time for a channel; what such a call changes (the store, and what is remembered of the
channel's own notices) has no other writer meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.monitor.notify.channel_state import ChannelState
from ringback.monitor.notify.delivery import Delivery, DeliveryLog, InFlight, Surroundings
from ringback.monitor.notify.notification import NotificationContext, is_escalation
from ringback.monitor.notify.routing import Routing

if TYPE_CHECKING:
    from ringback.incident.model import Change, Incident, Notice
    from ringback.monitor.model import Endpoint
    from ringback.monitor.notify.settings import NotifierSettings, RouteSettings
    from ringback.monitor.store import NoticeStore, Queued

POLL_INTERVAL = 1.0  # Seconds until the outbox is read again when nothing wakes the dispatcher
MAX_NOTICES = 1000  # Notices that one round reads
SHUTDOWN_TIMEOUT = 5.0  # Seconds that notifications in flight have to arrive when the monitor ends
SILENCE_INTERVAL = 10.0  # Seconds until an escalation of a silenced incident is tried again

_FAR_FUTURE = 366 * 86400.0

REAL = Surroundings()  # This machine's

log = logging.getLogger("ringback")


@dataclass(frozen=True, slots=True)
class NoticeGroup:
    """The notices of one incident for one channel."""

    notices: tuple[Notice, ...]  # Oldest first; at least one

    @property
    def incident(self) -> Incident:
        """The incident as the newest change has it; an escalation comes long after its change."""
        return max(reversed(self.notices), key=lambda notice: notice.change.at).change.incident


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWait:
    """How long to wait for what belongs together."""

    # Seconds from a change until it is sent, so that what follows from one cause is sent at once
    gather: float = 1.0
    # Seconds that the beginning of an incident waits for its diagnosis, at most
    diagnosis: float = 5.0

    def due_at(self, group: NoticeGroup) -> float:
        """Return when a group is to be sent, in seconds since 1970 UTC."""
        first = group.notices[0]
        begins = first.change.what == "opened" and group.incident.state == "open"
        awaited = begins and group.incident.diagnosis is None and _is_diagnosed(group)
        return first.change.at + max(self.diagnosis if awaited else 0.0, self.gather)


GROUP_WAIT = GroupWait()


def notice_groups(queued: Iterable[Queued]) -> list[NoticeGroup]:
    """Return what waits, by incident: the one that waits longest comes first."""
    found: dict[str, list[Notice]] = {}
    for entry in sorted(queued, key=lambda entry: (entry.notice.at, entry.notice.change.at)):
        found.setdefault(entry.notice.change.incident.id, []).append(entry.notice)
    return [NoticeGroup(tuple(notices)) for notices in found.values()]


def _is_diagnosed(group: NoticeGroup) -> bool:
    """Return whether such an incident is diagnosed at all."""
    return group.incident.pattern not in {"latency", "heartbeat_missed", "prober_sick"}


class Dispatcher:
    """Routes changes to notifiers, and notifies them; to be used in one event loop."""

    def __init__(  # noqa: PLR0913 - all but the first three are given by name
        self,
        store: NoticeStore,
        notifiers: Iterable[NotifierSettings],
        routes: Iterable[RouteSettings],
        *,
        surroundings: Surroundings = REAL,
        base_url: str = "",
        vantage: str = "",
        endpoints: Iterable[Endpoint] = (),
        group_wait: GroupWait = GROUP_WAIT,
        is_silenced: Callable[[Incident], bool] = lambda _: False,
    ) -> None:
        self._store, self._group_wait = store, group_wait
        self._surroundings = surroundings
        self._clock, self._monotonic = surroundings.clock, surroundings.monotonic
        self._trouble = ""
        self._is_silenced = is_silenced
        self._delivery_log, self._in_flight = DeliveryLog(store), InFlight(store)
        self._wake = asyncio.Event()
        self._base_url, self._vantage = base_url, vantage
        self._states: dict[str, ChannelState] = {}
        self._delivery = Delivery(
            store, self._delivery_log, self._in_flight, surroundings, self._wake
        )
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
        states = {notifier.name: self._state_of(notifier) for notifier in notifiers}
        self._states = states
        self._base_url = self._base_url if base_url is None else base_url
        self._routing = Routing(states, routes, endpoints)
        self._delivery.context = NotificationContext(
            base_url=self._base_url,
            vantage=self._vantage,
            names={endpoint.id: endpoint.name for endpoint in endpoints},
            labels={endpoint.id: endpoint.labels for endpoint in endpoints},
        )
        self._wake.set()

    def _state_of(self, settings: NotifierSettings) -> ChannelState:
        known = self._states.get(settings.name)
        if known is not None and known.settings == settings:
            return known
        made = self._surroundings.channel_of(settings)
        return ChannelState(settings, made, self._monotonic(), self._surroundings.random)

    def notices_for(self, change: Change) -> list[Notice]:
        """Return the notices of a change, to be kept in the same transaction as the change."""
        notices = self._routing.notices(
            change, self._delivery_log.notified_channels(change.incident.id)
        )
        if notices:
            self._wake.set()
        return notices

    def counted(self) -> dict[str, dict[str, int]]:
        """Return how many notifications were sent, failed or were given up since the start."""
        counts = self._delivery.counts
        outcomes = ("sent", "failed", "given_up")
        return {
            name: {outcome: counts[name, outcome] for outcome in outcomes} for name in self._states
        }

    async def run(self) -> None:
        """Send what waits, until it is cancelled; then what is in flight has a moment."""
        try:
            self._resume()
            while True:
                await self._sleep(self._guarded_round())
        finally:
            await self._delivery.close(SHUTDOWN_TIMEOUT)

    async def settle(self) -> float:
        """Do a round and see it through; return after how many seconds to do the next."""
        wait = self._round()
        await self._delivery.idle()
        return wait

    def _guarded_round(self) -> float:
        """Do a round, if the store can be used; return after how many seconds to do the next."""
        try:
            wait, self._trouble = self._round(), ""
        except Exception as error:  # the worker outlives a store that is away
            if self._trouble != (description := f"{type(error).__name__}: {error}"):
                log.exception("ringback: the outbox cannot be used")
            wait, self._trouble = POLL_INTERVAL, description
        return wait

    def _resume(self) -> None:
        """Try at once what an earlier process postponed: why it did is not known any more."""
        now = self._clock()
        for entry in self._store.due(now + _FAR_FUTURE, MAX_NOTICES):
            if entry.due > max(now, entry.notice.at):
                self._store.postpone(entry.notice.id, max(now, entry.notice.at), entry.error)

    async def _sleep(self, wait: float) -> None:
        # Not wait_for: up to Python 3.11 it can lose a cancellation.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._wake.wait()
        self._wake.clear()

    def _round(self) -> float:
        """Begin every notification that may go; return after how many seconds to look again."""
        now = self._clock()
        waiting: dict[str, list[Queued]] = {}
        due = self._delivery.unsent(self._store.due(now, MAX_NOTICES))
        for entry in self._unsilenced(due, now):
            waiting.setdefault(entry.notice.channel, []).append(entry)
        wait = POLL_INTERVAL
        for name, queued in waiting.items():
            state = self._states.get(name)
            if state is None:
                self._delivery.give_up(queued, f"there is no notifier {name} any more")
            else:
                wait = min(wait, self._serve(state, queued, crowded=len(due) >= MAX_NOTICES))
        for state in self._states.values():
            self._delivery.refresh(state)
        return max(wait, 0.01)

    def _unsilenced(self, due: list[Queued], now: float) -> list[Queued]:
        """Return what may be sent; an escalation waits until its incident is not silenced."""
        unsilenced: list[Queued] = []
        silenced: list[Queued] = []
        for entry in due:
            incident = entry.notice.change.incident
            waits = is_escalation(entry.notice) and self._is_silenced(
                self._store.incident(incident.id) or incident
            )
            (silenced if waits else unsilenced).append(entry)
        self._delivery.postpone(silenced, now + SILENCE_INTERVAL, "it is silenced")
        return unsilenced

    def _serve(self, state: ChannelState, queued: list[Queued], *, crowded: bool) -> float:
        """Begin a channel's next notification, if it may go; return when to look again."""
        now, tick = self._clock(), self._monotonic()
        open_at = state.open_at(tick) - tick
        if state.busy or open_at > 0:
            if open_at > 5 * POLL_INTERVAL or crowded:  # the others need the room
                self._delivery.postpone(queued, now + max(open_at, POLL_INTERVAL))
            return POLL_INTERVAL if state.busy else open_at
        again = self._in_flight.of(state.settings.name, queued)
        waits = [
            (
                max(
                    self._group_wait.due_at(group) - now,
                    state.held_until(group.incident.id, tick) - tick,
                ),
                group,
            )
            for group in notice_groups(queued)
        ]
        ready = [group for wait, group in waits if wait <= 0]
        if ready or again:
            self._begin(state, ready[: state.most], self._waiting(state, queued, now))
        return min((wait for wait, _ in waits if wait > 0), default=POLL_INTERVAL)

    def _begin(self, state: ChannelState, groups: list[NoticeGroup], waiting: list[Queued]) -> None:
        """Begin what may have been taken as it was; else groups with what was postponed of them."""
        if again := self._in_flight.of(state.settings.name, waiting):
            self._delivery.begin(state, notice_groups(again), again=True)
            return
        wanted = {group.incident.id for group in groups}  # no end without its beginning
        whole = [entry for entry in waiting if entry.notice.change.incident.id in wanted]
        self._delivery.begin(state, notice_groups(whole))

    def _waiting(self, state: ChannelState, queued: list[Queued], now: float) -> list[Queued]:
        """Return all that waits for a channel, with what was postponed."""
        postponed = self._delivery.unsent(self._store.due(now + _FAR_FUTURE, MAX_NOTICES))
        found = {
            entry.notice.id: entry
            for entry in (*queued, *postponed)
            if entry.notice.channel == state.settings.name and entry.notice.at <= now
        }
        return list(found.values())
