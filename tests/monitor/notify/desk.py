"""Notifications in simulated time, through the real store, over restarts."""

import asyncio
import math

from monitor.notify.made import change, incident

from ringback.incident.model import WatchedEndpoint
from ringback.monitor.model import Endpoint
from ringback.monitor.notify.channel import channel_of
from ringback.monitor.notify.delivery import Surroundings
from ringback.monitor.notify.dispatcher import Dispatcher
from ringback.monitor.notify.settings import NotifierSettings
from ringback.monitor.store import StoreBatch
from ringback.monitor.store.sqlite import SQLiteStore

T = 1_790_000_000.0


class Killed(BaseException):
    """Ends the monitor within a call: what is in the store is left."""


class Desk:
    """A dispatcher, its store and its receivers, in simulated time; it can be begun again."""

    def __init__(self, path, notifiers=("ops",), routes=(), rate=60.0, **options):
        self.now, self.sent, self.refused = T, [], []
        self.refuse = lambda notification: None  # What is raised in place of sending it
        self.path, self.routes = path, routes
        self._options = options
        self.settings = [
            NotifierSettings(name=name, type="webhook", rate=rate) for name in notifiers
        ]
        self._endpoints = [
            Endpoint(
                id=f"shop-{number}",
                name=f"Shop {number}",
                url="",
                type="http",
                labels={"team": "red" if number > 5 else "blue"},
                watched=WatchedEndpoint(id=f"shop-{number}", every=30.0),
            )
            for number in range(1, 10)
        ]
        self._loop = asyncio.new_event_loop()
        self._begin()

    def _begin(self):
        self.store = SQLiteStore(self.path)
        self.dispatcher = Dispatcher(
            self.store,
            self.settings,
            self.routes,
            **self._options,
            endpoints=self._endpoints,
            surroundings=Surroundings(
                clock=lambda: self.now,
                monotonic=lambda: self.now,
                random=lambda: 0.5,
                call=self._called,
                channel_of=self.channel_of,
            ),
        )
        self._loop.run_until_complete(self.dispatcher._resume())

    def channel_of(self, settings):
        return self if settings.type == "webhook" else channel_of(settings)

    refresh, idempotent = None, True

    def send(self, notification):
        if error := self.refuse(notification):
            self.refused.append(notification)
            raise error
        self.sent.append(notification)

    def _called(self, call, _):
        done = self._loop.create_future()
        try:
            done.set_result(call())
        except Killed:
            self._loop.stop()  # nobody hears what became of the call
        except Exception as error:  # noqa: BLE001 - as of a call in a thread
            done.set_exception(error)
        return done

    def restart(self):
        """As after a kill: nothing is kept but what the store has."""
        self.store.close()
        if left := asyncio.all_tasks(self._loop):
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._begin()

    def tell(self, *changes):
        notices = [notice for change in changes for notice in self.dispatcher.notices_for(change)]
        newest = {change.incident.id: change.incident for change in changes}
        self.store.keep(StoreBatch(incidents=tuple(newest.values()), notices=tuple(notices)))
        return len(notices)

    def until(self, after, restart_every=0):
        """Let time pass to so many seconds after the start."""
        while self.now < T + after:
            self._loop.run_until_complete(self.dispatcher.settle())
            due = [entry.due for entry in self.store.due(T + 10**7)]
            ends = T + after
            if restart_every:
                ends = min(ends, self.now + restart_every - (self.now - T) % restart_every)
            self.now = max(self.now + 1.0, math.ceil(min([*due, ends])))
            if restart_every and (self.now - T) % restart_every == 0:
                self.restart()
        self._loop.run_until_complete(self.dispatcher.settle())

    @property
    def told(self):
        return [
            (
                notification.at - T,
                *((update.incident.id, update.headline) for update in notification.updates),
            )
            for notification in self.sent
        ]

    def close(self):
        self.store.close()
        self._loop.close()


def opened(number, after, **fields):
    return change("opened", incident(number, at=T + after, **fields))


def later(what, before, after):
    return change(what, before.incident, at=T + after)
