"""Which engine a store has: a file is SQLite's, a URL PostgreSQL's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.monitor.store.interface import Store, StoreRetention
    from ringback.monitor.store.reader import StoreReader


def is_url(place: Path | str) -> bool:
    return isinstance(place, str) and place.startswith(("postgresql://", "postgres://"))


def store_at(
    place: Path | str,
    *,
    retention: StoreRetention | None = None,
    beside: Path | None = None,
    standby: bool = False,
) -> Store:
    """Open the store in a file or at a URL, to write to it.

    ``standby``: where another process leads, open it nevertheless. ``beside`` is the file that was
    written before: with it an empty server is refused.
    """
    if is_url(place):
        from ringback.monitor.store.postgres.store import PostgresStore  # noqa: PLC0415 - an extra

        return PostgresStore(str(place), retention=retention, beside=beside, standby=standby)
    from ringback.monitor.store.sqlite import SQLiteStore  # noqa: PLC0415 - the other one is used

    return SQLiteStore(place, retention=retention)


def reader_at(place: Path | str) -> StoreReader:
    """Open the store in a file or at a URL, to read it."""
    if is_url(place):
        from ringback.monitor.store.postgres.reader import PostgresReader  # noqa: PLC0415 - as above

        return PostgresReader(str(place))
    from ringback.monitor.store.sqlite.reader import SQLiteReader  # noqa: PLC0415 - as above

    return SQLiteReader(place)


def backup(place: Path | str, target: Path) -> None:
    """Copy the store in a file to another one; of a server it says what does that."""
    if is_url(place):
        from ringback.monitor.store.postgres.store import no_backup  # noqa: PLC0415 - as above

        raise no_backup(target)
    from ringback.monitor.store.sqlite.database import copy_database  # noqa: PLC0415 - as above

    copy_database(Path(place), target)
