"""Notifications in flight: built from what waits, sent in a thread, and noted in the store.

``dispatcher.py`` says what states a notice goes through, and why a kill loses and doubles nothing.
Two things are remembered here over restarts: the last notification of each channel (``InFlight``),
and what each channel was told of which incident, and when (``DeliveryLog``).
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from threading import Thread
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from ringback.monitor.notify.channel import NotSent, channel_of
from ringback.monitor.notify.channel_state import TIMEOUT_GRACE
from ringback.monitor.notify.notification import (
    IncidentUpdate,
    Notification,
    NotificationContext,
    Told,
    idempotency_key,
    is_escalation,
    update_of,
)
from ringback.monitor.store import StoreBatch

if TYPE_CHECKING:
    from ringback.incident.model import Incident, Notice
    from ringback.monitor.notify.channel import NotifierChannel
    from ringback.monitor.notify.channel_state import ChannelState
    from ringback.monitor.notify.collation import NoticeGroup
    from ringback.monitor.notify.settings import NotifierSettings
    from ringback.monitor.store import NoticeStore, Queued


T = TypeVar("T")

_MAX_WAITING = 10_000  # Notices among which an end is looked for
_ANY_TIME = 366 * 86400.0


def run_in_thread(call: Callable[[], object], name: str) -> asyncio.Future[None]:
    """Begin a call in a thread; return what is done when it has returned."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            call()
        except BaseException as raised:  # noqa: BLE001 - it is raised where it is awaited
            error = raised
        try:
            loop.call_soon_threadsafe(settle, error)
        except RuntimeError:
            return  # the loop has ended meanwhile

    Thread(target=run, name=name, daemon=True).start()
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What notifying takes from outside; a simulation gives it a time and receivers of its own."""

    clock: Callable[[], float] = time.time  # Seconds since 1970 UTC
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random
    # Makes a call that may wait for a network or a disk; what is returned is done when it has ended
    call: Callable[[Callable[[], object], str], asyncio.Future[None]] = run_in_thread
    channel_of: Callable[[NotifierSettings], NotifierChannel] = channel_of


GIVE_UP_SECONDS = 86400.0  # Seconds after which a notice that does not get through is given up

NOTHING_LEFT = "nothing was left to say"
"""What the outbox has as the reason where a later change took back what was not sent yet."""

_MAX_UNRECORDED = 10_000

log = logging.getLogger("ringback")


class Delivery:
    """Sends notifications; to be used in one event loop."""

    def __init__(
        self,
        store: NoticeStore,
        delivery_log: DeliveryLog,
        in_flight: InFlight,
        surroundings: Surroundings,
        wake: asyncio.Event,
    ) -> None:
        self.context = NotificationContext()  # What notifications say beside their incidents
        # Notifier and outcome to how many notifications were `sent` or `failed`, and how many
        # notices were `given_up`
        self.counts: Counter[tuple[str, str]] = Counter()
        self._store, self._delivery_log, self._in_flight = store, delivery_log, in_flight
        self._surroundings, self._wake = surroundings, wake
        self._clock, self._monotonic = surroundings.clock, surroundings.monotonic
        self._log_lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: set[str] = set()
        # Sent, but the store could not note it.
        self._unrecorded: OrderedDict[str, None] = OrderedDict()

    async def asked(self, call: Callable[[], T]) -> T:
        """Return what the store says, or note something in it, in a thread."""
        found: list[T] = []
        await self._in_thread(lambda: found.append(call()))
        return found[0]

    async def waiting(self, until: float, limit: int) -> list[Queued]:
        """Return what is due by then and still to be sent.

        What was sent and could not be noted is noted in the store once more.
        """
        left = []
        going = set(self._under_way)  # what is sent while the store is read is in what it says
        for entry in await self.asked(partial(self._store.due, until, limit)):
            id_ = entry.notice.id
            if id_ in self._unrecorded:
                await self.asked(partial(self._store.sent, id_, self._clock()))
                self._unrecorded.pop(id_, None)
            elif id_ not in going and id_ not in self._under_way:
                left.append(entry)
        return left

    async def newest(self, incident: Incident) -> Incident:
        """Return an incident as it is now."""
        return await self.asked(partial(self._store.incident, incident.id)) or incident

    async def give_up(self, queued: Iterable[Queued], why: str) -> None:
        for entry in queued:
            await self.asked(partial(self._give_up, entry.notice, why))

    async def postpone(
        self, queued: list[Queued], due: float, why: str = "the channel cannot be used now"
    ) -> None:
        def note() -> None:
            for entry in queued:
                self._store.postpone(entry.notice.id, due, entry.error or why)

        if queued:
            await self.asked(note)

    async def begin(
        self, state: ChannelState, groups: Iterable[NoticeGroup], *, again: bool = False
    ) -> None:
        """Send what there is to say of incidents, as one notification."""
        name, updates = state.settings.name, []
        idle: list[Notice] = []
        key = self._in_flight.key(name) if again else ""
        for group in groups:
            incident = await self._incident_for(group, again=again)
            if incident.state == "closed" and await self._ends_later(name, group):
                continue  # it ended after the notices were read: its end is told with them
            told = self._delivery_log.told(name, incident.id)
            update = update_of(group.notices, incident, told=told, live=group.live)
            if update is None:
                idle += group.notices
            else:
                updates.append(update)
        if updates:
            going = [update.incident.id for update in updates if update.incident.state != "closed"]
            new = self._delivery_log.begin(name, going)
            if new and (again or not state.channel.idempotent):
                await self._keep_log()
            self._start(state, updates, new, key)
        for notice in idle:
            call = partial(self._store.give_up, notice.id, self._clock(), NOTHING_LEFT)
            await self.asked(call)

    async def _keep_log(self) -> None:
        async with self._log_lock:  # the newest is kept last
            await self.asked(partial(self._store.keep, self._delivery_log.batch()))

    async def _ends_later(self, channel: str, group: NoticeGroup) -> bool:
        """Return whether the end of an incident waits that is not among these notices.

        An end is kept with its notices, and so waits by now, if there is one for this channel.
        """
        if any(notice.change.what == "closed" for notice in group.notices):
            return False
        until = self._clock() + _ANY_TIME
        return any(
            entry.notice.channel == channel
            and entry.notice.change.incident.id == group.incident.id
            and entry.notice.change.what == "closed"
            for entry in await self.asked(partial(self._store.due, until, _MAX_WAITING))
        )

    async def _incident_for(self, group: NoticeGroup, *, again: bool) -> Incident:
        """Return an incident as it is now; in a repetition, as it was then.

        Its end follows in the next notification. But nobody is escalated to for what is
        acknowledged by now.
        """
        if again and not all(is_escalation(notice) for notice in group.notices):
            return group.incident
        return await self.newest(group.incident)

    async def refresh(self, state: ChannelState) -> None:
        """Send open incidents again, if the channel needs that and it is time."""
        tick, every = self._monotonic(), state.channel.refresh
        if (
            every is None
            or state.busy
            or tick - state.refreshed < every
            or state.open_at(tick) > tick
        ):
            return
        state.refreshed = tick
        ids = self._delivery_log.notified(state.settings.name)
        known = [await self.asked(partial(self._store.incident, id_)) for id_ in ids]
        going = [
            incident for incident in known if incident is not None and incident.state != "closed"
        ]
        if going:
            self._start(state, [self._reminder(state.settings.name, known) for known in going])

    def _reminder(self, channel: str, incident: Incident) -> IncidentUpdate:
        told = self._delivery_log.told(channel, incident.id)
        return IncidentUpdate(headline="reminded", incident=incident, before=told)

    def _start(
        self,
        state: ChannelState,
        updates: list[IncidentUpdate],
        new: Iterable[str] = (),
        key: str = "",
    ) -> None:
        now = self._clock()
        ids = [notice.id for update in updates for notice in update.notices]
        notification = Notification(
            id=key or idempotency_key(ids or [f"refresh {now!r}"]),
            channel=state.settings.name,
            at=now,
            updates=tuple(updates),
            context=self.context,
        )
        state.begin(self._monotonic())
        state.under_way += 1
        self._under_way.update(ids)
        task = asyncio.get_running_loop().create_task(
            self._send(state, notification, list(new), again=bool(key))
        )
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, state, ids))

    def _ended(self, state: ChannelState, ids: list[str], task: asyncio.Task[None]) -> None:
        state.under_way -= 1
        self._wake.set()
        self._tasks.discard(task)
        self._under_way.difference_update(ids)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("ringback: the outbox cannot be written", exc_info=error)

    async def _send(
        self, state: ChannelState, notification: Notification, new: list[str], *, again: bool
    ) -> None:
        if state.channel.idempotent and notification.notices and not again:
            async with self._log_lock:
                await self._in_thread(partial(self._record_in_flight, notification))
        begun = self._monotonic()
        error = await self._outcome(state, notification)
        seconds = self._monotonic() - begun
        if error is not None:
            if error.not_delivered and self._delivery_log.end(notification.channel, new):
                await self._keep_log()
            incidents = [update.incident.id for update in notification.updates]
            # Read before the channel's time: due once that opens, so that nothing overtakes it.
            now = self._clock()
            self.counts[notification.channel, "failed"] += 1
            wait = state.failed(error, incidents, self._monotonic(), seconds)
            if error.rejected or (error.answered and not again):
                await self._in_thread(partial(self._in_flight.forget, notification.channel))
            await self._in_thread(
                partial(self._postpone_or_give_up, notification, error, now, wait)
            )
            return
        self.counts[notification.channel, "sent"] += 1
        state.succeeded(self._monotonic(), seconds)
        await self._in_thread(partial(self._record_sent, notification.notices))
        self._delivery_log.sent(notification)
        await self._keep_log()

    def _record_in_flight(self, notification: Notification) -> None:
        try:
            # Together: killed between the two, the next process would tell the end of what nobody
            # was told the beginning of.
            self._in_flight.note(
                notification.channel,
                notification.id,
                [notice.id for notice in notification.notices],
                self._delivery_log.batch().states,
            )
        except Exception:  # that it arrives matters more than that it arrives once
            log.exception("ringback: the store cannot note what is about to be sent")

    async def _in_thread(self, call: Callable[[], object]) -> None:
        """Write to the store in a thread: it waits for the disk, and the loop must not."""
        await self._surroundings.call(call, "ringback-notify-outbox")

    async def _outcome(self, state: ChannelState, notification: Notification) -> NotSent | None:
        """Return why a notification did not arrive; ``None``: it did."""
        if not getattr(self._store, "may_notify", True):
            return NotSent("another process may lead", not_delivered=True)
        call = self._surroundings.call(
            partial(state.channel.send, notification), f"ringback-notify-{notification.channel}"
        )
        state.under_way += 1
        call.add_done_callback(partial(self._returned, state))
        limit = state.settings.timeout + TIMEOUT_GRACE
        try:
            async with asyncio.timeout(limit):
                await asyncio.shield(call)
        except TimeoutError:
            return NotSent(f"no end after {limit:g} s")
        except NotSent as error:
            return error
        except Exception as error:
            log.exception("ringback: notifier %s is broken", notification.channel)
            return NotSent(type(error).__name__)
        return None

    def _returned(self, state: ChannelState, call: asyncio.Future[None]) -> None:
        if not call.cancelled():
            call.exception()  # it was reported, or it came too late
        state.under_way -= 1
        self._wake.set()

    def _postpone_or_give_up(
        self, notification: Notification, error: NotSent, now: float, wait: float
    ) -> None:
        count = len(notification.updates)
        log.warning(
            "ringback: notifier %s could not send %d incident%s, next attempt in %.0f s: %s",
            *(notification.channel, count, "" if count == 1 else "s", wait, error.reason),
        )
        for notice in notification.notices:
            if now - notice.at >= GIVE_UP_SECONDS:
                self._give_up(notice, error.reason)
            else:
                self._store.postpone(notice.id, now + wait, error.reason)

    def _record_sent(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            try:
                self._store.sent(notice.id, self._clock())
            except Exception:  # it is not sent again for that
                log.exception("ringback: the store cannot note that a notice was sent")
                self._unrecorded[notice.id] = None
                while len(self._unrecorded) > _MAX_UNRECORDED:
                    self._unrecorded.popitem(last=False)

    def _give_up(self, notice: Notice, why: str) -> None:
        what, incident = notice.change.what, notice.change.incident.id
        log.error(
            "ringback: gave up notifying %s that incident %s was %s: %s",
            *(notice.channel, incident, what, why),
        )
        self.counts[notice.channel, "given_up"] += 1
        self._store.give_up(notice.id, self._clock(), why)

    async def idle(self) -> None:
        """Wait until nothing is in flight."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self, seconds: float) -> None:
        """Give notifications in flight a moment to arrive."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


IN_FLIGHT_STATE = "notify:given:"
"""What the names of the states in the store begin with; the channel's name follows."""


_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Last:
    key: str
    notices: frozenset[str]


class InFlight:
    """Remembers the last notification of each channel, over restarts."""

    def __init__(self, store: NoticeStore) -> None:
        self._store = store
        self._last = {
            name.removeprefix(IN_FLIGHT_STATE): _Last(kept["key"], frozenset(kept["notices"]))
            for name, kept in store.states(IN_FLIGHT_STATE).items()
            if kept
        }

    def key(self, channel: str) -> str:
        """Return the key of what a channel was given last; ``""``: nothing."""
        last = self._last.get(channel)
        return last.key if last else ""

    def of(self, channel: str, queued: Iterable[Queued]) -> list[Queued]:
        """Return what a channel was given and may have taken."""
        last = self._last.get(channel)
        return [entry for entry in queued if last and entry.notice.id in last.notices]

    def note(
        self, channel: str, key: str, notices: Iterable[str], beside: Mapping[str, Any] = _NOTHING
    ) -> None:
        """Note what a channel is about to be given, durably: a loss of power keeps it.

        ``beside`` are states that are kept with it.
        """
        ids = list(notices)
        self._last[channel] = _Last(key, frozenset(ids))
        state = {IN_FLIGHT_STATE + channel: {"key": key, "notices": ids}}
        self._store.keep(StoreBatch(states={**beside, **state}, durable=True))

    def forget(self, channel: str) -> None:
        """Note that a channel did not take what it was given last."""
        if self._last.pop(channel, None) is not None:
            self._store.keep(StoreBatch(states={IN_FLIGHT_STATE + channel: None}))


DELIVERY_STATE = "notify:told"  # Name of the state in the store

MAX_INCIDENTS = 10_000
"""Incidents that are remembered for one channel; the oldest are forgotten first."""


class DeliveryLog:
    """Remembers which channel was told what of which incident, and when last, over restarts."""

    def __init__(self, store: NoticeStore) -> None:
        self._told: dict[str, dict[str, Told]] = {}
        self._sent_at: dict[str, float] = {}
        for channel, kept in (store.state(DELIVERY_STATE) or {}).items():
            if isinstance(kept, list):  # up to version 0.1: the ids of the incidents
                self._told[channel] = dict.fromkeys(kept, Told())
                continue
            self._told[channel] = {id_: Told.load(told) for id_, told in kept["told"].items()}
            if kept["sent_at"] is not None:
                self._sent_at[channel] = kept["sent_at"]

    def notified_channels(self, incident: str) -> list[str]:
        """Return the channels that were notified that an incident began."""
        return [channel for channel, told in self._told.items() if incident in told]

    def notified(self, channel: str) -> list[str]:
        """Return the incidents whose beginning a channel was notified of, but not their end."""
        return list(self._told.get(channel, ()))

    def told(self, channel: str, incident: str) -> Told | None:
        """Return what a channel was last told of an incident; ``None``: nothing."""
        return self._told.get(channel, {}).get(incident)

    def sent_at(self, channel: str) -> float | None:
        """Return when a channel was last sent a message; ``None``: it is not known."""
        return self._sent_at.get(channel)

    def begin(self, channel: str, incidents: list[str]) -> list[str]:
        """Note that a channel is about to be notified of incidents; return which are new to it."""
        known = self._told.setdefault(channel, {})
        new = [incident for incident in incidents if incident not in known]
        if not new:
            return new
        known |= dict.fromkeys(new, Told())
        while len(known) > MAX_INCIDENTS:
            del known[next(iter(known))]
        return new

    def end(self, channel: str, incidents: list[str]) -> bool:
        """Note that a channel was never notified of these incidents; return whether that is new."""
        known = self._told.get(channel, {})
        gone = [incident for incident in incidents if known.pop(incident, None) is not None]
        return bool(gone)

    def sent(self, notification: Notification) -> None:
        """Note that a notification arrived; one that only repeats itself ends no quiet."""
        known = self._told.setdefault(notification.channel, {})
        for update in notification.updates:
            if update.incident.state == "closed":
                known.pop(update.incident.id, None)
            elif update.incident.id in known:
                known[update.incident.id] = Told.of(update.incident)
        if notification.notices:
            self._sent_at[notification.channel] = notification.at

    def batch(self) -> StoreBatch:
        """Return what is to be kept of it."""
        channels = dict.fromkeys((*self._told, *self._sent_at))
        states = {
            channel: {
                "sent_at": self._sent_at.get(channel),
                "told": {id_: asdict(told) for id_, told in self._told.get(channel, {}).items()},
            }
            for channel in channels
        }
        return StoreBatch(states={DELIVERY_STATE: states})
