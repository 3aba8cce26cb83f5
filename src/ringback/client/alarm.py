"""A time limit for a task of asyncio that costs next to nothing while it is not reached."""

import asyncio
from asyncio import current_task
from contextlib import suppress
from math import inf
from types import TracebackType


class Alarm:
    """Cancels what runs inside when its time is over, and raises ``TimeoutError`` instead.

    As ``asyncio.timeout``, at a tenth of its price: all alarms of an event loop share one timer,
    which is set again only when it goes off or when an alarm is due before it.

    Args:
        at: When, on the clock of the running loop.
        loop: The running loop, where it is known: to look it up costs a system call (Python 3.11).
            One that does not run here is passed over.
    """

    __slots__ = ("_cancelling", "_loop", "_rang", "_task", "_watch", "at")

    def __init__(self, at: float, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.at = at
        self._loop = loop
        self._rang = False

    def __enter__(self) -> None:
        loop = self._loop or asyncio.get_running_loop()
        task = current_task(loop)
        if task is None:  # what was taken for the running loop is another one
            loop = asyncio.get_running_loop()
            task = current_task(loop)
        if task is None:
            raise RuntimeError("an alarm needs a running task")
        self._task = task
        self._cancelling = task.cancelling()
        self._watch = watch = getattr(loop, _PLACE, None) or _new_watch(loop)
        watch.alarms[self] = None
        if self.at < watch.next:
            watch.set(self.at)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._watch.alarms.pop(self, None)
        # Somebody else may have cancelled as well: that is not ours to swallow.
        if (
            self._rang
            and self._task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        ):
            raise TimeoutError from error

    def ring(self) -> None:
        """Cancel what runs inside."""
        self._rang = True
        self._task.cancel()


class _Watch:
    """The alarms of one event loop, and its one timer."""

    __slots__ = ("_loop", "_timer", "alarms", "next")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self.alarms: dict[Alarm, None] = {}
        self.next = inf

    def set(self, at: float) -> None:
        if self._timer:
            self._timer.cancel()
        self.next = at
        self._timer = self._loop.call_at(at, self._check)

    def _check(self) -> None:
        self._timer, self.next = None, inf
        # The loop itself rounds: what is due within its resolution is due.
        now = self._loop.time() + 0.002
        for alarm in [alarm for alarm in self.alarms if alarm.at <= now]:
            del self.alarms[alarm]
            alarm.ring()
        if self.alarms:
            self.set(min(alarm.at for alarm in self.alarms))


_PLACE = "_ringback_alarms"


def _new_watch(loop: asyncio.AbstractEventLoop) -> _Watch:
    # On the loop itself, so that it goes when the loop goes; a dictionary would have to be weak.
    watch = _Watch(loop)
    with suppress(AttributeError):  # uvloop's loops take no attributes
        setattr(loop, _PLACE, watch)
    return watch
