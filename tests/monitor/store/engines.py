"""The engines that the contract of the store is held against, and a PostgreSQL for them."""

import itertools

import pytest
from monitor.store.server import running_server

from ringback.monitor.store.opening import reader_at, store_at


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL for the tests of one process."""
    # What is kept need not survive the loss of power here.
    cheap = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "jit": "off"}
    with running_server(**cheap, max_connections="60") as running:
        yield running


@pytest.fixture
def postgres(server):
    """The URL of an empty database."""
    url = server.empty.pop() if server.empty else fresh_database(server)
    yield url
    empty(server, url)


class Engine:
    """A store that is empty, in a file or at a URL."""

    def __init__(self, place):
        self.place = place

    def open(self, **options):
        return store_at(self.place, **options)

    def reader(self):
        return reader_at(self.place)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request, tmp_path):
    """Each engine."""
    if request.param == "sqlite":
        return Engine(tmp_path / "ringback.db")
    return Engine(request.getfixturevalue("postgres"))


_numbers = itertools.count(1)


def fresh_database(server):
    """Return the URL of a new and empty database."""
    name = f"db{next(_numbers)}"
    server.admin(f"CREATE DATABASE {name}")
    return server.url(name)


def empty(server, url):
    """Have nothing left in a database, and let another test use it: a new one takes longer."""
    server.admin(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid();"
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
        database_of(url),
    )
    server.empty.append(url)


def database_of(url):
    """Return the name of the database of a URL."""
    return url.partition("postgresql:///")[2].partition("?")[0]
