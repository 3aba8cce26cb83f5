"""The program: its commands, each imported when it is called, and how it ends."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from ringback import __version__
from ringback.cli.input import InputError, nearest
from ringback.cli.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Sequence


BROKEN_PIPE = 141
"""Exit status when nobody reads the output any more: 128 + SIGPIPE."""


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """Where a command is, and what the list of commands says of it."""

    module: str  # Below `ringback`; it defines `NAME_command`
    summary: str  # One line


class LazyGroup(click.Group):
    """A group of entries; ``--help`` lists them without importing one."""

    entries: dict[str, CommandEntry]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the registry."""
        return list(self.entries)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command, or return ``None`` where there is none of this name."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"ringback.{entry.module}")
        command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the words call."""
        if "://" in args[0] and args[0] not in self.entries:
            args = ["diagnose", *args]
        if not ctx.resilient_parsing and args[0] not in self.entries and args[0][:1] != "-":
            hint = nearest(args[0], self.entries) or f"; there are {', '.join(self.entries)}"
            raise click.UsageError(f"no command called {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands from the registry."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.entries.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a reader that has gone away (``| head``) ends it quietly."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise click.exceptions.Exit(BROKEN_PIPE) from error
        return result


COMMANDS = {
    "explain": CommandEntry("cli.explain", "Explain a traceback or log line."),
    "kinds": CommandEntry("cli.kinds", "List every kind of connection failure."),
    "diagnose": CommandEntry("cli.diagnose", "Find the root cause of a failed connection."),
    "compare": CommandEntry("cli.compare", "Compare the diagnoses of several machines."),
    "up": CommandEntry("cli.monitor.up", "Run the monitor: watch endpoints and notify."),
    "agent": CommandEntry("cli.monitor.agent", "Check from a further place for a monitor."),
    "status": CommandEntry("cli.monitor.status", "Show every endpoint of a running monitor."),
    "incidents": CommandEntry("cli.monitor.status", "Show incidents and their causes."),
    "ack": CommandEntry("cli.monitor.status", "Acknowledge an incident."),
    "silence": CommandEntry("cli.monitor.status", "Mute notifications."),
    "backup": CommandEntry("cli.monitor.database", "Copy a monitor's database."),
    "store": CommandEntry("cli.monitor.store", "Copy a monitor's database to PostgreSQL."),
    "replay": CommandEntry(
        "cli.monitor.replay", "Show the incidents a log of checks would have caused."
    ),
    "report": CommandEntry("cli.monitor.history", "Report the availability of endpoints by month."),
    "history": CommandEntry("cli.monitor.history", "Show what happened at an endpoint."),
    "export": CommandEntry("cli.monitor.database", "Export checks or incidents to a file."),
    "get": CommandEntry("cli.get", "Download a file, going on where it breaks off."),
    "run": CommandEntry("cli.launch", "Run a Python program with ringback in it."),
    "init": CommandEntry("cli.config", "Write a configuration to start with."),
    "check-config": CommandEntry("cli.config", "Validate a configuration."),
    "notify-test": CommandEntry("cli.config", "Send a test notification."),
    "import": CommandEntry("cli.config", "Import another tool's configuration."),
    "mcp": CommandEntry("cli.mcp", "Offer these tools to an assistant (MCP)."),
    # The test kit lies above the command line; it is reached by name only.
    "lab": CommandEntry("testing.command.lab", "Produce connection failures for real."),
    "demo": CommandEntry("testing.demo.command", "Show ringback at work, in seconds."),
    "completion": CommandEntry("cli.run", "Print the shell completion script."),
}
"""Every command: a new one is a line here and a module."""

_WRITE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG})
"""What writing to a full or broken disk ends with."""
_EXAMPLES = """\b
Examples:
  python app.py 2>&1 | ringback explain
  ringback explain "[Errno 111] Connection refused"
  ringback https://api.example.com
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
    """Explain failed connections, find their root cause, and watch endpoints."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


assert isinstance(ringback, LazyGroup)
ringback.entries = COMMANDS


def run_command_line(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status after running the program.

    What the user got wrong, and what is not installed, is one line on stderr, and status 2; a full
    disk is status 1.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a narrow encoding must not be a traceback
            stream.reconfigure(errors="backslashreplace")
    try:
        status = ringback.main(words, prog_name="ringback", standalone_mode=False)
    except click.Abort as end:
        status = _aborted(end)
    except click.ClickException as error:
        click.echo(f"ringback: {_line(error)}", err=True)
        status = error.exit_code if isinstance(error, InputError) else 2
    except ImportError as error:
        click.echo(f"ringback: {_lacking(error)}", err=True)
        status = 2
    except OSError as error:
        if error.errno not in _WRITE_ERRORS:
            raise
        click.echo(f"ringback: the output cannot be written: {error.strerror}", err=True)
        status = 1
    _flush_stdout()
    return status if isinstance(status, int) else 0


def _aborted(end: click.Abort) -> int:
    """Say what ended it, but for Ctrl-C: what click takes for the end of an input.

    Nothing is asked for here. A disk was full when Python wrote what it has compiled.
    """
    if not isinstance(end.__cause__, EOFError):
        return 130
    damaged = "a compiled module of this Python is damaged: remove the folders __pycache__"
    click.echo(f"ringback: {damaged} ({end.__cause__})", err=True)
    return 1


def _lacking(error: ImportError) -> str:
    """What to install; raises again where what lacks is ringback's own."""
    if "pip install" in str(error):
        return str(error)
    if not error.name or error.name.partition(".")[0] == "ringback":
        raise error
    return f"this needs {error.name}: pip install 'ringback[monitor]'"


def _line(error: click.ClickException) -> str:
    message = plain(" ".join(error.format_message().split())).rstrip(".")
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return f"{message} (see {ctx.command_path} --help)" if ctx else message


def _flush_stdout() -> None:
    """Flush, and let the interpreter's own flush at exit say nothing where nobody reads."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_COMPLETION_HELP = """Print the script that completes ringback's commands and options.

\b
Examples:
  eval "$(ringback completion bash)"       (in ~/.bashrc)
  eval "$(ringback completion zsh)"        (in ~/.zshrc)
  ringback completion fish > ~/.config/fish/completions/ringback.fish
"""


@click.command("completion", help=_COMPLETION_HELP)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print click's own script for a shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    program = context.find_root().command
    # Not source(): for bash it starts a bash to ask for its version.
    script = kind(program, {}, "ringback", "_RINGBACK_COMPLETE")
    click.echo(script.source_template % script.source_vars())
