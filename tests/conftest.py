import socket
import sys

import pytest


@pytest.fixture
def unused_port():
    """A TCP port of 127.0.0.1 that refuses: bound, so that nobody else takes it, not listening."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests():
    """Circuits and retry budgets belong to the process; ports are used again by other tests."""
    yield
    if origins := sys.modules.get("ringback.client.origins"):
        origins.forget()
    if giveup := sys.modules.get("ringback.client.giveup"):
        giveup.forget()
