import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from monitor.store.engines import fresh_database
from sqlalchemy import create_engine

from ringback.monitor.store.postgres.schema import (
    SCHEMA_REVISION,
    create_tables,
    metadata,
    upgrade_tables,
)


@pytest.fixture
def made(server):
    """Has a database made by a function; gives what it is described by."""
    engines = []

    def make(by):
        url = fresh_database(server)
        engines.append(create_engine(url.replace("postgresql:", "postgresql+psycopg:")))
        with engines[-1].begin() as connection:
            by(connection)
            return (
                compare_metadata(_context(connection), metadata),
                connection.exec_driver_sql(COLUMNS).all(),
                connection.exec_driver_sql(INDEXES).all(),
                connection.exec_driver_sql("SELECT * FROM ringback_version").all(),
            )

    yield make
    for engine in engines:
        engine.dispose()


def _context(connection):
    return MigrationContext.configure(connection, opts={"version_table": "ringback_version"})


COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name"
    " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position"
)
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"


def test_the_migrations_lead_to_the_schema_and_a_new_database_is_the_same(made):
    migrated, created = made(upgrade_tables), made(create_tables)

    assert migrated[0] == []
    assert migrated == created
    assert migrated[3] == [(SCHEMA_REVISION,)]
