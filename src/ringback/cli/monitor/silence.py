"""``ringback silence``: tell nobody of what begins on some endpoints for a while."""

from fnmatch import fnmatchcase

import click

from ringback.cli.monitor.ack import who
from ringback.cli.monitor.remote import Remote, asking, segment
from ringback.cli.monitor.status import short
from ringback.cli.problem import Problem, nearest
from ringback.cli.terminal import plain

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_HELP = """Tell nobody of what begins on some endpoints for a while.

ENDPOINT is an id, or a pattern with *. They are watched all the same, and the end of what was told
is told. Without ENDPOINT the silences are listed.

\b
Examples:
  ringback silence shop --for 2h --reason "release 4.2"
  ringback silence 'db-*' --for 30m
  ringback silence
  ringback silence --end s1790000000-1
"""


@click.command("silence", help=_HELP)
@click.argument("endpoints", nargs=-1, metavar="[ENDPOINT]...")
@click.option("--for", "span", default="1h", show_default=True, help="How long: 90s, 30m, 2h, 1d.")
@click.option("--reason", default="", help="Why; stands on the page.")
@click.option("--end", "ended", help="End this silence.")
@asking
def command(
    endpoints: tuple[str, ...],
    span: str,
    reason: str,
    ended: str | None,
    url: str,
    token: str | None,
) -> None:
    """Begin, list or end silences."""
    remote = Remote(url, token)
    if ended is not None:
        remote.delete(f"/silences/{segment(ended)}")
        click.echo(f"over: {plain(ended)}")
    elif endpoints:
        body = {
            "endpoints": list(endpoints),
            "seconds": seconds_of(span),
            "by": who(),
            "reason": reason,
        }
        made = remote.post("/silences", body)
        click.echo(f"{plain(made['id'])}: {', '.join(map(plain, endpoints))} for {span}")
        _warn(endpoints, [one["id"] for one in remote.all("/endpoints")])
    else:
        for one in remote.get("/silences"):
            where = ", ".join(one["endpoints"])
            click.echo(
                plain(f"{one['id']}: {where} until {short(one['ends'])} UTC {one['reason']}")
            )


def _warn(silenced: tuple[str, ...], known: list[str]) -> None:
    """Tell of what matches nothing: it may come later, or be misspelt."""
    for one in silenced:
        if not any(fnmatchcase(id_, one) for id_ in known):
            hint = nearest(one, known)
            click.echo(f"ringback: no endpoint is called {plain(one)} as yet{hint}", err=True)


def seconds_of(span: str) -> float:
    """Return the seconds of ``90s``, ``30m``, ``2h`` or ``1d``.

    Args:
        span: As it was written.

    Raises:
        Problem: It is none.
    """
    number, unit = span[:-1], span[-1:]
    if unit not in _UNITS or not number.isascii() or not number.isdigit() or not int(number):
        raise Problem(f"{plain(span)!r} is no time; write 90s, 30m, 2h or 1d")
    return float(int(number) * _UNITS[unit])
