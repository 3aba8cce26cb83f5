"""``ringback lab``: connection failures for real, on this machine."""

from __future__ import annotations

import signal
import sys
import threading

import click
from click.shell_completion import CompletionItem

from ringback.cli.input import InputError
from ringback.cli.terminal import plain
from ringback.failure.kinds import KINDS
from ringback.testing.lab import FAULTS, Fault, find
from ringback.testing.lab.fault import NO_LOOPBACK, has_loopback, in_words, missing

_HELP = """Produce connection failures for real, and see what each client makes of them.

Without FAULT, start every failure that this machine can produce, list where each is met, and run
until Ctrl-C. With FAULT (a kind, or kind:when), start that one, call it with each installed client
in turn, and print the exception with its explanation.

\b
Examples:
  ringback lab
  ringback lab --list
  ringback lab tcp.refused
  ringback lab tcp.reset:mid_body --json | jq -r '"\\(.client): \\(.kind)"'
"""


def _completed(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in FAULTS if name.startswith(begun)]


@click.command("lab", help=_HELP)
@click.argument("fault", required=False, shell_complete=_completed)
@click.option("--list", "listing", is_flag=True, help="List every failure, start none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.pass_context
def lab_command(context: click.Context, fault: str | None, *, listing: bool, as_json: bool) -> None:
    """Start the lab, or one fault of it."""
    signal.signal(signal.SIGTERM, _stop)
    if fault is not None:
        if listing:
            raise click.UsageError("--list takes no FAULT", context)
        chosen = _fault(fault)
        _require_loopback()
        _reproduce(chosen, as_json=as_json)
        return
    from ringback.testing.command.reproduce import FaultList  # noqa: PLC0415 - each form loads its own

    shown = FaultList(as_json=as_json)
    if listing:
        shown.everything()
    else:
        _require_loopback()
        shown.started(until=threading.Event().wait)


def _reproduce(fault: Fault, *, as_json: bool) -> None:
    from ringback.testing.command.reproduce import print_json, show_fault  # noqa: PLC0415 - as above

    (print_json if as_json else show_fault)(fault)


def _fault(name: str) -> Fault:
    kind, _, when = name.partition(":")
    if not when and kind in KINDS and all(fault.kind != kind for fault in FAULTS.values()):
        raise InputError(
            f"{kind} cannot be produced on one machine; ringback lab --list lists what can"
        )
    try:
        fault = find(name)
    except LookupError as error:
        raise InputError(plain(str(error))) from error
    if lacking := missing(fault.needs):
        raise InputError(f"{fault.name} needs {in_words(lacking)}")
    return fault


def _require_loopback() -> None:
    if not has_loopback():
        raise InputError(NO_LOOPBACK)


def _stop(*_: object) -> None:
    sys.exit(128 + signal.SIGTERM)
