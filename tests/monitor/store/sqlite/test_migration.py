import contextlib
import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from monitor.store.values import notice
from sqlalchemy import create_engine

from ringback.monitor.store.interface import StoreCorrupt, StoreTooNew
from ringback.monitor.store.records import notice_json
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.monitor.store.sqlite.schema import (
    MIGRATIONS,
    SCHEMA_REVISION,
    create_tables,
    metadata,
    upgrade_tables,
)
from ringback.monitor.store.tables import run_migrations


def _tables(path):
    with contextlib.closing(sqlite3.connect(path)) as driver:
        rows = driver.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return {(*names, None if sql is None else "".join(sql.split())) for *names, sql in rows}


@pytest.fixture
def migrated(tmp_path):
    """A database that went through every revision."""
    path = tmp_path / "migrated.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade_tables(connection)
    yield path, engine
    engine.dispose()


def test_the_migrations_lead_to_the_schema(migrated):
    _, engine = migrated
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_new_database_is_what_the_migrations_lead_to(migrated, tmp_path):
    created = create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    with created.begin() as connection:
        create_tables(connection)
    created.dispose()

    path, _ = migrated
    assert _tables(tmp_path / "created.db") == _tables(path)
    for database in (path, tmp_path / "created.db"):
        with contextlib.closing(sqlite3.connect(database)) as driver:
            assert driver.execute("SELECT * FROM alembic_version").fetchall() == [
                (SCHEMA_REVISION,)
            ]


def test_notices_of_the_first_version_are_told_of_and_still_sent(tmp_path):
    path = tmp_path / "ringback.db"
    with contextlib.closing(sqlite3.connect(path)) as driver, driver:
        engine = create_engine("sqlite://", creator=lambda: driver)
        with engine.connect() as connection:
            run_migrations(connection, MIGRATIONS, to="0001")
        sent = notice()
        row = (sent.id, int(sent.at * 1e6), int(sent.at * 1e6), 0, "", notice_json(sent))
        driver.execute("INSERT INTO notice VALUES (?, ?, ?, NULL, ?, ?, ?)", row)

    store = SQLiteStore(path)
    (found,) = store.notified([sent.change.incident.id])
    assert (found.channel, found.what) == (sent.channel, sent.change.what)
    assert [queued.notice.id for queued in store.due(sent.at)] == [sent.id]
    store.close()


def test_a_database_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "ringback.db"
    SQLiteStore(path).close()
    driver = sqlite3.connect(path)
    driver.execute("UPDATE alembic_version SET version_num = '9999'")
    driver.commit()
    driver.close()
    before = path.read_bytes()

    with pytest.raises(StoreTooNew, match=r"9999.*install that version"):
        SQLiteStore(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "other.db"
    driver = sqlite3.connect(path)
    driver.execute("CREATE TABLE song (title)")
    driver.commit()
    driver.close()

    with pytest.raises(StoreCorrupt, match="not a database of ringback"):
        SQLiteStore(path)
