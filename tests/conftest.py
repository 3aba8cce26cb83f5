import socket

import pytest


@pytest.fixture
def unused_port():
    """A TCP port of 127.0.0.1 that refuses: bound, so that nobody else takes it, not listening."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
