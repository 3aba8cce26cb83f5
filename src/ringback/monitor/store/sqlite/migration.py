"""A database brought to the schema of this version of ringback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from ringback.monitor.store.problem import StoreTooNew
from ringback.monitor.store.sqlite.schema import metadata
from ringback.monitor.store.sqlite.trouble import not_ours

if TYPE_CHECKING:
    from ringback.monitor.store.sqlite.database import Database

HEAD = "0001"
"""The newest revision in ``migrations/versions``."""

HOME = Path(__file__).with_name("migrations")


def migrate(database: Database) -> None:
    """Bring a database to the newest revision; what is there already is left alone.

    Args:
        database: An empty one, or one of this or an earlier version.

    Raises:
        StoreTooNew: A later version wrote it.
        StoreCorrupt: It is somebody else's database.
        StoreProblem: It cannot be read or written.
    """
    with database.read() as connection:
        found = _revision(connection, database.path)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise StoreTooNew(
            f"{database.path}: a later version of ringback wrote it (schema {found}, this one has"
            f" {HEAD}); install that version, or name another file"
        )
    with database.write(durable=True) as connection:
        if found is None:
            create(connection)
        else:
            upgrade(connection)


def _revision(connection: Connection, path: Path) -> str | None:
    if "alembic_version" in inspect(connection).get_table_names():
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return str(found) if found else None
    if inspect(connection).get_table_names():
        raise not_ours(path)
    return None


def create(connection: Connection) -> None:
    """Make the tables of this version in an empty database; Alembic would take seven megabytes.

    Args:
        connection: In a transaction.
    """
    metadata.create_all(connection)
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL,"
        " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))


def upgrade(connection: Connection) -> None:
    """Go through the revisions that are missing; from an empty database, through all.

    Args:
        connection: In a transaction.
    """
    from alembic import command  # noqa: PLC0415 - a database up to date starts without it
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(HOME).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
