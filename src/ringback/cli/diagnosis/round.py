"""Several targets diagnosed side by side, once; Ctrl-C keeps what is known."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from ringback.diagnosis import diagnose
from ringback.diagnosis.layer.url import asked_of
from ringback.diagnosis.model import STAGES, Diagnosis, Reading
from ringback.diagnosis.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringback.cli.diagnosis.wishes import Wishes

SIDE_BY_SIDE = 8
"""Targets that are diagnosed at a time."""

Hear: TypeAlias = "Callable[[int, Reading | Diagnosis], None]"
"""Is told, in the caller's thread, the number of a target and what is new of it."""

_TICK = 0.2
"""Seconds after which Ctrl-C is noticed on platforms where a lock holds it up."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found.

    Attributes:
        diagnoses: In the order of the targets; ``None`` for one that was not begun.
        interrupted: Whether Ctrl-C ended it.
    """

    diagnoses: tuple[Diagnosis | None, ...]
    interrupted: bool = False

    @property
    def found(self) -> tuple[Diagnosis, ...]:
        """Those that were begun."""
        return tuple(one for one in self.diagnoses if one is not None)


class _Desk:
    """Where the threads put down what they found, and the caller takes up what is new.

    Attributes:
        done: The whole of each target, once it is known.
        read: The readings of each so far.
        news: Both, as they come.
    """

    def __init__(self, targets: Sequence[str], wishes: Wishes) -> None:
        self._targets = targets
        self._wishes = wishes
        self._waiting = iter(range(len(targets)))
        self._lock = threading.Lock()
        self.done: list[Diagnosis | None] = [None] * len(targets)
        self.read: list[list[Reading]] = [[] for _ in targets]
        self.news: SimpleQueue[tuple[int, Reading | Diagnosis | BaseException]] = SimpleQueue()

    def work(self) -> None:
        while (index := self._next()) is not None:
            try:
                told = self._teller(index)
                found = diagnose(self._targets[index], tell=told, **self._wishes.options())
            except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
                self.news.put((index, error))
            else:
                self.done[index] = found
                self.news.put((index, found))

    def _next(self) -> int | None:
        with self._lock:
            return next(self._waiting, None)

    def _teller(self, index: int) -> Callable[[Reading], None]:
        def told(reading: Reading) -> None:
            # Here, not by the caller: Ctrl-C may come before he has taken it up.
            self.read[index].append(reading)
            self.news.put((index, reading))

        return told


def diagnose_all(targets: Sequence[str], wishes: Wishes, hear: Hear) -> Round:
    """Diagnose targets side by side and return what was found, also after Ctrl-C.

    Args:
        targets: URLs, or hosts with a port.
        wishes: How.
        hear: Is told each reading as it comes, then the diagnosis.
    """
    desk = _Desk(targets, wishes)
    at, began = time.time(), time.monotonic()
    for _ in range(min(SIDE_BY_SIDE, len(targets))):
        threading.Thread(target=desk.work, daemon=True, name="ringback-diagnose").start()
    try:
        left = len(targets)
        while left:
            with contextlib.suppress(Empty):
                left -= _take(desk.news.get(timeout=_TICK), hear)
    except KeyboardInterrupt:
        every = zip(desk.done, targets, desk.read, strict=True)
        took = time.monotonic() - began
        known = tuple(one or _so_far(target, [*some], at, took) for one, target, some in every)
        return Round(known, interrupted=True)
    return Round(tuple(desk.done))


def _take(news: tuple[int, Reading | Diagnosis | BaseException], hear: Hear) -> bool:
    """Pass on what is new; return whether it is the whole of a target."""
    index, found = news
    if isinstance(found, BaseException):
        raise found
    hear(index, found)
    return not isinstance(found, Reading)


def _so_far(target: str, read: Sequence[Reading], at: float, took: float) -> Diagnosis | None:
    """Return what the readings so far come to; ``None`` where there are none."""
    if not read:
        return None
    readings = tuple(sorted(read, key=lambda one: STAGES.index(one.layer)))
    return Diagnosis(
        target=asked_of(target).text,
        verdict=judge(readings),
        readings=readings,
        elapsed=round(took, 6),
        at=at,
        complete=False,
    )
