"""The database of a monitor, as commands read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ringback.cli.config.need import monitor_extra
from ringback.cli.problem import Problem, nearest
from ringback.cli.terminal import plain

if TYPE_CHECKING:
    from ringback.monitor.store.sqlite.reader import SQLiteReader

F = TypeVar("F", bound=Callable[..., Any])

DATABASE = Path("ringback.db")
"""Where a monitor keeps what it knows, unless it is told otherwise."""


def reading_from(function: F) -> F:
    """Give a command the option that says which database it reads.

    Args:
        function: The command; gets ``db``.
    """
    return click.option(
        "--db",
        type=click.Path(path_type=Path),
        default=DATABASE,
        show_default=True,
        help="The monitor's database; it may be running.",
    )(function)


@contextmanager
def opened_database(db: Path) -> Iterator[SQLiteReader]:
    """Give what reads a database; it is closed at the end.

    Args:
        db: Its path.

    Raises:
        Problem: It cannot be read.
    """
    with monitor_extra():
        from ringback.monitor.store.interface import StoreProblem  # noqa: PLC0415 - takes SQLAlchemy
        from ringback.monitor.store.sqlite.reader import SQLiteReader  # noqa: PLC0415 - as above
    try:
        reader = SQLiteReader(db)
        try:
            yield reader
        finally:
            reader.close()
    except StoreProblem as error:
        raise Problem(plain(str(error))) from error


def known_endpoint(reader: SQLiteReader, id_: str) -> str:
    """Return the id of an endpoint that the database knows.

    Args:
        reader: The database.
        id_: As it was written.

    Raises:
        Problem: It knows none.
    """
    known = reader.endpoints()
    if id_ in known:
        return id_
    raise Problem(f"no endpoint called {plain(id_)} is known{nearest(id_, known)}")


def a_time(text: str, now: float) -> float:
    """Return a time in seconds since 1970 UTC.

    Args:
        text: RFC 3339, a date, or how long ago.
        now: Seconds since 1970 UTC.

    Raises:
        Problem: It is none.
    """
    from ringback.monitor.export.availability import parse_time  # noqa: PLC0415 - loads the monitor

    try:
        return parse_time(text, now)
    except ValueError as error:
        raise Problem(plain(str(error))) from error
