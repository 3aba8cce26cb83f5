import pytest

from ringback.sink import listening


@pytest.fixture(autouse=True)
def _no_monitor(monkeypatch):
    monkeypatch.setattr(listening, "_MONITOR", [])
    monkeypatch.delenv(listening.URL_VARIABLE, raising=False)
    monkeypatch.delenv(listening.TOKEN_VARIABLE, raising=False)
