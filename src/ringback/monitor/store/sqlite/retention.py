"""What is old is dropped, a table at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from ringback.monitor.store.sqlite import outbox, schema
from ringback.monitor.store.sqlite.raw import SEALED
from ringback.monitor.store.sqlite.schema import HOUR, hour, microseconds, names

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ringback.monitor.store.sqlite.database import Database

_HOUR = 3600.0
_DAY = 24 * _HOUR
_NOTICES = 500
"""Notices that are deleted at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is kept, in seconds; incidents, transitions and the days' rollup for ever.

    Attributes:
        checks: Every check.
        failed: Failed checks with their details, a bounded number of each endpoint and hour.
        five_minutes: The rollup of five minutes.
        hours: The rollup of hours.
        notices: Notices that were sent or given up, so that none is sent twice.
    """

    checks: float = 48 * _HOUR
    failed: float = 400 * _DAY
    five_minutes: float = 7 * _DAY
    hours: float = 400 * _DAY
    notices: float = 90 * _DAY


def drop(database: Database, retention: Retention, now: float) -> bool:
    """Drop one table that is old, or delete some old notices; return whether there was something.

    Args:
        database: Where they are.
        retention: How long what is kept.
        now: Seconds since 1970 UTC.
    """
    with database.read() as connection:
        at = _old_hour(connection, microseconds(now - retention.checks))
        name = _old_table(connection, retention, now)
        before = microseconds(now - retention.notices)
        if at is None and name is None and not outbox.has_ended(connection, before):
            return False
    with database.write() as connection:
        if at is not None:
            schema.sealed_of(at).drop(connection)
            connection.execute(delete(hour).where(hour.c.at == at))
        elif name is not None:
            connection.exec_driver_sql(f"DROP TABLE {name}")
        else:
            outbox.purge(connection, before, _NOTICES)
    return True


def _old_hour(connection: Connection, before: int) -> int | None:
    old = select(hour.c.at).where(hour.c.sealed == SEALED, hour.c.at + HOUR <= before)
    return connection.scalar(old.order_by(hour.c.at).limit(1))


def _old_table(connection: Connection, retention: Retention, now: float) -> str | None:
    for first, kept in (
        (schema.rollup_of("5m", microseconds(now - retention.five_minutes)).name, "rollup_5m_"),
        (schema.rollup_of("1h", microseconds(now - retention.hours)).name, "rollup_1h_"),
        (schema.failed_of(microseconds(now - retention.failed)).name, "failed_"),
    ):
        old = [name for name in names(connection, kept, first) if name < first]
        if old:
            return old[0]
    return None
