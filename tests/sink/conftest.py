from threading import Event

import pytest

from ringback.event import listen
from ringback.sink import listening


@pytest.fixture
def patient(monkeypatch):
    """Callers wait until whoever is quick has been told, however busy the machine is."""
    monkeypatch.setattr(listen, "POST_TIMEOUT", 60.0)


@pytest.fixture(autouse=True)
def _no_monitor(monkeypatch):
    monkeypatch.setattr(listening, "_MONITOR", [])
    monkeypatch.delenv(listening.URL_VARIABLE, raising=False)
    monkeypatch.delenv(listening.TOKEN_VARIABLE, raising=False)


class Hanging:
    """Hangs from the first call on until it is freed, and remembers what it was called with."""

    def __init__(self):
        self.called, self.free, self.heard = Event(), Event(), []

    def __call__(self, value):
        self.called.set()
        self.free.wait()
        self.heard.append(value)


@pytest.fixture
def hanging():
    one = Hanging()
    yield one
    one.free.set()
