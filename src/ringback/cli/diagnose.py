"""``ringback diagnose``: the root cause of a failed connection, and what to do."""

import json
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ringback.cli.input import InputError, Seconds
from ringback.cli.terminal import plain

_HELP = """Find the root cause of a failed connection.

URL is an http or https URL, tcp://HOST:PORT, tls://HOST:PORT, dns://NAME, HOST:PORT, or the URL of
a service: postgres, mysql, redis, amqp, smtp and others. The stages of a connection are checked in
order: URL, this machine, name, proxy, TCP to every address, network path, TLS, HTTP; then one
sentence names the fault. At most 12 connections are made, 3 to one address. `ringback URL` is short
for `ringback diagnose URL`.

Without a URL this machine alone is read: resolver, hosts file, proxies, routes, clock, trusted
certificates, and the packages of this Python. What could make calls fail is told, the worst first.
Nothing is connected to but the configured nameservers and the environment's proxies, each for at
most 2 seconds at a time.

\b
Examples:
  ringback diagnose https://api.example.com/health
  ringback diagnose -v https://api.example.com/health
  ringback diagnose db.example.com:5432 redis://cache:6379
  ringback diagnose --from-traceback error.log
  ringback diagnose --watch 30 https://api.example.com
  ringback diagnose --json https://api.example.com > here.json
  ringback diagnose

\b
Exit status:
  0  healthy                    130  interrupted (results so far are printed)
  1  broken                       2  wrong usage
  3  the cause cannot be determined
"""


@click.command("diagnose", help=_HELP)
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("-v", "--verbose", is_flag=True, help="Also show what was read, layer by layer.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per URL and line.")
@click.option("--html", type=click.Path(dir_okay=False), help="Write a self-contained HTML page.")
@click.option("--redact", is_flag=True, help="Hide names and addresses.")
@click.option(
    "--timeout",
    type=Seconds(0.5, 120),
    default=10.0,
    metavar="SECONDS",
    help="Time limit for each URL; 10 by default.",
)
@click.option("--watch", type=Seconds(min=1), metavar="SECONDS", help="Repeat; show what changes.")
@click.option("--neighbours", is_flag=True, help="Also try other ports of the host.")
@click.option("--proxy", metavar="URL|none", help="Proxy; default: the environment's.")
@click.option("--ca", type=click.Path(), help="CA certificates to trust, a PEM file.")
@click.option(
    "--nameserver", multiple=True, metavar="ADDR[:PORT]", help="Also query this resolver."
)
@click.option("--control", multiple=True, metavar="HOST:PORT", help="A target known to be healthy.")
@click.option(
    "--from-traceback",
    "pasted",
    type=click.Path(allow_dash=True),
    help="Read the URL from a traceback or log; - is stdin.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of --json.")
@click.pass_context
def diagnose_command(
    context: click.Context, /, *, urls: tuple[str, ...], schema: bool, **chosen: Any
) -> int:
    """Diagnose targets."""
    if schema:
        from ringback.diagnosis.record import record_schema as published  # noqa: PLC0415 - needs no other

        click.echo(json.dumps(published(), indent=2))
        return 0
    if not urls and chosen["pasted"] is None:
        return _machine(context, as_json=chosen["as_json"], verbose=chosen["verbose"])
    return _diagnose(_targets(context, urls, chosen.pop("pasted")), **chosen)


def _targets(context: click.Context, urls: tuple[str, ...], pasted: str | None) -> tuple[str, ...]:
    if pasted is not None:
        if urls:
            raise click.UsageError("--from-traceback and a URL cannot be combined", context)
        from ringback.cli.diagnosis.options import pasted_target  # noqa: PLC0415 - loaded when asked for

        return (pasted_target(pasted),)
    if not all(url.strip() for url in urls):
        raise click.UsageError("a URL is empty", context)
    return tuple(dict.fromkeys(urls))


_OF_MACHINE = frozenset({"urls", "schema", "pasted", "as_json", "verbose"})
"""Parameters that mean something without a URL."""


def _machine(context: click.Context, *, as_json: bool, verbose: bool) -> int:
    for option in context.command.params:
        name = option.name or ""
        given = context.get_parameter_source(name) is not ParameterSource.DEFAULT
        if given and name not in _OF_MACHINE:
            raise click.UsageError(f"{option.opts[0]} needs a URL", context)
    from ringback.cli.diagnosis.machine import diagnose_machine  # noqa: PLC0415 - as for a URL

    return diagnose_machine(as_json=as_json, verbose=verbose)


def _diagnose(
    targets: tuple[str, ...],
    *,
    as_json: bool,
    html: str | None,
    redact: bool,
    watch: float | None,
    verbose: bool,
    **how: Any,
) -> int:
    from ringback.cli.diagnosis.options import options_of  # noqa: PLC0415 - --help loads nothing

    options = options_of(**how)
    if html is not None:
        _check(html, watching=watch is not None)
    if watch is not None:
        from ringback.cli.diagnosis.watch import watch_targets  # noqa: PLC0415 - as above

        return watch_targets(targets, options, every=watch, as_json=as_json, redact=redact)
    from ringback.cli.diagnosis.run import diagnose_once  # noqa: PLC0415 - as above

    return diagnose_once(
        targets, options, as_json=as_json, html=html, redact=redact, verbose=verbose
    )


def _check(html: str, *, watching: bool) -> None:
    if watching:
        raise InputError("--html and --watch cannot be combined")
    if not Path(html).absolute().parent.is_dir():
        raise InputError(f"--html: there is no directory {plain(str(Path(html).parent))}")
