"""What the monitor's commands need."""

from collections.abc import Iterator
from contextlib import contextmanager

from ringback.cli.problem import Problem


@contextmanager
def monitor_extra() -> Iterator[None]:
    """Say in one line how to install what an import inside lacks.

    Raises:
        Problem: A library of the extra ``monitor`` is not installed.
    """
    try:
        yield
    except ImportError as error:
        lacking = f"this needs {error.name}" if error.name else str(error)
        hint = "" if "ringback[" in lacking else ": pip install 'ringback[monitor]'"
        raise Problem(f"{lacking}{hint}") from error
