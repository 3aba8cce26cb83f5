"""``ringback diagnose --watch``: again and again; what changes is shown."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from ringback.cli.diagnosis.run import (
    diagnose_all,
    exit_status,
    ignore_update,
    print_records,
    redact_all,
)
from ringback.cli.diagnosis.show import colour, mark
from ringback.cli.layout import console, hanging
from ringback.cli.terminal import plain
from ringback.diagnosis.wording import duration, standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.status import Status

    from ringback.cli.diagnosis.options import DiagnoseOptions
    from ringback.diagnosis.model import Diagnosis


@dataclass(slots=True)
class WatchedTarget:
    """One target under watch."""

    rounds: int = 0  # How often it was diagnosed
    healthy: int = 0  # How often it was healthy
    changes: int = 0  # How often the verdict, or what decided it, changed
    last: Diagnosis | None = None
    since: float = 0.0  # When the last change was, in seconds since 1970 UTC

    def see(self, diagnosis: Diagnosis) -> bool:
        """Take up a round; return whether something changed. The first one always does."""
        before, self.last = self.last, diagnosis
        self.rounds += 1
        self.healthy += diagnosis.verdict.healthy
        changed = before is None or verdict_signature(before) != verdict_signature(diagnosis)
        if changed:
            self.changes += before is not None
            self.since = diagnosis.at
        return changed


def verdict_signature(diagnosis: Diagnosis) -> object:
    """Return what makes one diagnosis another: the verdict and the readings that decided.

    Times and wording do not.
    """
    verdict = diagnosis.verdict
    deciding = (diagnosis.readings[i] for i in verdict.evidence if i < len(diagnosis.readings))
    seen = frozenset(
        (reading.layer, reading.what, reading.subject, reading.state, reading.kind)
        for reading in deciding
    )
    return verdict.kind, verdict.cause, verdict.where, seen


_CLOCK_WIDTH = len("12:34:56  ")


def watch_targets(
    targets: Sequence[str], options: DiagnoseOptions, *, every: float, as_json: bool, redact: bool
) -> int:
    """Diagnose targets until Ctrl-C; return the exit status of the last round."""
    screen = console()
    watched = [WatchedTarget() for _ in targets]
    with ExitStack() as stack:
        waiting = None
        if screen.is_terminal and not as_json:
            waiting = stack.enter_context(screen.status(Text("first round", "dim")))
        try:
            while True:
                begun = time.monotonic()
                done = diagnose_all(targets, options, ignore_update)
                if done.interrupted:
                    break
                found = redact_all(done.found) if redact else done.found
                if as_json:
                    print_records(found, redacted=redact)
                _update(watched, found, None if as_json else screen)
                _wait(every - (time.monotonic() - begun), waiting, watched[0].rounds, every)
        except KeyboardInterrupt:
            pass  # the usual end of it; the summary follows
    if not as_json:
        _summarise(screen, watched)
    return exit_status(target.last.verdict for target in watched if target.last)


def _update(
    watched: Sequence[WatchedTarget], found: Sequence[Diagnosis], screen: Console | None
) -> None:
    for target, diagnosis in zip(watched, found, strict=True):
        since, before = target.since, target.last
        if target.see(diagnosis) and screen is not None:
            _show_change(screen, diagnosis, before, diagnosis.at - since)
    if screen is not None:
        screen.file.flush()


def _show_change(
    screen: Console, diagnosis: Diagnosis, before: Diagnosis | None, lasted: float
) -> None:
    verdict = diagnosis.verdict
    clock = datetime.fromtimestamp(diagnosis.at).astimezone().strftime("%H:%M:%S  ")
    lead = Text.assemble((clock, "dim"), (f"{mark(verdict)} ", colour(verdict)))
    headline = f"{plain(diagnosis.target)}: {plain(verdict.summary)}"
    hanging(screen, lead, Text(headline, "bold"), _CLOCK_WIDTH + 2)
    more = [] if verdict.healthy else [standing(verdict)]
    if before is not None:
        more.append(f"before: {before.verdict.cause or before.verdict.kind}, {duration(lasted)}")
    if more:
        hanging(screen, Text(), Text(plain(" · ".join(more)), "dim"), _CLOCK_WIDTH + 2)


def _wait(seconds: float, waiting: Status | None, rounds: int, every: float) -> None:
    if waiting is not None:
        times = "1 round" if rounds == 1 else f"{rounds} rounds"
        waiting.update(Text(f"{times}, every {duration(every)}; Ctrl-C ends it", "dim"))
    if seconds > 0:
        time.sleep(seconds)


def _summarise(screen: Console, watched: Sequence[WatchedTarget]) -> None:
    screen.print()
    for target in watched:
        if target.last is None:
            continue
        verdict = target.last.verdict
        changes = "1 change" if target.changes == 1 else f"{target.changes} changes"
        now = "healthy" if verdict.healthy else standing(verdict)
        summary = f"healthy in {target.healthy} of {target.rounds} rounds, {changes}; now {now}"
        lead = Text(f"{mark(verdict)} ", colour(verdict))
        hanging(screen, lead, Text(f"{plain(target.last.target)}: {plain(summary)}"), 2)
