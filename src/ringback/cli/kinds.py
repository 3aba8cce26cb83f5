"""``ringback kinds``: every kind of failure, by layer."""

import json
from dataclasses import asdict

import click
from rich.text import Text

from ringback.cli.layout import console, hanging, styled
from ringback.failure.kind import Kind, Layer
from ringback.failure.kinds import KINDS
from ringback.failure.page import LAYERS

_HELP = """List every kind of connection failure, by layer.

\b
Examples:
  ringback kinds
  ringback kinds --json | jq -r .name
"""


@click.command("kinds", help=_HELP)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per kind and line.")
def kinds_command(*, as_json: bool) -> None:
    """List the kinds."""
    if as_json:
        for kind in KINDS.values():
            click.echo(json.dumps(asdict(kind)))
        return
    for layer in LAYERS:
        _show(layer, [kind for kind in KINDS.values() if kind.layer == layer])


def _show(layer: Layer, kinds: list[Kind]) -> None:
    screen = console()
    title = LAYERS[layer]
    screen.print(Text(f"{title[0].upper()}{title[1:]}", style="bold"))
    for kind in kinds:
        hanging(screen, Text(), Text(kind.name, style="cyan"), 2)
        hanging(screen, Text(), styled(screen, kind.meaning), 4)
    screen.print()
