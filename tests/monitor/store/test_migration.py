"""Databases of earlier and later versions and of other programs, with each engine."""

import importlib
import sqlite3
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from monitor.store.values import notice
from sqlalchemy import MetaData, create_engine

from ringback.monitor.store.interface import StoreCorrupt, StoreTooNew
from ringback.monitor.store.records import notice_json
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.monitor.store.sqlite.schema import MIGRATIONS
from ringback.monitor.store.tables import run_migrations

VERSION = {"sqlite": "alembic_version", "postgresql": "ringback_version"}
TABLES = {
    "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master",
    "postgresql": (
        "SELECT table_name, row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position),"
        " column_name, data_type, is_nullable, column_default, collation_name"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " UNION ALL"
        " SELECT indexdef, 0, '', '', '', '', '' FROM pg_indexes WHERE schemaname = 'public'"
    ),
}


@pytest.fixture
def database(engine):
    """The empty database of an engine, without what ringback knows of it."""
    place = str(engine.place).replace("postgresql:", "postgresql+psycopg:")
    made = create_engine(place if "://" in place else f"sqlite:///{place}")
    made.version = VERSION[made.name]
    yield made
    made.dispose()


def made_by(database, make, metadata):
    """Have tables made; return what describes them, and drop them."""
    with database.begin() as connection:
        make(connection)
        options = {"version_table": database.version}
        differs = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        tables = connection.exec_driver_sql(TABLES[database.name]).all()
        versions = connection.exec_driver_sql(f"SELECT * FROM {database.version}").all()
        every = MetaData()
        every.reflect(connection)
        every.drop_all(connection)
    return differs, {"".join("|".join(map(str, row)).split()) for row in tables}, versions


def test_the_migrations_lead_to_the_schema_and_a_new_database_is_the_same(database):
    package = database.name.replace("postgresql", "postgres")
    schema = importlib.import_module(f"ringback.monitor.store.{package}.schema")
    migrated = made_by(database, schema.upgrade_tables, schema.metadata)
    assert (migrated[0], migrated[2]) == ([], [(schema.SCHEMA_REVISION,)])
    assert made_by(database, schema.create_tables, schema.metadata) == migrated


def test_notices_of_the_first_version_are_told_of_and_still_sent(tmp_path):
    path = tmp_path / "ringback.db"
    with closing(sqlite3.connect(path)) as driver, driver:
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


def test_a_database_of_a_later_version_is_left_alone(engine, database):
    engine.open().close()
    with database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {database.version} SET version_num = '9999'")
        before = connection.exec_driver_sql(TABLES[database.name]).all()
    with pytest.raises(StoreTooNew, match=r"9999.*install that version"):
        engine.open()
    with pytest.raises(StoreTooNew, match="another version"):
        engine.reader()
    with database.begin() as connection:
        assert connection.exec_driver_sql(TABLES[database.name]).all() == before


def test_a_database_of_another_program_is_left_alone(engine, database):
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE incident (title text)")
        before = connection.exec_driver_sql(TABLES[database.name]).all()
    for use in (engine.open, engine.reader):
        with pytest.raises(StoreCorrupt, match=r"of another program|of ringback"):
            use()
    with database.begin() as connection:
        assert connection.exec_driver_sql(TABLES[database.name]).all() == before
