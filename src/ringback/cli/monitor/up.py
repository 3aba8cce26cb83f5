"""``ringback up``: watch endpoints, notify people, and show it all on a page."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringback.cli.config import DEFAULT_FILE
from ringback.cli.input import InputError
from ringback.cli.monitor.log import log_to_stderr
from ringback.cli.terminal import counted, plain

if TYPE_CHECKING:
    from ringback.monitor.config import MonitorConfig
    from ringback.monitor.config.reader_process import ReaderProcess
    from ringback.monitor.shared import SharedProgram
    from ringback.monitor.store.degraded import DegradedStore

_HELP = """Run the monitor: watch endpoints, notify people, and show it all on a page.

URL is what to watch: https://…, tcp://HOST:PORT, tls://…, dns://NAME. Without one, ringback.toml
is read, or the file that -c names.

\b
Examples:
  ringback up https://shop.example.com tcp://db.example.com:5432
  ringback init && ringback up
  ringback up -c /etc/ringback.toml

What goes down and comes back is logged on standard error.

Ctrl-C or SIGTERM stops it; its state is kept, and the next start continues from there. A changed
configuration takes effect at once; SIGHUP reloads it.

\b
Exit status:
  0  it was stopped
  1  cannot run: port or database unavailable
  2  the configuration is invalid
"""

_NOTHING_TO_WATCH = (
    "there is nothing to watch: name URLs (`ringback up https://example.com`), write a "
    "configuration (`ringback init`, then `ringback up`), or try `ringback demo` first"
)


COLLECT_INTERVAL = 86_400.0
"""Seconds between two searches of all objects for garbage. With 100,000 endpoints one takes
seconds, in which nothing else runs, and what is known of endpoints is none."""

_SWITCH_INTERVAL = 0.0005  # Seconds for which a thread that renders a page has the loop wait
_COLLECT_THRESHOLDS = (5_000, 4, 1_000_000)  # New objects, and collections: the last is never


@click.command("up", help=_HELP)
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("-c", "--config", "file", type=click.Path(path_type=Path), help="Configuration file.")
@click.option("--db", help="Database: a file, or postgresql://…; default: ./ringback.db.")
@click.option("--host", help="Address of the page; default: 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the page; default: 8480.")
@click.option("--no-web", is_flag=True, help="Serve no page.")
@click.option("-v", "--verbose", is_flag=True, help="Also log checks that fail and recover.")
@click.option("-q", "--quiet", is_flag=True, help="Log only what goes down and what is wrong.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Form of the log: lines of text (the default), or a JSON object in each line.",
)
@click.pass_context
def up_command(  # noqa: PLR0913 - click gives each option by name
    context: click.Context,
    urls: tuple[str, ...],
    file: Path | None,
    db: str | None,
    host: str | None,
    port: int | None,
    *,
    no_web: bool,
    verbose: bool,
    quiet: bool,
    log_format: str,
) -> None:
    if urls and file:
        raise click.UsageError("name URLs or a configuration, not both", context)
    if verbose and quiet:
        raise click.UsageError("-v and -q exclude each other", context)

    def changed(loaded: MonitorConfig) -> MonitorConfig:
        web = loaded.web
        web = replace(web, host=host or web.host, port=web.port if port is None else port)
        if db is None:
            return replace(loaded, web=web)
        url = db if is_url(db) else ""
        return replace(loaded, web=web, store=loaded.store if url else Path(db), store_url=url)

    from ringback.monitor.config import ConfigInvalid  # noqa: PLC0415 - slow to import
    from ringback.monitor.store.opening import is_url  # noqa: PLC0415 - as above

    begin = _reader(urls, file)
    first = begin()
    try:
        import ringback.monitor.program  # noqa: F401, PLC0415 - slow, beside the reading

        loaded = changed(first.result())
    except ConfigInvalid as error:
        for problem in error.problems:
            click.echo(plain(str(problem)), err=True)
        problems = counted(len(error.problems), "problem")
        raise InputError(f"the configuration has {problems}") from error
    again = None if urls else lambda: changed(begin().result())
    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
    log_to_stderr(level=level, as_json=log_format == "json")
    with _short_waits():
        context.exit(_run(loaded, again, web=not no_web))


@contextlib.contextmanager
def _short_waits() -> Iterator[None]:
    """Have Python look for garbage among what is new only, and threads not hold up the loop."""
    before, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(*_COLLECT_THRESHOLDS)
    sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        sys.setswitchinterval(interval)


def _reader(urls: tuple[str, ...], file: Path | None) -> Callable[[], ReaderProcess]:
    from ringback.monitor.config.reader_process import ReaderProcess  # noqa: PLC0415 - slow to import

    if urls:
        return lambda: ReaderProcess("config_of_urls", urls)
    named = file or Path(DEFAULT_FILE)
    if file is None and not named.exists():
        raise InputError(_NOTHING_TO_WATCH)
    return lambda: ReaderProcess("load", named, dict(os.environ))


def _run(loaded: MonitorConfig, read: Callable[[], MonitorConfig] | None, *, web: bool) -> int:
    from ringback.monitor.notify.channel.channel import NotifierInvalid  # noqa: PLC0415 - as below
    from ringback.monitor.program import open_store  # noqa: PLC0415 - takes uvicorn
    from ringback.monitor.store.interface import StoreProblem  # noqa: PLC0415 - as above
    from ringback.monitor.web.settings import WebError  # noqa: PLC0415 - as above

    try:
        store = open_store(loaded)
    except StoreProblem as error:
        raise CannotRunError(plain(str(error))) from error
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_watch(loaded, store, read, web=web))
    except WebError as error:
        raise CannotRunError(plain(str(error))) from error
    except NotifierInvalid as error:
        raise InputError(plain(str(error))) from error
    finally:
        store.close()
    return 0


async def _watch(
    loaded: MonitorConfig,
    store: DegradedStore,
    read: Callable[[], MonitorConfig] | None,
    *,
    web: bool,
) -> None:
    from ringback.monitor.program import Program  # noqa: PLC0415 - takes uvicorn

    program: Program | SharedProgram
    if store.shared is None:
        program = Program(loaded, store, read=read)
    else:
        from ringback.monitor.shared import SharedProgram  # noqa: PLC0415 - with PostgreSQL only

        program = SharedProgram(loaded, store, read=read)
    gc.collect()  # what the start has left: it is looked for once a day only
    task = asyncio.ensure_future(program.run(web=web, ready=_ready(loaded)))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, task.cancel)
    if read is not None:
        with contextlib.suppress(AttributeError, NotImplementedError):  # Windows
            loop.add_signal_handler(signal.SIGHUP, program.reload)
    collecting = asyncio.ensure_future(_collect())
    with contextlib.suppress(asyncio.CancelledError):
        await task
    collecting.cancel()


async def _collect() -> None:
    while True:
        await asyncio.sleep(COLLECT_INTERVAL)
        gc.collect()


class CannotRunError(InputError):
    """Raised where the configuration is right and the machine is in the way; status 1."""

    exit_code = 1


def _ready(loaded: MonitorConfig) -> Callable[[str], None]:
    def ready(url: str) -> None:
        endpoints = counted(len(loaded.endpoints), "endpoint")
        page = f", page at {url}" if url else ""
        more = "" if loaded.endpoints else " (add an [[endpoint]] to the configuration)"
        if logging.getLogger("ringback").isEnabledFor(logging.INFO):
            click.echo(f"ringback watches {endpoints}{more}{page}; Ctrl-C ends it")

    return ready


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - where there is none, asyncio's own does
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
