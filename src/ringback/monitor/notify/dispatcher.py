"""The worker of the outbox: every notice arrives, in order, and no receiver is flooded.

Theory of operation
===================

A *notice* is one change of an incident, for one channel. ``CheckProcessor.flush`` writes it to the
store's outbox in the transaction that keeps the change itself, so there is never a change without
its notices, nor a notice of a change that was not kept. From then on it has one of these states:

    waiting ──round──→ in flight ──taken──→ sent
    ↑  ↑  ↑               │  │
    │  │  └───not taken───┘  └─after a day─→ given up
    │  └─ gathered: until something goes that it goes along with
    └─ postponed: the circuit is open, the rate is used up, the incident is silenced or held

Waiting, sent and given up are what the row in the store says; the last two are final. Given up is
also a notice of which nothing is left to say, such as an end whose incident was reopened, and the
row says so. In flight is a set in memory (``Delivery``), and for a channel whose receiver knows a
notification again by its key also a state in the store: ``InFlight`` writes key and notices down
durably *before* the first byte goes out.

A round reads what is due. Of a channel for which something is, it reads all that waits, by incident
(``NoticeGroup``), and asks ``Collation`` when the next message is to be sent. Not yet: the notices
that are due are *gathered*, which means deferred in the store until then, so that no later round
reads them for nothing; what comes meanwhile has all of it looked at again. Now: everything that
waits for the channel becomes one notification, in which each incident stands once, as it is at this
moment. A group is then in one of these states, and it is never written down which, because it
follows from its notices and from what ``DeliveryLog`` says that the receiver was told:

    alarm    goes at once after a time of quiet, when the diagnosis is there; else gathered
    end      waits: what is reopened meanwhile takes the end along, and nothing is said
    growth   waits, or is an alarm once the members that were told have doubled

Who joins an incident has no notice of its own while one waits that will count the members anyway:
there would be thousands, and each holds the whole incident.

Why a kill loses nothing. Until the channel has taken a notification, its rows wait in the store;
the next process finds them there and looks at all of them at once. What was gathered, and an end
that waits, it gathers again, until the same moment: that counts from the changes, and from when the
receiver was last sent something, which ``DeliveryLog`` keeps.

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
ended meanwhile is sent in one piece. An end that was tried may have arrived, so a reopening does
not cancel it any more, but is told.

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
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ringback.failure.advice import place_of
from ringback.monitor.notify.channel_state import ChannelState
from ringback.monitor.notify.collation import (
    COLLATION,
    Collation,
    NoticeGroup,
    Receiver,
    notice_groups,
)
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

_REST_AFTER_ROUND = 3.0  # Of what a round took: so much is left to others before the next one

_FAR_FUTURE = 366 * 86400.0

REAL = Surroundings()  # This machine's

log = logging.getLogger("ringback")


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
        collation: Collation = COLLATION,
        is_silenced: Callable[[Incident], bool] = lambda _: False,
    ) -> None:
        self._store, self._collation = store, collation
        self._surroundings = surroundings
        self._clock, self._monotonic = surroundings.clock, surroundings.monotonic
        self._trouble = ""
        self._is_silenced = is_silenced
        self._delivery_log, self._in_flight = DeliveryLog(store), InFlight(store)
        self._wake = asyncio.Event()
        self._base_url, self._vantage = base_url, vantage
        self._states: dict[str, ChannelState] = {}
        self._every: dict[str, float] = {}  # Endpoint's id to the seconds between two checks
        # Channel and incident to the members and the time of the newest change that waits for it
        self._announced: dict[tuple[str, str], tuple[int, float]] = {}
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
        self._every = {endpoint.id: endpoint.watched.every for endpoint in endpoints}
        self._delivery.context = NotificationContext(
            base_url=self._base_url,
            vantage=self._vantage,
            names={endpoint.id: endpoint.name for endpoint in endpoints},
            labels={endpoint.id: endpoint.labels for endpoint in endpoints},
            place=partial(_place, {endpoint.id: endpoint for endpoint in endpoints}),
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
        if change.what == "joined":
            notices = [notice for notice in notices if self._is_new(notice)]
        for notice in notices:
            key = (notice.channel, change.incident.id)
            if change.what == "reopened":  # it may cancel an end, and then says nothing
                self._announced.pop(key, None)
            elif not is_escalation(notice):
                self._announced[key] = (len(change.incident.members), change.at)
        return notices

    def wake(self) -> None:
        """Look at what waits now: there is something new."""
        self._wake.set()

    def _is_new(self, notice: Notice) -> bool:
        """Return whether that somebody joined is not said anyway by what waits for the channel."""
        members, at = len(notice.change.incident.members), notice.change.at
        waiting = self._announced.get((notice.channel, notice.change.incident.id))
        if waiting is None or waiting == (members, at):  # asked a second time: the same answer
            return True
        told = self._delivery_log.told(notice.channel, notice.change.incident.id)
        return told is not None and waiting[0] < 2 * len(told.members) <= members

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
            await self._resume()
            while True:
                began = self._monotonic()
                wait = await self._guarded_round()
                # Thousands of notices take a while to read, and the loop has others to serve.
                rest = _REST_AFTER_ROUND * (self._monotonic() - began)
                await asyncio.sleep(min(rest, POLL_INTERVAL))
                await self._sleep(wait)
        finally:
            await self._delivery.close(SHUTDOWN_TIMEOUT)

    async def settle(self) -> float:
        """Do a round and see it through; return after how many seconds to do the next."""
        wait = await self._round()
        await self._delivery.idle()
        return wait

    async def _guarded_round(self) -> float:
        """Do a round, if the store can be used; return after how many seconds to do the next."""
        try:
            wait, self._trouble = await self._round(), ""
        except Exception as error:  # the worker outlives a store that is away
            if self._trouble != (description := f"{type(error).__name__}: {error}"):
                log.exception("ringback: the outbox cannot be used")
            wait, self._trouble = POLL_INTERVAL, description
        return wait

    async def _resume(self) -> None:
        """Look at once at what an earlier process put off: why it did is not known any more."""
        now = self._clock()
        waiting = await self._delivery.waiting(now + _FAR_FUTURE, MAX_NOTICES)
        ids = [entry.notice.id for entry in waiting if entry.notice.at <= now]
        await self._delivery.asked(partial(self._store.defer, ids, now))

    async def _sleep(self, wait: float) -> None:
        # Not wait_for: up to Python 3.11 it can lose a cancellation.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._wake.wait()
        self._wake.clear()

    async def _round(self) -> float:
        """Begin every notification that may go; return after how many seconds to look again."""
        now, wait = self._clock(), POLL_INTERVAL
        due = await self._delivery.waiting(now, MAX_NOTICES)
        muted = [entry for entry in due if await self._is_muted(entry)]
        await self._delivery.postpone(muted, now + SILENCE_INTERVAL, "it is silenced")
        # What was under way when the reading began is not in what was read, wherever it ends.
        busy = {name for name, state in self._states.items() if state.busy}
        waiting = await self._waiting(now) if due else {}
        for name in dict.fromkeys(entry.notice.channel for entry in due):
            state, queued = self._states.get(name), waiting.get(name, [])
            if state is None:
                await self._delivery.give_up(queued, f"there is no notifier {name} any more")
            elif queued:
                crowded = len(due) >= MAX_NOTICES
                served = self._serve(state, queued, busy=name in busy, crowded=crowded)
                wait = min(wait, await served)
        for state in list(self._states.values()):
            await self._delivery.refresh(state)
        return max(wait, 0.01)

    async def _waiting(self, now: float) -> dict[str, list[Queued]]:
        """Return all that waits and may be sent, by channel, with what is put off."""
        found: dict[str, list[Queued]] = {}
        announced = set(self._announced)
        for entry in await self._delivery.waiting(now + _FAR_FUTURE, MAX_NOTICES):
            if entry.notice.at <= now and not await self._is_muted(entry):
                found.setdefault(entry.notice.channel, []).append(entry)
        waiting = {
            (name, entry.notice.change.incident.id)
            for name, entries in found.items()
            for entry in entries
        }
        for key in announced - waiting:  # what was announced meanwhile stays
            self._announced.pop(key, None)
        return found

    async def _is_muted(self, entry: Queued) -> bool:
        """Return whether it is an escalation of an incident that is silenced now."""
        if not is_escalation(entry.notice):
            return False
        return self._is_silenced(await self._delivery.newest(entry.notice.change.incident))

    async def _serve(
        self, state: ChannelState, waiting: list[Queued], *, busy: bool, crowded: bool
    ) -> float:
        """Begin a channel's next notification, if it is time; return when to look again."""
        now, tick = self._clock(), self._monotonic()
        open_at = state.open_at(tick) - tick
        busy = busy or state.busy
        if busy or open_at > 0:
            if open_at > 5 * POLL_INTERVAL or crowded:  # the others need the room
                due = [entry for entry in waiting if entry.due <= now]
                await self._delivery.postpone(due, now + max(open_at, POLL_INTERVAL))
            return POLL_INTERVAL if busy else open_at
        if again := self._in_flight.of(state.settings.name, waiting):
            await self._begin(state, notice_groups(again), again=True)
            return POLL_INTERVAL
        groups: list[NoticeGroup] = []
        for group in notice_groups(waiting):
            until = state.held_until(group.incident.id, tick) - tick
            if until > 0:
                await self._defer(group.entries, now, until)
            elif group.live:
                groups.append(group)
            else:
                await self._begin(state, [group])  # there is nothing to say of it
        return await self._collate(state, groups, now)

    async def _collate(self, state: ChannelState, groups: list[NoticeGroup], now: float) -> float:
        name = state.settings.name
        receiver = Receiver(
            sent_at=self._delivery_log.sent_at(name),
            told=lambda incident: self._delivery_log.told(name, incident),
            every=lambda endpoint: self._every.get(endpoint, 0.0),
        )
        wait = self._collation.due_at(groups, receiver) - now
        if wait > 0:
            await self._defer((entry for group in groups for entry in group.entries), now, wait)
            return wait
        await self._begin(state, groups[: state.most])
        return POLL_INTERVAL

    async def _begin(
        self, state: ChannelState, groups: list[NoticeGroup], *, again: bool = False
    ) -> None:
        for group in groups:
            self._announced.pop((state.settings.name, group.incident.id), None)
        await self._delivery.begin(state, groups, again=again)

    async def _defer(self, entries: Iterable[Queued], now: float, wait: float) -> None:
        """Have what is due looked at later."""
        ids = [entry.notice.id for entry in entries if entry.due <= now]
        if ids:
            await self._delivery.asked(partial(self._store.defer, ids, now + wait))


def _place(endpoints: Mapping[str, Endpoint], id_: str) -> dict[str, object]:
    endpoint = endpoints.get(id_)
    if endpoint is None:
        return {}
    try:
        port = urlsplit(endpoint.url).port
    except ValueError:
        port = None
    return place_of(endpoint.watched.host, port)
