"""Messages on their way: built from what waits, sent in a thread, and settled in the store.

Two things are remembered over restarts. The message that each channel was given last: it may have
been taken, whatever was noted since, and a receiver knows a message again by its key alone; it is
therefore given again as it was, with the same key and the same notices, before anything that came
later. And which channel has told of which incident, so that no alarm is left without its end.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

from ringback.monitor.notify.channel import NotSent
from ringback.monitor.notify.lane import GRACE
from ringback.monitor.notify.message import Context, Message, Story, is_escalation, key_of, story_of
from ringback.monitor.store import Batch

if TYPE_CHECKING:
    from ringback.incident.model import Incident, Notice
    from ringback.monitor.notify.dispatcher import Pile
    from ringback.monitor.notify.lane import Lane
    from ringback.monitor.store import Queued, Store


def apart(call: Callable[[], object], name: str) -> asyncio.Future[None]:
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


GIVE_UP_AFTER = 86400.0
"""Seconds after which a notice that does not get through is given up."""

_MAX_UNSETTLED = 10_000

log = logging.getLogger("ringback")


class Delivery:
    """Sends messages; to be used in one event loop.

    Args:
        store: Has the outbox; it is written to from several threads.
        ledger: Which channel has told of what.
        given: What each channel was given last.
        clock: Seconds since 1970 UTC.
        wake: Set when a channel is free again.

    Attributes:
        context: What messages say beside their incidents.
        counts: Notifier and outcome (``sent``, ``failed``, ``given_up``) to how many messages, or
            for the last notices, there were.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        given: Given,
        clock: Callable[[], float],
        wake: asyncio.Event,
    ) -> None:
        self.context = Context()
        self.counts: Counter[tuple[str, str]] = Counter()
        self._store = store
        self._ledger = ledger
        self._given = given
        self._clock = clock
        self._wake = wake
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: set[str] = set()
        self._settled: OrderedDict[str, None] = OrderedDict()  # sent, and the store does not know

    def unsettled(self, queued: Iterable[Queued]) -> list[Queued]:
        """Return what is still to be sent; of what was the store is told once more."""
        left = []
        for one in queued:
            if one.notice.id in self._settled:
                self._store.sent(one.notice.id, self._clock())
                self._settled.pop(one.notice.id, None)
            elif one.notice.id not in self._under_way:
                left.append(one)
        return left

    def forget(self, queued: Iterable[Queued], why: str) -> None:
        """Give notices up."""
        for one in queued:
            self._give_up(one.notice, why)

    def put_off(
        self, queued: Iterable[Queued], due: float, why: str = "the channel is left alone"
    ) -> None:
        """Look at notices later."""
        for one in queued:
            self._store.postpone(one.notice.id, due, one.error or why)

    def begin(self, lane: Lane, piles: Iterable[Pile], *, again: bool = False) -> None:
        """Send what is left to tell of incidents, as one message."""
        name, stories = lane.settings.name, []
        key = self._given.key(name) if again else ""
        for pile in piles:
            incident = self._told_of(pile, again=again)
            told = self._ledger.has(name, incident.id)
            story = story_of(pile.notices, incident, told=told)
            if story is None:
                self._settle(pile.notices)
            else:
                stories.append(story)
        if stories:
            going = [one.incident.id for one in stories if one.incident.state != "closed"]
            self._start(lane, stories, self._ledger.begin(name, going), key)

    def _told_of(self, pile: Pile, *, again: bool) -> Incident:
        """Return an incident as it is now; in a message that may have been taken, as it was then.

        Its end is told by the message that follows. But nobody is called for what is taken by now.
        """
        if again and not all(is_escalation(one) for one in pile.notices):
            return pile.incident
        return self._store.incident(pile.incident.id) or pile.incident

    def refresh(self, lane: Lane) -> None:
        """Send incidents that go on again, if the channel needs that and it is time."""
        tick, every = time.monotonic(), lane.channel.refresh
        if every is None or lane.busy or tick - lane.refreshed < every or lane.opens(tick) > tick:
            return
        lane.refreshed = tick
        known = (self._store.incident(id_) for id_ in self._ledger.told(lane.settings.name))
        going = [one for one in known if one is not None and one.state != "closed"]
        if going:
            self._start(lane, [Story(headline="reminded", incident=one) for one in going])

    def _start(
        self, lane: Lane, stories: list[Story], new: Iterable[str] = (), key: str = ""
    ) -> None:
        now = self._clock()
        ids = [notice.id for story in stories for notice in story.notices]
        message = Message(
            id=key or key_of(ids or [f"refresh {now!r}"]),
            channel=lane.settings.name,
            at=now,
            stories=tuple(stories),
            context=self.context,
        )
        lane.begin(time.monotonic())
        lane.under_way += 1
        self._under_way.update(ids)
        task = asyncio.get_running_loop().create_task(
            self._send(lane, message, list(new), again=bool(key))
        )
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, lane, ids))

    def _ended(self, lane: Lane, ids: list[str], task: asyncio.Task[None]) -> None:
        lane.under_way -= 1
        self._wake.set()
        self._tasks.discard(task)
        self._under_way.difference_update(ids)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("ringback: the outbox cannot be written", exc_info=error)

    async def _send(self, lane: Lane, message: Message, new: list[str], *, again: bool) -> None:
        if lane.channel.keyed and message.notices and not again:
            await self._noted(partial(self._give, message))
        begun = time.monotonic()
        error = await self._outcome(lane, message)
        seconds = time.monotonic() - begun
        if error is not None:
            if error.surely:
                self._ledger.end(message.channel, new)
            incidents = [one.incident.id for one in message.stories]
            # Read before the lane's time: this is due once the lane opens, so nothing overtakes it.
            now = self._clock()
            self.counts[message.channel, "failed"] += 1
            wait = lane.failed(error, incidents, time.monotonic(), seconds)
            if error.refused or (error.answered and not again):
                await self._noted(partial(self._given.forget, message.channel))
            await self._noted(partial(self._put_back, message, error, now, wait))
            return
        self.counts[message.channel, "sent"] += 1
        lane.arrived(time.monotonic(), seconds)
        await self._noted(partial(self._settle, message.notices))
        over = [one.incident.id for one in message.stories if one.incident.state == "closed"]
        self._ledger.end(message.channel, over)

    def _give(self, message: Message) -> None:
        try:
            self._given.note(message.channel, message.id, [one.id for one in message.notices])
        except Exception:  # that somebody is told matters more than that nobody is told twice
            log.exception("ringback: the store cannot note what is about to be sent")

    @staticmethod
    async def _noted(call: Callable[[], object]) -> None:
        """Write to the store in a thread: each note waits for the disk, and the loop must not."""
        await apart(call, "ringback-notify-outbox")

    async def _outcome(self, lane: Lane, message: Message) -> NotSent | None:
        """Return why a message did not get through; ``None``: it did."""
        call = apart(partial(lane.channel.send, message), f"ringback-notify-{message.channel}")
        lane.under_way += 1
        call.add_done_callback(partial(self._returned, lane))
        limit = lane.settings.timeout + GRACE
        try:
            async with asyncio.timeout(limit):
                await asyncio.shield(call)
        except TimeoutError:
            return NotSent(f"no end after {limit:g} s")
        except NotSent as error:
            return error
        except Exception as error:
            log.exception("ringback: notifier %s is broken", message.channel)
            return NotSent(type(error).__name__)
        return None

    def _returned(self, lane: Lane, call: asyncio.Future[None]) -> None:
        if not call.cancelled():
            call.exception()  # it was told, or it came too late
        lane.under_way -= 1
        self._wake.set()

    def _put_back(self, message: Message, error: NotSent, now: float, wait: float) -> None:
        count = len(message.stories)
        log.warning(
            "ringback: notifier %s did not tell of %d incident%s, again in %.0f s: %s",
            *(message.channel, count, "" if count == 1 else "s", wait, error.reason),
        )
        for notice in message.notices:
            if now - notice.at >= GIVE_UP_AFTER:
                self._give_up(notice, error.reason)
            else:
                self._store.postpone(notice.id, now + wait, error.reason)

    def _settle(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            try:
                self._store.sent(notice.id, self._clock())
            except Exception:  # it is not sent again for that
                log.exception("ringback: the store cannot note that a notice was sent")
                self._settled[notice.id] = None
                while len(self._settled) > _MAX_UNSETTLED:
                    self._settled.popitem(last=False)

    def _give_up(self, notice: Notice, why: str) -> None:
        what, incident = notice.change.what, notice.change.incident.id
        log.error(
            "ringback: notifier %s was not told that incident %s was %s: %s",
            *(notice.channel, incident, what, why),
        )
        self.counts[notice.channel, "given_up"] += 1
        self._store.give_up(notice.id, self._clock(), why)

    async def close(self, seconds: float) -> None:
        """Give messages under way a moment to arrive."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


IN_FLIGHT_STATE = "notify:given:"
"""What the names of the states in the store begin with; the channel's name follows."""


@dataclass(frozen=True, slots=True)
class _Message:
    key: str
    notices: frozenset[str]


class Given:
    """Remembers the last message of each channel, over restarts; one at a time is on its way.

    Args:
        store: Keeps it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = {
            name.removeprefix(IN_FLIGHT_STATE): _Message(kept["key"], frozenset(kept["notices"]))
            for name, kept in store.states(IN_FLIGHT_STATE).items()
            if kept
        }

    def key(self, channel: str) -> str:
        """Return the key of the message that a channel was given last; ``""``: there is none."""
        last = self._last.get(channel)
        return last.key if last else ""

    def of(self, channel: str, queued: Iterable[Queued]) -> list[Queued]:
        """Return what a channel was given and may have taken."""
        last = self._last.get(channel)
        return [one for one in queued if last and one.notice.id in last.notices]

    def note(self, channel: str, key: str, notices: Iterable[str]) -> None:
        """Note what a channel is about to be given, so that it survives the loss of power."""
        ids = list(notices)
        self._last[channel] = _Message(key, frozenset(ids))
        state = {IN_FLIGHT_STATE + channel: {"key": key, "notices": ids}}
        self._store.keep(Batch(states=state, durable=True))

    def forget(self, channel: str) -> None:
        """Note that a channel did not take what it was given last."""
        if self._last.pop(channel, None) is not None:
            self._store.keep(Batch(states={IN_FLIGHT_STATE + channel: None}))


DELIVERY_STATE = "notify:told"
"""Name of the state in the store."""

MAX_INCIDENTS = 10_000
"""Incidents that are remembered for one channel; the oldest are forgotten first."""


class Ledger:
    """Remembers what was told, over restarts.

    Args:
        store: Keeps it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        kept: dict[str, Any] = store.state(DELIVERY_STATE) or {}
        self._told = {channel: dict.fromkeys(ids) for channel, ids in kept.items()}

    def tellers(self, incident: str) -> list[str]:
        """Return the names of the channels that told that an incident began."""
        return [channel for channel, ids in self._told.items() if incident in ids]

    def told(self, channel: str) -> list[str]:
        """Return the ids of the incidents that a channel told of and that it has told no end of."""
        return list(self._told.get(channel, ()))

    def has(self, channel: str, incident: str) -> bool:
        """Return whether a channel told that an incident began."""
        return incident in self._told.get(channel, ())

    def begin(self, channel: str, incidents: list[str]) -> list[str]:
        """Note that a channel is about to tell that incidents began; return which are new to it."""
        known = self._told.setdefault(channel, {})
        new = [one for one in incidents if one not in known]
        if not new:
            return new
        known |= dict.fromkeys(new)
        while len(known) > MAX_INCIDENTS:
            del known[next(iter(known))]
        self._keep()
        return new

    def end(self, channel: str, incidents: list[str]) -> None:
        """Note that a channel has told that incidents are over, or never told that they began."""
        known = self._told.get(channel, {})
        if not any(one in known for one in incidents):
            return
        for one in incidents:
            known.pop(one, None)
        self._keep()

    def _keep(self) -> None:
        states = {channel: list(ids) for channel, ids in self._told.items() if ids}
        self._store.keep(Batch(states={DELIVERY_STATE: states}))
