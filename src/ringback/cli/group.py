"""A group whose commands are imported when they are called."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module

import click

from ringback.cli.problem import nearest

BROKEN_PIPE = 141
"""Exit status when nobody reads the output any more: 128 + SIGPIPE."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is, and what the list of commands says of it.

    Attributes:
        place: ``module:attribute``.
        summary: One line.
    """

    place: str
    summary: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, attribute = self.place.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


class LazyGroup(click.Group):
    """A group of entries; ``--help`` lists them without importing one."""

    entries: dict[str, Entry]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the registry.

        Args:
            ctx: As in click.
        """
        return list(self.entries)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command, or return ``None`` where there is none of this name.

        Args:
            ctx: As in click.
            cmd_name: Its name.
        """
        entry = self.entries.get(cmd_name)
        return entry.load() if entry else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the words call.

        Args:
            ctx: As in click.
            args: The words.

        Raises:
            click.UsageError: There is none; the message names the nearest.
        """
        if not ctx.resilient_parsing and args[0] not in self.entries and args[0][:1] != "-":
            hint = nearest(args[0], self.entries) or f"; there are {', '.join(self.entries)}"
            raise click.UsageError(f"no command called {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands from the registry.

        Args:
            ctx: As in click.
            formatter: Takes the text.
        """
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.entries.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a reader that has gone away (``| head``) ends it quietly.

        Args:
            ctx: As in click.
        """
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise click.exceptions.Exit(BROKEN_PIPE) from error
        return result
