"""``ringback agent``: a further place that checks for a monitor, and who these places are."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from rich.table import Table
from rich.text import Text

from ringback.cli.input import InputError, read_text
from ringback.cli.layout import console
from ringback.cli.monitor.log import log_to_stderr
from ringback.cli.monitor.remote import Remote, monitor_options, segment
from ringback.cli.monitor.status import short_time
from ringback.cli.monitor.up import CannotRunError, loop_factory
from ringback.cli.terminal import counted, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.monitor.agent.identity import AgentIdentity, StateFolder

DEFAULT_STATE = "ringback-agent"

_HELP = """Check from this place what a monitor watches, and report to it.

The monitor (the hub) judges what all its places see. On its machine `ringback agent add` prints the
command to run here. Later starts need no token. While the hub is away, checks go on by the last
plan and their results wait in the folder --state, which belongs to one agent.

\b
Examples:
  ringback agent add tokyo --domain aws/ap-northeast-1       (at the hub)
  ringback agent --hub https://hub.example.com:8480 --token 3rV…
  ringback agent --state /var/lib/ringback-agent             (later)
  ringback agent list
  ringback agent remove tokyo

\b
Exit status:
  0  it was stopped
  1  cannot run: hub not reached at first, token refused, folder unusable
  2  wrong usage
  3  the hub has removed this agent
"""


@click.group("agent", help=_HELP, invoke_without_command=True, subcommand_metavar="[COMMAND]")
@click.option("--hub", help="URL of the monitor, or several with commas; for the first start.")
@click.option("--token", help="Token of `ringback agent add`; it can be used once.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False),
    help="File that holds the token, which no list of processes shows then.",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_STATE,
    show_default=True,
    help="Folder of the agent's key, plan and spool.",
)
@click.option(
    "--ca", type=click.Path(exists=True, path_type=Path), help="PEM file of the hub's authority."
)
@click.option("--insecure-http", is_flag=True, help="Reach a hub that is elsewhere without TLS.")
@click.pass_context
def agent_command(  # noqa: PLR0913 - click gives each option by name
    context: click.Context,
    hub: str | None,
    token: str | None,
    token_file: str | None,
    state: Path,
    ca: Path | None,
    *,
    insecure_http: bool,
) -> None:
    if token and token_file:
        raise click.UsageError("--token and --token-file exclude each other", context)
    if context.invoked_subcommand is None:
        token = read_text(token_file).strip() if token_file else token
        context.exit(_run(hub, token, state, ca, insecure=insecure_http))


class _RemovedError(InputError):
    """Raised where the hub does not know this agent any more; status 3."""

    exit_code = 3


def _run(  # noqa: PLR0915 - half of them imports
    hub: str | None, token: str | None, folder: Path, ca: Path | None, *, insecure: bool
) -> int:
    from ringback.monitor.agent.client import HubProblem, HubURLInvalid  # noqa: PLC0415 - slow
    from ringback.monitor.agent.identity import StateFolder, StateProblem  # noqa: PLC0415 - slow
    from ringback.monitor.agent.process import AgentRemovedError  # noqa: PLC0415 - as above
    from ringback.monitor.store.interface import StoreProblem  # noqa: PLC0415 - as above
    from ringback.monitor.store.sqlite.database import WriterLock  # noqa: PLC0415 - as above

    log_to_stderr()
    try:
        state = StateFolder(folder)
        lock = WriterLock(state.spool)
    except (StateProblem, StoreProblem) as problem:
        raise CannotRunError(plain(str(problem))) from problem
    try:
        identity, secure = _identity(state, hub, token, ca, insecure=insecure)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_watch(identity, state, ca, secure=secure))
    except HubURLInvalid as error:
        raise InputError(f"--hub: {plain(str(error))}") from error
    except (HubProblem, StateProblem, StoreProblem) as problem:
        raise CannotRunError(plain(str(problem))) from problem
    except (OSError, sqlite3.Error) as error:  # a disk that is full before there is a spool
        raise CannotRunError(f"{plain(str(state.path))}: {plain(str(error))}") from error
    except AgentRemovedError as error:
        raise _RemovedError(f"{plain(str(error))}; `ringback agent add` there") from error
    finally:
        lock.release()
    return 0


def _identity(
    state: StateFolder, hub: str | None, token: str | None, ca: Path | None, *, insecure: bool
) -> tuple[AgentIdentity, bool]:
    """Return who this agent is, and whether the way to its hub is safe; it may have to come."""
    from ringback.monitor.agent.client import HubClient, checked_urls, renamed  # noqa: PLC0415 - slow
    from ringback.monitor.web.settings import digest_of, is_loopback_host  # noqa: PLC0415 - slow

    known = state.identity()
    if known is None and not (hub and token):
        raise InputError(
            "this agent does not know its hub: `ringback agent add NAME` on the hub's machine "
            "prints the command to run here, with --hub and --token"
        )
    url = checked_urls(hub or (known.hub if known else ""), insecure=insecure)
    if token and (known is None or known.token != digest_of(token)):
        client = HubClient(url, ca=ca)
        known = client.enrol(token)
        client.close()
        state.keep_identity(known)
    assert known is not None
    if known.hub != url:
        known = renamed(known, url)
        state.keep_identity(known)
    ways = [urlsplit(hub_url) for hub_url in url.split(",")]
    is_safe = all(way.scheme == "https" or is_loopback_host(way.hostname or "") for way in ways)
    return known, is_safe


async def _watch(
    identity: AgentIdentity, state: StateFolder, ca: Path | None, *, secure: bool
) -> None:
    from ringback.monitor.agent.process import AgentProcess  # noqa: PLC0415 - slow to import

    process = AgentProcess(identity, state, ca=ca, secure=secure)
    task = asyncio.ensure_future(process.run(ready=_ready(identity)))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _ready(identity: AgentIdentity) -> Callable[[int], None]:
    def ready(endpoints: int) -> None:
        known = f" {counted(endpoints, 'endpoint')}" if endpoints else ""
        place = f"{plain(identity.name)} ({plain(identity.domain)})"
        click.echo(
            f"ringback agent {place} watches{known} for {plain(identity.hub)}; Ctrl-C ends it"
        )

    return ready


_ADD_HELP = """Await an agent at a further place; print the command to run there.

The token can be used once, within 15 minutes. Places with the same --domain fail together, such as
two in one network, and have one vote. For a NAME that is there already the agent gets a new key.

\b
Examples:
  ringback agent add tokyo --domain aws/ap-northeast-1
  ringback agent add office --hub https://hub.example.com
"""


@agent_command.command("add", help=_ADD_HELP)
@click.argument("name")
@click.option("--domain", help="What fails together with this place; default: NAME.")
@click.option("--hub", help="URL by which the agent reaches the hub; default: --url.")
@click.option("--json", "as_json", is_flag=True, help="Print the API's JSON.")
@monitor_options
def add_command(
    name: str, domain: str | None, hub: str | None, url: str, token: str | None, *, as_json: bool
) -> None:
    found = Remote(url, token).post("/agents", {"name": name, "domain": domain})
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"Run this at {plain(found['name'])}, within 15 minutes:")
    hub_url = plain((hub or url).rstrip("/"))
    click.echo(f"\n  ringback agent --hub {hub_url} --token {plain(found['token'])}\n")


_LIST_HELP = """Show the agents of a monitor.

\b
Examples:
  ringback agent list
  ringback agent list --json | jq -r '.[] | select(.state == "silent") | .name'

\b
Exit status:
  0  every agent is heard
  1  at least one is silent
  2  the monitor cannot be reached
"""


@agent_command.command("list", help=_LIST_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the API's JSON.")
@monitor_options
@click.pass_context
def list_command(context: click.Context, url: str, token: str | None, *, as_json: bool) -> None:
    agents = Remote(url, token).get("/agents")
    if as_json:
        click.echo(json.dumps(agents))
    else:
        _show(agents)
    context.exit(1 if any(agent["state"] == "silent" for agent in agents) else 0)


def _show(agents: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("agent", "domain", "state", "heard (UTC)", "endpoints", "waiting", "dropped"):
        table.add_column(title, overflow="fold")
    for agent in agents:
        health = agent["health"]
        numbers = (str(health.get(name, "")) for name in ("endpoints", "waiting", "dropped"))
        style = {"ok": "green", "silent": "bold red"}.get(agent["state"], "dim")
        table.add_row(
            plain(agent["name"]),
            plain(agent["domain"]),
            Text(agent["state"], style=style),
            short_time(agent["seen"]),
            *numbers,
        )
    screen = console()
    screen.print(table)
    screen.print(Text(counted(len(agents), "agent"), style="bold"))


_REMOVE_HELP = """Remove an agent: its key is void at once, and it ends with status 3.

\b
Examples:
  ringback agent remove tokyo
"""


@agent_command.command("remove", help=_REMOVE_HELP)
@click.argument("name")
@monitor_options
def remove_command(name: str, url: str, token: str | None) -> None:
    Remote(url, token).delete(f"/agents/{segment(name)}")
    click.echo(f"{plain(name)} is removed")
