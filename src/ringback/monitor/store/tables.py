"""What the tables of every engine have in common: their columns, units and names.

Times are integers: microseconds since 1970 UTC. A string (an endpoint's id, a kind, an address, a
vantage) stands in a check as a number. The tables of a span of time are dropped as a whole
when they are old, because to delete rows costs as much as to write them.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection, Table
    from sqlalchemy.sql.dml import Insert

    from ringback.monitor.store.interface import Step

SECOND = 1_000_000
HOUR = 3600 * SECOND
STEP_WIDTH: dict[Step, int] = {"5m": 300 * SECOND, "1h": HOUR, "1d": 24 * HOUR}
"""Microseconds of a bucket."""

CHECK_COLUMNS = (
    "endpoint", "at", "up", "kind", "seconds",
    "dns", "connect", "tls", "first_byte", "transfer",
    "status", "address", "certificate", "origin", "vantage", "detail", "more",
)  # fmt: skip
"""The columns of a check; durations in microseconds, what has no column as JSON in ``more``."""

NOTICE_PARTS = ("incident", "channel", "what")
"""What of a notice has a column beside its content, so that it is told without reading that."""

REQUIRED_COLUMNS = frozenset({"endpoint", "at", "origin"})
TEXT_COLUMNS = frozenset({"detail", "more"})


def microseconds(seconds: float) -> int:
    return round(seconds * 1e6)


_SPAN: dict[Step, str] = {"5m": "_%Y%m%d", "1h": "_%Y%m", "1d": ""}


def rollup_name(step: Step, at: int) -> str:
    """Return the name of the table of a rollup: of a day, of a month, or of all time."""
    return f"rollup_{step}{span_stamp(_SPAN[step], at)}"


def failed_name(at: int) -> str:
    """Return the name of the table of a month's failed checks, which are kept longer."""
    return f"failed_{span_stamp('%Y%m', at)}"


def day_of_table(name: str) -> int:
    day = time.strptime(name.rpartition("_")[2], "%Y%m%d")
    return calendar.timegm(day) * SECOND


def span_stamp(form: str, at: int) -> str:
    return time.strftime(form, time.gmtime(at // SECOND))


class ReadsDatabase(Protocol):
    """What gives connections that read."""

    def read(self) -> AbstractContextManager[Connection]:
        """Give a connection that reads, in a transaction: it sees one moment."""


class Database(ReadsDatabase, Protocol):
    """What gives connections; one of them writes."""

    def write(self, *, durable: bool = False) -> AbstractContextManager[Connection]:
        """Give the connection that writes, in a transaction: all of it is kept, or nothing."""


class Schema(Protocol):
    """An engine's module of tables."""

    strings: Table
    certificate: Table
    hour: Table
    latest: Table
    transition: Table
    incident: Table
    member: Table
    notice: Table
    state: Table
    progress: Table

    def insert(self, table: Table) -> Any:
        """Return an ``INSERT`` of this engine, which knows ``ON CONFLICT``."""

    def open_table(self, at: int) -> Table:
        """Return the table that takes an hour's checks in the order in which they come."""

    def sealed_table(self, at: int) -> Table:
        """Return the table of an hour that is over."""

    def rollup_table(self, name: str) -> Table:
        """Return a table of a rollup by its name."""

    def failed_table(self, name: str) -> Table:
        """Return a table of failed checks by its name."""

    def put_new(self, connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
        """Write rows that are not there yet."""

    def table_names(self, connection: Connection, first: str, last: str) -> list[str]:
        """Return the tables that there are from one name to another, in order."""


def of_shard(table: Table) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that keeps to this monitor's rows, where a table holds several's."""
    if "shard" in table.c:
        yield table.c.shard == 0


def replacing(schema: Schema, table: Table) -> Insert:
    """Return an ``INSERT`` that takes the place of a row with the same key."""
    statement = schema.insert(table)
    key = [column.name for column in table.primary_key]
    new = {c.name: statement.excluded[c.name] for c in table.c if c.name not in key}
    changed: Insert = statement.on_conflict_do_update(index_elements=key, set_=new)
    return changed


def run_migrations(
    connection: Connection, folder: Path, version_table: str = "alembic_version", to: str = "head"
) -> None:
    """Go through the revisions in a folder that are missing, up to one."""
    from alembic import command  # noqa: PLC0415 - a database up to date starts without it
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = version_table
    command.upgrade(config, to)
