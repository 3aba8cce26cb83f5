"""``ringback lab KIND``: one failure, met by every installed client."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.text import Text

from ringback.cli.layout import console, hanging
from ringback.cli.terminal import plain
from ringback.testing.clients import installed
from ringback.testing.command.elsewhere import outcome_from
from ringback.testing.command.outcome import Meeting, Outcome, outcome_of
from ringback.testing.lab import FAULTS, Fault, Lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

TIMEOUT, SHORT = 3.0, 1.0
"""Seconds a client waits for a connection, and for each piece of the response; the short ones where
the fault is that nothing comes. What comes does so at once, but for a machine that is busy."""

_INDENT, _NARROW_INDENT = 13, 2
"""Columns left of what is said of a client; the narrow one below 70 columns."""

_MOST = 600
"""Characters shown of an exception's text."""


def reproduce(fault: Fault) -> Iterator[Outcome]:
    """Start a fault for each installed client, call it, and yield how that ended.

    Args:
        fault: Which; this machine has what it needs.
    """
    timeout = SHORT if _is_silence(fault) else TIMEOUT
    with Lab() as lab:
        for client in installed():
            # A fault that counts its connections begins anew for each client.
            endpoint = fault.start(lab)
            meeting = Meeting(endpoint, fault.provoke, timeout)
            if endpoint.namespace:
                yield outcome_from(endpoint.namespace, client, meeting)
            else:
                yield outcome_of(client, meeting)


def _is_silence(fault: Fault) -> bool:
    ends = ("timed_out", "no_response")
    return any(kind.endswith(ends) for kind in (fault.kind, *fault.also))


def print_json(fault: Fault) -> None:
    """Print one JSON object per client, with the fault's name and the kinds to be expected.

    Args:
        fault: Which.
    """
    expected = [fault.kind, *fault.also]
    for outcome in reproduce(fault):
        line = {"fault": fault.name, "expected": expected, **asdict(outcome)}
        print(json.dumps(line), flush=True)


def show(fault: Fault) -> None:
    """Print how each client's call ends, for people.

    Args:
        fault: Which.
    """
    screen = console()
    title = Text(f"{fault.name}: ", style="bold")
    hanging(screen, Text(), title.append(fault.summary, style="not bold"), 0)
    for outcome in reproduce(fault):
        screen.print()
        _show_outcome(screen, fault, outcome)
    indent = _indent(screen)
    others = [one.name for one in FAULTS.values() if one.kind == fault.kind and one is not fault]
    screen.print()
    if others:
        hanging(screen, Text("Also"), Text(", ".join(others)), indent)
    hanging(screen, Text("More"), Text(f"ringback explain {fault.kind}", style="cyan"), indent)


def _indent(screen: Console) -> int:
    return _INDENT if screen.width >= 70 else _NARROW_INDENT


def _show_outcome(screen: Console, fault: Fault, outcome: Outcome) -> None:
    indent = _indent(screen)
    hanging(screen, Text(outcome.client, style="bold"), _ending(outcome), indent)
    if outcome.ended == "raised":
        hanging(screen, Text(), _named(fault, outcome), indent)


def _ending(outcome: Outcome) -> Text:
    match outcome.ended:
        case "not_offered":
            return Text(f"not called: {outcome.text}", style="dim")
        case "waiting":
            said = f"still waiting after {outcome.seconds:.0f} s: it has no total deadline"
            return Text(said, style="yellow")
        case "returned":
            return Text(f"no exception, {outcome.text} ({outcome.seconds:.2f} s)")
        case "raised":
            text = plain(outcome.text[:_MOST]) or "(no text)"
            return Text(f"{outcome.exception}: {text} ({outcome.seconds:.2f} s)")


def _named(fault: Fault, outcome: Outcome) -> Text:
    style = "green" if outcome.kind in {fault.kind, *fault.also} else "yellow"
    named = Text("→ ").append(str(outcome.kind), style=style)
    if outcome.via:
        named.append(f" (behind it {outcome.via})")
    return named.append(f", phase {outcome.phase}, processed: {outcome.delivered}", style="dim")
