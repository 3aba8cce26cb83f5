"""The tables: those that are always there, and those of an hour, a day or a month."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    text,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from ringback.monitor.store.interface import StoreTooNew
from ringback.monitor.store.sqlite.database import foreign_database
from ringback.monitor.store.tables import (
    CHECK_COLUMNS,
    NOTICE_PARTS,
    REQUIRED_COLUMNS,
    TEXT_COLUMNS,
    run_migrations,
    span_stamp,
)

if TYPE_CHECKING:
    from ringback.monitor.store.sqlite.database import SQLiteDatabase


def _check_columns() -> list[Column[Any]]:
    return [
        Column(
            name,
            Text if name in TEXT_COLUMNS else Integer,
            nullable=name not in REQUIRED_COLUMNS,
        )
        for name in CHECK_COLUMNS
    ]


metadata = MetaData()
insert = sqlite_insert

strings = Table(
    "word",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    UniqueConstraint("text"),
)

certificate = Table(
    "certificate",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("not_after", Integer, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("key", Text, nullable=False),
    UniqueConstraint("key", "not_after", "issuer"),
)

hour = Table(
    "hour",
    metadata,
    Column("at", Integer, primary_key=True),
    Column("earliest", Integer, nullable=False),
    Column("sealed", Integer, nullable=False),
    Column("upto_endpoint", Integer, nullable=False, default=0),
    Column("upto_at", Integer, nullable=False, default=0),
)
"""The tables of raw checks. ``earliest``: the oldest check in it, which may be of an hour before.
``sealed``: 0 open, 1 being sealed up to and with that endpoint and time, 2 sealed."""

latest = Table("latest", metadata, *_check_columns(), PrimaryKeyConstraint("endpoint"))
"""The newest check of each endpoint among those that are sealed."""

transition = Table(
    "transition",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("endpoint", Text, nullable=False),
    Column("at", Integer, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("kind", Text),
    Index("transition_by_endpoint", "endpoint", "at"),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Text, primary_key=True),
    Column("opened_at", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("incident_by_time", "opened_at"),
    Index("incident_by_state", "state", "opened_at"),
)

member = Table(
    "member",
    metadata,
    Column("endpoint", Text, nullable=False),
    Column("incident", Text, nullable=False),
    PrimaryKeyConstraint("endpoint", "incident"),
    sqlite_with_rowid=False,
)

notice = Table(
    "notice",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("due", Integer),
    Column("ended", Integer),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("body", Text, nullable=False),
    *(Column(name, Text, server_default="", nullable=False) for name in NOTICE_PARTS),
    Index("notice_by_due", "due"),
    Index("notice_by_end", "ended"),
    Index("notice_by_incident", "incident"),
)
"""The outbox. ``due``: when it is tried next, ``NULL`` when it will not be. ``ended``: when it was
sent or given up."""

state = Table(
    "state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

progress = Table(
    "progress",
    metadata,
    Column("step", Text, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("endpoint", Integer, nullable=False),
)
"""How far each rollup is written: every span before ``at``, and of that span the endpoints up to
and with this one."""


@lru_cache(maxsize=8)
def open_table(at: int) -> Table:
    """Return the table that takes an hour's checks in the order in which they come."""
    number = Column("number", Integer, primary_key=True)
    name = f"check_{span_stamp('%Y%m%d%H', at)}"
    table = Table(name, MetaData(), number, *_check_columns())
    # Pages ask for what failed, and there is no other index: it costs only where something did.
    bad = text("up = 0")
    Index(f"{name}_failed", table.c.endpoint, table.c.at, sqlite_where=bad)
    return table


@lru_cache(maxsize=64)
def sealed_table(at: int) -> Table:
    """Return the table of an hour's checks in the order of their endpoints."""
    return _ordered_table(f"sealed_{span_stamp('%Y%m%d%H', at)}")


@lru_cache(maxsize=64)
def failed_table(name: str) -> Table:
    return _ordered_table(name)


def _ordered_table(name: str) -> Table:
    # The key comes first: SQLite 3.40's integrity_check takes the columns to stand as in the key.
    endpoint, at, *rest = _check_columns()
    return Table(
        name,
        MetaData(),
        endpoint,
        at,
        Column("number", Integer, nullable=False),
        *rest,
        PrimaryKeyConstraint("endpoint", "at", "number"),
        sqlite_with_rowid=False,
    )


@lru_cache(maxsize=64)
def rollup_table(name: str) -> Table:
    """Return a table of a rollup.

    That of five minutes is in the order of time, in which it is written; the others, written less
    often, are in the order of endpoints, in which they are read.
    """
    order = ("at", "endpoint") if name.startswith("rollup_5m") else ("endpoint", "at")
    return Table(
        name,
        MetaData(),
        *(Column(name, Integer, nullable=False) for name in (*order, "count", "bad", "unknown")),
        *(Column(name, Integer) for name in ("p50", "p95", "p99", *CHECK_COLUMNS[5:10])),
        Column("kinds", Text),
        Column("histograms", LargeBinary, nullable=False),
        PrimaryKeyConstraint(*order),
        sqlite_with_rowid=False,
    )


def put_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Write rows that are not there yet."""
    connection.execute(insert(table), rows)


def table_names(connection: Connection, first: str, last: str) -> list[str]:
    """Return the tables that there are from one name to another, in order."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name BETWEEN ? AND ?"
    return sorted(connection.exec_driver_sql(query, (first, last)).scalars())


SCHEMA_REVISION = "0002"  # The newest revision in `migrations/versions`

MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(database: SQLiteDatabase) -> None:
    """Bring an empty database, or one of an earlier version, to the newest revision."""
    with database.read() as connection:
        found = _revision(connection, database.path)
    if found == SCHEMA_REVISION:
        return
    if found is not None and found > SCHEMA_REVISION:
        raise StoreTooNew(
            f"{database.path}: it was written by a later version of ringback (schema {found}, this "
            f"one has {SCHEMA_REVISION}); install that version, or use another file"
        )
    with database.write(durable=True) as connection:
        if found is None:
            create_tables(connection)
        else:
            upgrade_tables(connection)


def _revision(connection: Connection, path: Path) -> str | None:
    if "alembic_version" in inspect(connection).get_table_names():
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return str(found) if found else None
    if inspect(connection).get_table_names():
        raise foreign_database(path)
    return None


def create_tables(connection: Connection) -> None:
    """Make the tables of this version in an empty database; Alembic would take seven megabytes."""
    metadata.create_all(connection)
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL,"
        " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (SCHEMA_REVISION,))


def upgrade_tables(connection: Connection) -> None:
    """Go through the revisions that are missing; from an empty database, through all."""
    run_migrations(connection, MIGRATIONS)
