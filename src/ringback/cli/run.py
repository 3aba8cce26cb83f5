"""The program: its commands, and how it ends."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import TYPE_CHECKING

import click

from ringback import __version__
from ringback.cli.group import Entry, LazyGroup
from ringback.cli.problem import Problem
from ringback.cli.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "explain": Entry("ringback.cli.explain:command", "Say what a traceback or log line means."),
    "kinds": Entry("ringback.cli.kinds:command", "List every kind of connection failure."),
    "diagnose": Entry("ringback.cli.diagnose:command", "Find what is wrong with a connection."),
    "compare": Entry("ringback.cli.compare:command", "Say what differs between machines."),
    "up": Entry("ringback.cli.monitor.up:command", "Watch endpoints, and tell what is wrong."),
    "status": Entry("ringback.cli.monitor.status:command", "Show every endpoint of a monitor."),
    "incidents": Entry("ringback.cli.monitor.incidents:command", "Show what is wrong, and why."),
    "ack": Entry("ringback.cli.monitor.ack:command", "Take an incident."),
    "silence": Entry("ringback.cli.monitor.silence:command", "Tell nobody for a while."),
    "backup": Entry("ringback.cli.monitor.backup:command", "Copy a monitor's database, whole."),
    "replay": Entry("ringback.cli.monitor.replay:command", "Make incidents of a log of checks."),
    "report": Entry("ringback.cli.monitor.sla:command", "Say how available endpoints were."),
    "history": Entry("ringback.cli.monitor.history:command", "Show what happened at an endpoint."),
    "export": Entry("ringback.cli.monitor.export:command", "Write checks or incidents to a file."),
    "run": Entry("ringback.cli.launch:command", "Run a program with ringback in it."),
    "init": Entry("ringback.cli.config.init:command", "Write a configuration to start with."),
    "check-config": Entry("ringback.cli.config.check:command", "Say what is wrong in one."),
    "notify-test": Entry("ringback.cli.notify_test:command", "See whether messages arrive."),
    "import": Entry("ringback.cli.config.importing:command", "Take over another tool's."),
    # The test kit lies above the command line; it is reached by name only.
    "lab": Entry("ringback.testing.command.lab:command", "Produce connection failures, for real."),
    "demo": Entry("ringback.testing.demo.command:command", "See it at work, in seconds."),
    "completion": Entry("ringback.cli.completion:command", "Print the completion for a shell."),
}
"""Every command: a new one is a line here and a module."""

_OUTPUT_LOST = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG})
"""What writing to a full or broken disk ends with."""
_EXAMPLES = """\b
Examples:
  python app.py 2>&1 | ringback explain
  ringback explain tcp.refused
  ringback demo
"""


@click.group(
    cls=LazyGroup,
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
)
@click.version_option(__version__, "-V", "--version", message="ringback %(version)s")
@click.pass_context
def ringback(context: click.Context) -> None:
    """What happens when a Python program's connection fails: the cause, and what to do."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


assert isinstance(ringback, LazyGroup)
ringback.entries = COMMANDS


def run(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status after running the program.

    What the user got wrong is one line on stderr, and status 2; a full disk is status 1.

    Args:
        arguments: What stands behind the program's name; the default is the process's own.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a narrow encoding must not be a traceback
            stream.reconfigure(errors="backslashreplace")
    try:
        status = ringback.main(words, prog_name="ringback", standalone_mode=False)
    except click.Abort:
        status = 130
    except click.ClickException as error:
        click.echo(f"ringback: {_line(error)}", err=True)
        status = error.exit_code if isinstance(error, Problem) else 2
    except OSError as error:
        if error.errno not in _OUTPUT_LOST:
            raise
        click.echo(f"ringback: the output cannot be written: {error.strerror}", err=True)
        status = 1
    _let_go_of_stdout()
    return status if isinstance(status, int) else 0


def _line(error: click.ClickException) -> str:
    message = plain(" ".join(error.format_message().split())).rstrip(".")
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return f"{message} (see {ctx.command_path} --help)" if ctx else message


def _let_go_of_stdout() -> None:
    """Flush, and let the interpreter's own flush at exit say nothing where nobody reads."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
