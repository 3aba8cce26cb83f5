"""``ringback diagnose``: every target side by side, the output, and the exit status."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

import click

from ringback.cli import INTERRUPTED
from ringback.cli.input import InputError
from ringback.cli.terminal import plain
from ringback.diagnosis import diagnose
from ringback.diagnosis.layer.url import parse_target
from ringback.diagnosis.model import STAGES, Diagnosis, Reading, Verdict
from ringback.diagnosis.verdict import judge
from ringback.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringback.cli.diagnosis.options import DiagnoseOptions


MAX_PARALLEL = 8
"""Targets that are diagnosed at a time."""

OnUpdate: TypeAlias = "Callable[[int, Reading | Diagnosis], None]"
"""Called in the caller's thread with the number of a target and what is new of it."""

_POLL_SECONDS = 0.2
"""Seconds after which Ctrl-C is noticed on platforms where a lock holds it up."""


@dataclass(frozen=True, slots=True)
class DiagnosedTargets:
    """What one round found."""

    # In the order of the targets; `None` for one that was not begun
    diagnoses: tuple[Diagnosis | None, ...]
    interrupted: bool = False  # Whether Ctrl-C ended it

    @property
    def found(self) -> tuple[Diagnosis, ...]:
        """Those that were begun."""
        return tuple(diagnosis for diagnosis in self.diagnoses if diagnosis is not None)


class _Results:
    """What the threads have found, and what of it is new to the caller.

    Attributes:
        done: The whole of each target, once it is known.
        read: The readings of each so far.
        news: Both, as they come.
    """

    def __init__(self, targets: Sequence[str], options: DiagnoseOptions) -> None:
        self._targets = targets
        self._options = options
        self._waiting = iter(range(len(targets)))
        self._lock = threading.Lock()
        self.done: list[Diagnosis | None] = [None] * len(targets)
        self.read: list[list[Reading]] = [[] for _ in targets]
        self.news: SimpleQueue[tuple[int, Reading | Diagnosis | BaseException]] = SimpleQueue()

    def work(self) -> None:
        while (index := self._next()) is not None:
            try:
                on_reading = self._recorder(index)
                found = diagnose(self._targets[index], tell=on_reading, **self._options.keywords())
            except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
                self.news.put((index, error))
            else:
                self.done[index] = found
                self.news.put((index, found))

    def _next(self) -> int | None:
        with self._lock:
            return next(self._waiting, None)

    def _recorder(self, index: int) -> Callable[[Reading], None]:
        def record(reading: Reading) -> None:
            # Here, not by the caller: Ctrl-C may come before the caller has taken it up.
            self.read[index].append(reading)
            self.news.put((index, reading))

        return record


def diagnose_all(
    targets: Sequence[str], options: DiagnoseOptions, on_update: OnUpdate
) -> DiagnosedTargets:
    """Diagnose targets side by side and return what was found, also after Ctrl-C."""
    results = _Results(targets, options)
    at, began = time.time(), time.monotonic()
    for _ in range(min(MAX_PARALLEL, len(targets))):
        threading.Thread(target=results.work, daemon=True, name="ringback-diagnose").start()
    try:
        left = len(targets)
        while left:
            with contextlib.suppress(Empty):
                left -= _pass_on(results.news.get(timeout=_POLL_SECONDS), on_update)
    except KeyboardInterrupt:
        every = zip(results.done, targets, results.read, strict=True)
        took = time.monotonic() - began
        known = tuple(
            diagnosis or _partial_diagnosis(target, [*some], at, took)
            for diagnosis, target, some in every
        )
        return DiagnosedTargets(known, interrupted=True)
    return DiagnosedTargets(tuple(results.done))


def _pass_on(news: tuple[int, Reading | Diagnosis | BaseException], on_update: OnUpdate) -> bool:
    """Pass on what is new; return whether it is the whole of a target."""
    index, found = news
    if isinstance(found, BaseException):
        raise found
    on_update(index, found)
    return not isinstance(found, Reading)


def _partial_diagnosis(
    target: str, read: Sequence[Reading], at: float, took: float
) -> Diagnosis | None:
    """Return what the readings so far come to; ``None`` where there are none."""
    if not read:
        return None
    readings = tuple(sorted(read, key=lambda reading: STAGES.index(reading.layer)))
    return Diagnosis(
        target=parse_target(target).text,
        verdict=judge(readings, interrupted=True),
        readings=readings,
        elapsed=round(took, 6),
        at=at,
        complete=False,
    )


HEALTHY, BROKEN, UNKNOWN = 0, 1, 3
"""Exit statuses; 2 is that of a wrong call."""


def exit_status(verdicts: Iterable[Verdict]) -> int:
    """Return the worst: broken, then unknown, then healthy; unknown where there is none."""
    found = {
        HEALTHY if verdict.healthy else UNKNOWN if verdict.kind == "unknown" else BROKEN
        for verdict in verdicts
    }
    return next((status for status in (BROKEN, UNKNOWN, HEALTHY) if status in found), UNKNOWN)


def diagnose_once(
    targets: Sequence[str],
    options: DiagnoseOptions,
    *,
    as_json: bool,
    html: str | None,
    redact: bool,
    verbose: bool,
) -> int:
    """Diagnose targets, print and write what was found, and return the exit status."""
    done = _run_round(targets, options, live=not (as_json or redact))
    found = redact_all(done.found) if redact else done.found
    if as_json:
        print_records(found, redacted=redact)
    elif found:
        _show(found, readings=verbose)
    if html is not None and found:
        _write(html, found)
    return (
        INTERRUPTED if done.interrupted else exit_status(diagnosis.verdict for diagnosis in found)
    )


def print_records(diagnoses: Sequence[Diagnosis], *, redacted: bool) -> None:
    """Print a line of JSON for each."""
    for diagnosis in diagnoses:
        from ringback.diagnosis.record import record_of  # noqa: PLC0415 - only --json needs it

        click.echo(json.dumps(record_of(diagnosis, redacted=redacted)))


def redact_all(diagnoses: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Return diagnoses with placeholders for names and addresses."""
    from ringback.diagnosis.redact import redacted  # noqa: PLC0415 - only --redact needs it

    return redacted(diagnoses)


def _run_round(targets: Sequence[str], options: DiagnoseOptions, *, live: bool) -> DiagnosedTargets:
    if not (live and sys.stdout.isatty()):
        return diagnose_all(targets, options, ignore_update)
    from ringback.cli.diagnosis.show import shown_live  # noqa: PLC0415 - only a terminal needs it
    from ringback.cli.layout import console  # noqa: PLC0415 - rich is slow to import

    with shown_live(console(), targets) as on_update:
        return diagnose_all(targets, options, on_update)


def ignore_update(index: int, found: Reading | Diagnosis) -> None:
    """Do nothing: for callers that need the end only."""
    del index, found


def _show(diagnoses: Sequence[Diagnosis], *, readings: bool) -> None:
    from ringback.cli.diagnosis.show import show_diagnoses  # noqa: PLC0415 - rich is slow to import
    from ringback.cli.layout import console  # noqa: PLC0415 - as above

    show_diagnoses(console(), diagnoses, readings=readings)


def _write(path: str, diagnoses: Sequence[Diagnosis]) -> None:
    from ringback.diagnosis.page import report_page  # noqa: PLC0415 - only --html needs it

    try:
        Path(path).write_text(report_page(diagnoses), encoding="utf-8")
    except OSError as error:
        raise InputError(f"--html: cannot write {plain(path)}: {error.strerror}") from error
