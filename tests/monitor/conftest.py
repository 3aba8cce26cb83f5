import contextlib

import pytest
from monitor.notify.conftest import receiver, second_receiver
from monitor.running import Monitor, Target
from monitor.store.engines import engine, postgres, server

__all__ = ["engine", "postgres", "receiver", "second_receiver", "server"]


@pytest.fixture
def target():
    service = Target()
    yield service
    service.close()


@pytest.fixture
def started(tmp_path):
    with contextlib.ExitStack() as stack:

        def start(*arguments):
            monitor = Monitor(tmp_path, *arguments)
            stack.callback(monitor.stop)
            return monitor

        yield start
