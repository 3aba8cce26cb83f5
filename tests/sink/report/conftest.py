import pytest

from ringback.sink import listening


@pytest.fixture(autouse=True)
def _no_monitor(monkeypatch):
    monkeypatch.setattr(listening, "_MONITOR", [])
    monkeypatch.delenv(listening.URL, raising=False)
    monkeypatch.delenv(listening.TOKEN, raising=False)
