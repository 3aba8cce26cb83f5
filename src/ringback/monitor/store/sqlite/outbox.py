"""Notices that wait to be sent, and those that were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from ringback.monitor.store.document import notice_of, notice_text
from ringback.monitor.store.interface import Queued
from ringback.monitor.store.sqlite.schema import microseconds, notice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.incident.model import Notice


def put(connection: Connection, notices: Sequence[Notice]) -> None:
    """Queue notices; one whose id is there already is left as it is.

    Args:
        connection: In a transaction.
        notices: Due at once.
    """
    rows = [
        {
            "id": one.id,
            "at": microseconds(one.at),
            "due": microseconds(one.at),
            "attempts": 0,
            "error": "",
            "body": notice_text(one),
        }
        for one in notices
    ]
    if rows:
        connection.execute(insert(notice).prefix_with("OR IGNORE"), rows)


def due(connection: Connection, now: float, most: int) -> list[Queued]:
    """Return notices that are to be sent by now, oldest first.

    Args:
        connection: That reads.
        now: Seconds since 1970 UTC.
        most: How many.
    """
    query = (
        select(notice)
        .where(notice.c.due <= microseconds(now))
        .order_by(notice.c.due, notice.c.at, notice.c.id)
        .limit(most)
    )
    return [
        Queued(
            notice=notice_of(row.body), attempts=row.attempts, due=row.due / 1e6, error=row.error
        )
        for row in connection.execute(query)
    ]


def end(connection: Connection, id_: str, now: float, error: str) -> None:
    """Note that a notice is not tried again: it was sent, or given up.

    Args:
        connection: In a transaction.
        id_: Which.
        now: Seconds since 1970 UTC.
        error: Why it was given up; ``""``: it was sent.
    """
    _change(connection, id_, {"due": None, "ended": microseconds(now), "error": error})


def postpone(connection: Connection, id_: str, due_at: float, error: str) -> None:
    """Note that a notice is to be tried again.

    Args:
        connection: In a transaction.
        id_: Which; one that was ended stays so.
        due_at: When, in seconds since 1970 UTC.
        error: Why it could not be sent.
    """
    _change(connection, id_, {"due": microseconds(due_at), "error": error})


def _change(connection: Connection, id_: str, values: dict[str, Any]) -> None:
    waiting = notice.c.id == id_, notice.c.due.is_not(None)
    attempts = notice.c.attempts + 1
    connection.execute(update(notice).where(*waiting).values(attempts=attempts, **values))


def has_ended(connection: Connection, before: int) -> bool:
    """Return whether there are notices that ended long ago.

    Args:
        connection: That reads.
        before: Microseconds.
    """
    return (
        connection.scalar(select(notice.c.id).where(notice.c.ended < before).limit(1)) is not None
    )


def purge(connection: Connection, before: int, most: int) -> None:
    """Delete notices that ended long ago.

    Args:
        connection: In a transaction.
        before: Microseconds.
        most: How many at once.
    """
    old = select(notice.c.id).where(notice.c.ended < before).limit(most)
    connection.execute(delete(notice).where(notice.c.id.in_(old)))
