"""``ringback demo``."""

from __future__ import annotations

import contextlib
import importlib.util
import json
from typing import TYPE_CHECKING

import click

from ringback.cli.input import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.testing.demo.stage import Record

_NEEDED = ("requests", "cryptography")

_MONITOR = (
    *("pydantic", "httptools", "starlette", "uvicorn", "jinja2", "sqlalchemy", "alembic"),
    *("apprise", "watchfiles", "yaml"),
)
"""What the monitor imports beside what every installation has."""

_INSTALL = "pip install 'ringback[demo]'"

_HELP = """See ringback at work: failures for real, on this machine only, in 17 seconds.

A program calls through ringback.Session a refused port that comes back during the retries, a DNS
name that does not exist, a server with an expired certificate, one that breaks off in mid-body, and
one that stays down until the alert and then recovers.

Then the monitor (ringback up) watches five services, and names what happens to them: a certificate
that ends soon, an outage, a move to another port, a name that is gone from the DNS, a service that
flaps. At the end a hub and two agents tell which places reach a service, and why the others do not.

With --places, that alone, with each place on a host of its own (network namespaces: Linux, root).

\b
Examples:
  ringback demo
  ringback demo --keep
  sudo ringback demo --places 3
  ringback demo --json | jq -c '[.event, .kind, .pattern]'

\b
Exit status:
  0    every scene went as expected
  1    at least one did not
  2    requests or cryptography is not installed, or with --keep the monitor
  130  interrupted by Ctrl-C
"""


@click.command("demo", help=_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print each event as one JSON object.")
@click.option("--keep", is_flag=True, help="Leave the monitor running until Ctrl-C, with its page.")
@click.option(
    "--places",
    type=click.IntRange(3, 10),
    metavar="N",
    help="Show a partition between N places, each a host of its own (3 to 10).",
)
@click.pass_context
def demo_command(context: click.Context, *, as_json: bool, keep: bool, places: int | None) -> None:
    """Play the demo."""
    if lacking := _lacking(_NEEDED):
        raise InputError(f"the demo needs {' and '.join(lacking)}: {_INSTALL}")
    unwatched = _lacking(_MONITOR)
    if unwatched and keep:
        raise InputError(f"the monitor is not installed ({unwatched[0]}): {_INSTALL}")
    if places is not None:
        context.exit(_play_places(places, unwatched, as_json=as_json, keep=keep))
    from ringback.testing.lab.fault import NO_LOOPBACK, has_loopback  # noqa: PLC0415 - needs what was looked for

    if not has_loopback():
        raise InputError(NO_LOOPBACK)
    from ringback.testing.demo.play import play  # noqa: PLC0415 - needs what was just looked for

    with _telling(as_json=as_json) as tell:
        kept = play(tell, watched=not unwatched, keep=keep)
        if unwatched:
            tell({"event": "lacking", "needs": unwatched, "install": _INSTALL})
    context.exit(0 if kept else 1)


def _play_places(places: int, unwatched: list[str], *, as_json: bool, keep: bool) -> int:
    if keep:
        raise InputError(
            "--keep: the page of --places is on a host of its own, seen by nobody else"
        )
    if unwatched:
        raise InputError(f"the monitor is not installed ({unwatched[0]}): {_INSTALL}")
    from ringback.testing.lab.fault import in_words, missing  # noqa: PLC0415 - needs what was looked for

    if needed := missing(("root", "netns", "ip", "iptables")):
        raise InputError(
            f"--places needs {in_words(needed)}; ringback demo shows two agents without"
        )
    from ringback.testing.demo.play import play_places  # noqa: PLC0415 - as above

    with _telling(as_json=as_json) as tell:
        return 0 if play_places(tell, places) else 1


def _lacking(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if importlib.util.find_spec(name) is None]


def _telling(*, as_json: bool) -> contextlib.AbstractContextManager[Callable[[Record], None]]:
    if as_json:
        return contextlib.nullcontext(lambda record: click.echo(json.dumps(record)))
    from ringback.testing.demo.narrator import Narrator  # noqa: PLC0415 - rich is slow

    return contextlib.closing(Narrator())
