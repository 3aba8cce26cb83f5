"""A diagnosis of calls that are given up, where their policy asks for one."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from ringback.client import registered_diagnosis
from ringback.client.deadline import current_deadline
from ringback.client.origin import origin_of

if TYPE_CHECKING:
    from ringback.client.call import Ended, T
    from ringback.retry import Policy


MAX_DIAGNOSIS_SECONDS = 5.0
"""Seconds that a diagnosis may take, and never more than the call's deadline has left."""

MIN_DIAGNOSIS_SECONDS = 0.2
"""Seconds that must be left for one to be begun."""

DIAGNOSIS_INTERVAL = 60.0
"""Seconds between two diagnoses of one origin."""

MAX_ORIGINS = 1_000
"""Origins of which the last diagnosis is remembered."""

_POLL_INTERVAL = 0.05

_LOCK = Lock()
_LAST: OrderedDict[str, float] = OrderedDict()


class DiagnosisThread:
    """A diagnosis in a thread of its own: the call waits for it no longer than it may."""

    def __init__(self, diagnose: Callable[..., Any], url: str, seconds: float) -> None:
        self._diagnose = diagnose
        self._url = url
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._done = Event()
        self.result: Any = None
        Thread(target=self._run, daemon=True, name="ringback-giveup").start()

    def _run(self) -> None:
        try:
            self.result = self._diagnose(self._url, timeout=self._seconds)
        except Exception:  # noqa: BLE001 - the call failed already; its error is what is raised
            self.result = None
        finally:
            self._done.set()

    @property
    def over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self._done.is_set() or time.monotonic() >= self._ends

    def wait(self) -> None:
        """Wait until it is over."""
        self._done.wait(max(0.0, self._ends - time.monotonic()))


def diagnosed(ended: Ended[T], policy: Policy) -> Ended[T]:
    """Return the end of a call, with a diagnosis where one is asked for and due.

    At most one a minute is made of an origin, and none that the call's deadline has no time for.
    """
    under_way = _begun(ended, policy)
    if under_way is not None:
        under_way.wait()
        ended.diagnosis = under_way.result
    return ended


async def adiagnosed(ended: Ended[T], policy: Policy) -> Ended[T]:
    """Return what ``diagnosed`` returns, without blocking the event loop."""
    under_way = _begun(ended, policy)
    if under_way is not None:
        from ringback.client import tasks  # noqa: PLC0415 - threads need no asyncio

        while not under_way.over:
            await tasks.sleep(_POLL_INTERVAL)
        ended.diagnosis = under_way.result
    return ended


def forget_diagnoses() -> None:
    """Forget which origins were diagnosed."""
    with _LOCK:
        _LAST.clear()


def _begun(ended: Ended[T], policy: Policy) -> DiagnosisThread | None:
    ask = policy.diagnose_on_giveup
    if not ask or ended.decisive is None or ended.decisive.error is None:
        return None
    url = _url_of(ended)
    ends = current_deadline()
    seconds = (
        MAX_DIAGNOSIS_SECONDS
        if ends is None
        else min(MAX_DIAGNOSIS_SECONDS, ends - time.monotonic())
    )
    if url is None or seconds < MIN_DIAGNOSIS_SECONDS or not _due(origin_of(url) or url):
        return None
    return DiagnosisThread(registered_diagnosis() if ask is True else ask, url, seconds)


def _url_of(ended: Ended[T]) -> str | None:
    target = ended.decisive.failure.target if ended.decisive else None
    if target is None or not target.host:
        return None
    host = f"[{target.host}]" if ":" in target.host else target.host
    port = f":{target.port}" if target.port else ""
    return target.url or f"{target.scheme or 'tcp'}://{host}{port}"


def _due(origin: str) -> bool:
    now = time.monotonic()
    with _LOCK:
        last = _LAST.get(origin)
        if last is not None and now - last < DIAGNOSIS_INTERVAL:
            return False
        _LAST[origin] = now
        _LAST.move_to_end(origin)
        if len(_LAST) > MAX_ORIGINS:
            _LAST.popitem(last=False)
        return True
