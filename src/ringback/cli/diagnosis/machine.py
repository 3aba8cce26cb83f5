"""``ringback diagnose`` without a target: what of this machine could make calls fail."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.text import Text

from ringback.cli.diagnosis.run import BROKEN, HEALTHY
from ringback.cli.diagnosis.show import reading_line
from ringback.cli.layout import console, hanging, styled
from ringback.cli.terminal import counted, plain
from ringback.diagnosis.machine.read import read_machine
from ringback.diagnosis.machine.rules import machine_findings
from ringback.diagnosis.record import FORMAT, moment, record_of_reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from ringback.diagnosis.machine.rules import MachineFinding
    from ringback.diagnosis.model import Reading


def diagnose_machine(*, as_json: bool, verbose: bool) -> int:
    """Print what stands in the way of calls, the worst first, and return the exit status."""
    at, readings = time.time(), read_machine()
    found = machine_findings(readings)
    breaks = any(finding.breaks for finding in found)
    if as_json:
        record = {
            "format": FORMAT,
            "at": moment(at),
            "python": sys.executable,
            "breaks": breaks,
            "findings": [asdict(finding) for finding in found],
            "readings": [record_of_reading(reading) for reading in readings],
        }
        click.echo(json.dumps(record))
    else:
        _show(console(), found, readings, verbose=verbose)
    return BROKEN if breaks else HEALTHY


def _show(
    screen: Console,
    found: Sequence[MachineFinding],
    readings: Sequence[Reading],
    *,
    verbose: bool,
) -> None:
    count = sum(finding.breaks for finding in found)
    if count:
        said = f"{counted(count, 'thing')} of this machine will make calls fail."
        hanging(screen, Text("✗", "bold red"), Text(said, "bold"), 2)
    else:
        said = "Nothing of this machine stands in the way."
        hanging(screen, Text("✓", "bold green"), Text(said, "bold"), 2)
    for finding in found:
        screen.print()
        sign = Text("✗", "red") if finding.breaks else Text("·", "yellow")
        hanging(screen, sign, Text(plain(finding.summary), "bold"), 2)
        for name, text in (("read", finding.read), ("why", finding.why), ("do", finding.advice)):
            hanging(screen, Text(f"  {name}", "dim"), styled(screen, plain(text)), 8)
    if found:
        screen.print()
    if verbose:
        for reading in readings:
            screen.print(Text(reading_line(reading)), soft_wrap=True)
    said = f"  {len(readings)} readings of this machine and {sys.executable}"
    screen.print(Text(plain(said) + "; -v shows them" * (not verbose), "dim"), soft_wrap=True)
