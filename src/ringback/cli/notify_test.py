"""``ringback notify-test``: see whether messages arrive, before they must."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringback.cli.config.need import monitor_extra
from ringback.cli.problem import Problem, nearest
from ringback.cli.terminal import plain

if TYPE_CHECKING:
    from ringback.monitor.config import MonitorConfig
    from ringback.monitor.notify.settings import NotifierSettings

DEFAULT = "ringback.toml"

_AT_ONCE = 8

_HELP = f"""Send a message by notifiers, clearly marked as a test, and say what became of it.

The configuration is {DEFAULT} by default. The monitor need not run.

\b
Examples:
  ringback notify-test ops
  ringback notify-test --all -c /etc/ringback.toml

\b
Exit status:
  0  every notifier has told
  1  one has not
  2  the configuration cannot be used, or has no such notifier
"""


@click.command("notify-test", help=_HELP)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "every", is_flag=True, help="All notifiers.")
@click.option(
    "-c",
    "--config",
    "file",
    default=DEFAULT,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The configuration.",
)
@click.pass_context
def command(context: click.Context, names: tuple[str, ...], file: Path, *, every: bool) -> None:
    """Try notifiers."""
    if every == bool(names):
        raise click.UsageError("name the notifiers, or give --all", context)
    loaded = _loaded(file)
    chosen = _chosen(loaded.notifiers, names, file)
    failed = 0
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        told = threads.map(partial(_tried, vantage=loaded.vantage), chosen)
        for notifier, (error, seconds) in zip(chosen, told, strict=True):
            outcome = f"not told: {error}" if error else f"told in {seconds:.2f} s"
            click.echo(plain(f"{notifier.name} ({notifier.type}): {outcome}"))
            failed += bool(error)
    context.exit(1 if failed else 0)


def _loaded(file: Path) -> MonitorConfig:
    with monitor_extra():
        from ringback.monitor.config import ConfigInvalid  # noqa: PLC0415 - slow to import
        from ringback.monitor.config.load import load  # noqa: PLC0415 - slow to import

    try:
        return load(file, os.environ)
    except ConfigInvalid as error:
        first, rest = error.problems[0], len(error.problems) - 1
        more = f" (and {rest} more: ringback check-config)" if rest else ""
        raise Problem(plain(f"{first}{more}")) from None


def _chosen(
    known: Iterable[NotifierSettings], names: tuple[str, ...], file: Path
) -> list[NotifierSettings]:
    by_name = {one.name: one for one in known}
    if not by_name:
        raise Problem(f"{plain(str(file))} has no notifier; add a [[notifier]]")
    for name in names:
        if name not in by_name:
            hint = nearest(name, by_name) or f"; there is {', '.join(by_name)}"
            raise Problem(plain(f"no notifier is called {name!r}{hint}"))
    return [by_name[name] for name in dict.fromkeys(names or by_name)]


def _tried(notifier: NotifierSettings, vantage: str) -> tuple[str, float]:
    """Return why a test did not arrive (``""``: it did), and how long it took in seconds."""
    from ringback.monitor.notify.channel import (  # noqa: PLC0415 - with the configuration
        NotifierInvalid,
        NotSent,
        channel_of,
    )
    from ringback.monitor.notify.message import trial  # noqa: PLC0415 - with the configuration

    begun = time.monotonic()
    try:
        channel_of(notifier).send(trial(notifier, time.time(), vantage))
    except (NotSent, NotifierInvalid) as error:
        return str(error), time.monotonic() - begun
    return "", time.monotonic() - begun
