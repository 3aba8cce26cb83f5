"""What to diagnose, taken from the text of a failure."""

from ringback.cli.problem import Problem
from ringback.cli.source import text_of
from ringback.cli.terminal import plain
from ringback.failure import explain


def target_in(name: str) -> str:
    """Return the target that a traceback or log names: its URL, else its host and port.

    Args:
        name: Path of a file, or ``-`` for standard input.

    Raises:
        Problem: It cannot be read, or names none.
    """
    target = explain(text_of(name)).target
    if target.url:
        return target.url
    if target.host and target.port:
        host = f"[{target.host}]" if ":" in target.host else target.host
        return f"{host}:{target.port}"
    where = "standard input" if name == "-" else plain(name)
    raise Problem(f"{where} names no URL and no host with a port; give the URL instead")
