"""``ringback completion``: the script that completes the program's words in a shell."""

import click
from click.shell_completion import get_completion_class

_HELP = """Print the script that completes ringback's commands and options.

\b
Examples:
  eval "$(ringback completion bash)"       (in ~/.bashrc)
  eval "$(ringback completion zsh)"        (in ~/.zshrc)
  ringback completion fish > ~/.config/fish/completions/ringback.fish
"""


@click.command("completion", help=_HELP)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print click's own script for a shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    program = context.find_root().command
    # Not source(): for bash it starts a bash to ask for its version.
    script = kind(program, {}, "ringback", "_RINGBACK_COMPLETE")
    click.echo(script.source_template % script.source_vars())
