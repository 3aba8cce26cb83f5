"""``ringback check-config``: everything that is wrong with a configuration."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ringback.cli.config.need import monitor_extra
from ringback.cli.terminal import plain

if TYPE_CHECKING:
    from ringback.monitor.config import ConfigInvalid, MonitorConfig

DEFAULT = "ringback.toml"

_HELP = f"""Check a configuration of the monitor; say everything that is wrong with it.

FILE is {DEFAULT} by default. Files that it includes are checked as well.

\b
Examples:
  ringback check-config
  ringback check-config --json /etc/ringback.toml | jq '.problems[].message'

\b
Exit status:
  0  nothing is wrong
  2  something is: one line each, FILE:LINE:COLUMN: what
"""


@click.command("check-config", help=_HELP)
@click.argument("file", default=DEFAULT, metavar="[FILE]", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(context: click.Context, file: Path, *, as_json: bool) -> None:
    """Check a configuration."""
    with monitor_extra():
        from ringback.monitor.config import ConfigInvalid  # noqa: PLC0415 - slow to import
        from ringback.monitor.config.load import load  # noqa: PLC0415 - slow to import

    try:
        loaded = load(file, os.environ)
    except ConfigInvalid as error:
        _complain(error, as_json=as_json)
        context.exit(2)
    if as_json:
        click.echo(json.dumps(_record(loaded)))
    else:
        for line in _summary(loaded):
            click.echo(plain(line))


def _complain(error: ConfigInvalid, *, as_json: bool) -> None:
    if as_json:
        told = [{**asdict(one), "file": str(one.file)} for one in error.problems]
        click.echo(json.dumps({"ok": False, "problems": told}))
        return
    for problem in error.problems:
        click.echo(plain(str(problem)))


def _record(loaded: MonitorConfig) -> dict[str, Any]:
    return {
        "ok": True,
        "files": [str(file) for file in loaded.files],
        "endpoints": [
            {"id": one.id, "name": one.name, "type": one.type, "group": one.watched.group}
            for one in loaded.endpoints
        ],
        "notifiers": [{"name": one.name, "type": one.type} for one in loaded.notifiers],
        "routes": len(loaded.routes),
        "maintenance": len(loaded.maintenance),
        "tokens": [one.name for one in loaded.tokens],
    }


def _summary(loaded: MonitorConfig) -> list[str]:
    types = Counter(one.type for one in loaded.endpoints)
    watched = ", ".join(f"{count} {kind}" for kind, count in types.most_common())
    every = sum(1 / one.every for one in loaded.endpoints if one.type != "heartbeat")
    told = ", ".join(f"{one.name} ({one.type})" for one in loaded.notifiers)
    return [
        *(f"{file}: nothing is wrong" for file in loaded.files),
        f"endpoints: {len(loaded.endpoints)}" + (f" ({watched})" if watched else ""),
        f"checks a second: {every:.3g}",
        f"notifiers: {told or 'none; add a [[notifier]] to be told'}",
        f"page: {loaded.web.url}",
    ]
