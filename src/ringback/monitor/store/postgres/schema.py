"""The tables: those that are always there, and those of an hour, a day or a month.

Every key begins with the shard, 0 for now, so that several leads may keep theirs side by side.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from ringback.monitor.store.aggregate import PHASES
from ringback.monitor.store.interface import StoreCorrupt, StoreTooNew
from ringback.monitor.store.tables import NOTICE_PARTS, REQUIRED_COLUMNS, run_migrations, span_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

insert = postgres_insert
metadata = MetaData()


def _shard() -> Column[int]:
    return Column("shard", SmallInteger, nullable=False, server_default=text("0"))


def _key() -> Any:
    return Text(collation="C")  # in the order of code points, as names are looked through


def _table(name: str, *columns: Any, key: tuple[str, ...]) -> Table:
    return Table(name, metadata, _shard(), *columns, PrimaryKeyConstraint("shard", *key))


strings = _table(
    "word",
    Column("number", Integer, nullable=False),
    Column("text", _key(), nullable=False),
    UniqueConstraint("shard", "text"),
    key=("number",),
)

certificate = _table(
    "certificate",
    Column("number", Integer, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("key", Text, nullable=False),
    UniqueConstraint("shard", "key", "not_after", "issuer"),
    key=("number",),
)

hour = _table(
    "hour",
    Column("at", BigInteger, nullable=False),
    Column("earliest", BigInteger, nullable=False),
    Column("sealed", SmallInteger, nullable=False),
    key=("at",),
)
"""The tables of raw checks. ``earliest``: the oldest check in it, which may be of an hour before.
``sealed``: 0 open, 2 sealed: it takes no more, and has an index by endpoint."""

_TYPES: dict[str, Any] = {
    # The wide ones come first: nothing is lost to alignment.
    "at": BigInteger,
    "seconds": BigInteger,
    "sequence": BigInteger,
    "endpoint": Integer,
    "kind": Integer,
    **dict.fromkeys(PHASES, Integer),
    "status": Integer,
    "address": Integer,
    "certificate": Integer,
    "vantage": Integer,
    "origin": SmallInteger,
    "up": Boolean,
    "detail": Text,
    "more": Text,
}
"""The columns of a check as they stand; ``sequence`` is an agent's, and empty for now."""


def _check_columns() -> list[Column[Any]]:
    typed = (
        Column(name, type_, nullable=name not in REQUIRED_COLUMNS) for name, type_ in _TYPES.items()
    )
    return [*typed, _shard()]


latest = Table("latest", metadata, *_check_columns(), PrimaryKeyConstraint("shard", "endpoint"))
"""The newest check of each endpoint among those that are sealed."""

transition = _table(
    "transition",
    Column("number", BigInteger, Identity(), nullable=False),
    Column("endpoint", _key(), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("kind", Text),
    key=("number",),
)
Index("transition_by_endpoint", *(transition.c[name] for name in ("shard", "endpoint", "at")))

incident = _table(
    "incident",
    Column("id", _key(), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", Text, nullable=False),
    key=("id",),
)
Index("incident_by_time", incident.c.shard, incident.c.opened_at)
Index("incident_by_state", incident.c.shard, incident.c.state, incident.c.opened_at)

member = _table(
    "member",
    Column("endpoint", _key(), nullable=False),
    Column("incident", _key(), nullable=False),
    key=("endpoint", "incident"),
)

notice = _table(
    "notice",
    Column("id", _key(), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("due", BigInteger),
    Column("ended", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("body", Text, nullable=False),
    *(Column(name, Text, server_default="", nullable=False) for name in NOTICE_PARTS),
    key=("id",),
)
"""The outbox. ``due``: when it is tried next, ``NULL`` when it will not be. ``ended``: when it was
sent or given up."""
Index("notice_by_due", notice.c.shard, notice.c.due)
Index("notice_by_end", notice.c.shard, notice.c.ended)
Index("notice_by_incident", notice.c.shard, notice.c.incident)

state = _table(
    "state",
    Column("name", _key(), nullable=False),
    Column("value", Text, nullable=False),
    key=("name",),
)
"""States that there is one of each."""

pack = _table(
    "pack",
    Column("number", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    key=("number",),
)
"""States of which there are many, many in a row; of a name the highest number counts."""

progress = _table(
    "progress",
    Column("step", _key(), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("endpoint", BigInteger, nullable=False),
    key=("step",),
)
"""How far each rollup is written: every span before ``at``, and of that span the keys up to and
with this one."""

writer = _table(
    "writer",
    Column("name", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    key=(),
)
"""Who writes, since it leads in this epoch, and how many transactions were committed; every
transaction that writes counts."""

lead = _table(
    "lead",
    Column("owner", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
    Column("locked", Boolean, nullable=False),
    key=(),
)
"""Who leads, where it is reached, and until when by the server's clock if it does not renew that.
``locked``: whether it holds the advisory lock, so that a free one proves its end. Not a part of
``writer``: a transaction that writes holds that row while it lasts, and no renewal may wait."""


@lru_cache(maxsize=8)
def open_table(at: int) -> Table:
    """Return the table that takes an hour's checks."""
    name = f"result_{span_stamp('%Y%m%d%H', at)}"
    table = Table(name, MetaData(), *_check_columns())
    Index(f"{name}_at", table.c.at, postgresql_using="brin")
    bad = table.c.up.is_(False)
    Index(f"{name}_failed", table.c.endpoint, table.c.at, postgresql_where=bad)
    return table


sealed_table = open_table


@lru_cache(maxsize=64)
def failed_table(name: str) -> Table:
    """Return the table of a month's failed checks, which are kept longer than the others."""
    table = Table(name, MetaData(), *_check_columns())
    Index(f"{name}_by_endpoint", table.c.shard, table.c.endpoint, table.c.at)
    return table


@lru_cache(maxsize=64)
def rollup_table(name: str) -> Table:
    """Return a table of a rollup.

    That of five minutes is in the order of time, in which it is written; the others, written less
    often, are in the order of endpoints, in which they are read.
    """
    order = ("at", "endpoint", "vantage") if name.startswith("rollup_5m") else _BY_ENDPOINT
    return Table(
        name,
        MetaData(),
        Column("at", BigInteger, nullable=False),
        *(Column(name, Integer, nullable=False) for name in _COUNTS),
        *(Column(name, BigInteger) for name in ("p50", "p95", "p99", *PHASES)),
        _shard(),
        Column("kinds", Text),
        Column("histograms", LargeBinary, nullable=False),
        PrimaryKeyConstraint("shard", *order),
    )


_BY_ENDPOINT = ("endpoint", "vantage", "at")
_COUNTS = ("endpoint", "vantage", "count", "bad", "unknown")


_COPIED_TYPES = {
    "BIGINT": "int8",
    "INTEGER": "int4",
    "SMALLINT": "int2",
    "BOOLEAN": "bool",
    "BLOB": "bytea",  # as SQLAlchemy writes it without an engine
}


def copy_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    types = [_COPIED_TYPES.get(str(table.c[name].type), "text") for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def put_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Write rows that are not there yet: by COPY, of which less is logged."""
    names = list(rows[0])
    copy_rows(connection, table, names, (tuple(row.values()) for row in rows))


def table_names(connection: Connection, first: str, last: str) -> list[str]:
    """Return the tables that there are from one name to another, in order."""
    found = connection.exec_driver_sql(_TABLE_NAMES, {"first": first, "last": last})
    return list(found.scalars())


_TABLE_NAMES = (
    "SELECT relname::text FROM pg_class WHERE relkind = 'r'"
    " AND relnamespace = current_schema()::regnamespace"
    " AND relname BETWEEN %(first)s AND %(last)s ORDER BY relname"
)

SCHEMA_REVISION = "0003"  # The newest revision in `migrations/versions`

MIGRATIONS = Path(__file__).with_name("migrations")

_VERSION = "ringback_version"  # The table that names the revision


def migrate(connection: Connection, label: str) -> None:
    """Bring an empty database, or one of an earlier version, to the newest revision."""
    found = revision(connection)
    if found == SCHEMA_REVISION:
        return
    if found is not None and found > SCHEMA_REVISION:
        raise StoreTooNew(
            f"{label}: it was written by a later version of ringback (schema {found}, this "
            f"one has {SCHEMA_REVISION}); install that version, or use another database"
        )
    if found is None:
        create_tables(connection)
    else:
        upgrade_tables(connection)


def revision(connection: Connection) -> str | None:
    """Return which revision a database has; ``None``: it holds nothing of ringback."""
    if not table_names(connection, _VERSION, _VERSION):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM ringback_version").scalar()
    return str(found) if found else None


def refuse_other(connection: Connection, label: str) -> None:
    """Raise for a database of another version, which is read only by whoever may migrate it."""
    found = revision(connection)
    if found is None:
        raise StoreCorrupt(f"{label}: it holds nothing of ringback; name the monitor's database")
    if found != SCHEMA_REVISION:
        raise StoreTooNew(
            f"{label}: it was written by another version of ringback (schema {found}, this "
            f"one has {SCHEMA_REVISION}); use that version, or let `ringback up` of this one open "
            "it first"
        )


def create_tables(connection: Connection) -> None:
    """Make the tables of this version in an empty database; Alembic would take seven megabytes."""
    metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(
        "CREATE TABLE ringback_version (version_num VARCHAR(32) NOT NULL,"
        " CONSTRAINT ringback_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(
        "INSERT INTO ringback_version VALUES (%(revision)s)", {"revision": SCHEMA_REVISION}
    )


def upgrade_tables(connection: Connection) -> None:
    """Go through the revisions that are missing; from an empty database, through all."""
    run_migrations(connection, MIGRATIONS, version_table=_VERSION)
