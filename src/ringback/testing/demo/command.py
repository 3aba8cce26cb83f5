"""``ringback demo``."""

from __future__ import annotations

import contextlib
import importlib.util
import json

import click

from ringback.cli.problem import Problem

_NEEDED = ("requests", "cryptography")

_HELP = """See ringback at work: five failures for real, on this machine only, in ten seconds.

A program calls through ringback.Session a refused port that comes back during the retries, a DNS
name that does not exist, a server with an expired certificate, one that breaks off in mid-body, and
one that stays down until the alert and then recovers.

\b
Examples:
  ringback demo
  ringback demo --json | jq -c '[.event, .kind, .decision]'

\b
Exit status:
  0  everything went as promised
  1  something did not
  2  requests or cryptography is not installed
"""


@click.command("demo", help=_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print each event as one JSON object.")
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    """Play the demo."""
    lacking = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if lacking:
        raise Problem(f"the demo needs {' and '.join(lacking)}: pip install 'ringback[lab]'")
    from ringback.testing.demo.play import play  # noqa: PLC0415 - needs what was just looked for

    if as_json:
        kept = play(lambda record: click.echo(json.dumps(record)))
    else:
        from ringback.testing.demo.narrator import Narrator  # noqa: PLC0415 - rich is slow

        with contextlib.closing(Narrator()) as narrator:
            kept = play(narrator)
    context.exit(0 if kept else 1)
