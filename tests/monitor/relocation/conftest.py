import contextlib
import socket

import pytest

from ringback.monitor.relocation import fingerprint


@pytest.fixture
def free_ports():
    """Gives ports of 127.0.0.1 in a row that refuse; another process is given others meanwhile."""
    with contextlib.ExitStack() as held:

        def given(count):
            for start in range(20_000, 32_000, 16):
                with contextlib.ExitStack() as row, contextlib.suppress(OSError):
                    for port in range(start, start + count):
                        one = row.enter_context(socket.socket())
                        one.bind(("127.0.0.1", port))
                        # From now on servers of the test may listen there beside it.
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    held.enter_context(row.pop_all())
                    return start
            raise AssertionError("no ports are free")

        yield given


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch):
    """A machine that stands still for a second says nothing of a service."""
    monkeypatch.setattr(fingerprint, "CONNECT_TIMEOUT", 20.0)
    monkeypatch.setattr(fingerprint, "BANNER_TIMEOUT", 1.5)
