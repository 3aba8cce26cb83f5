import pytest
from monitor.running import Target
from monitor.store.engines import engine, postgres, server

__all__ = ["engine", "postgres", "server"]


@pytest.fixture
def target():
    service = Target()
    yield service
    service.close()
