import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from ringback.monitor.store.problem import StoreCorrupt, StoreTooNew
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.monitor.store.sqlite.migration import HEAD, HOME
from ringback.monitor.store.sqlite.schema import metadata


def test_the_migrations_lead_to_the_schema(tmp_path):
    path = tmp_path / "ringback.db"
    SQLiteStore(path).close()

    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_head_is_the_newest_revision():
    newest = max(HOME.glob("versions/*.py"))

    assert newest.name.partition("_")[0] == HEAD


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

    with pytest.raises(StoreCorrupt, match="not one of ringback's"):
        SQLiteStore(path)
