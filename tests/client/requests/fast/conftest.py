import pytest
import urllib3
from client.requests.fast.raw_server import RawServer

from ringback.client.requests.fast import connection, guard, request, response, sending
from ringback.client.requests.fast.guard import KnownCode, PatchGuard

GUARDS = {
    name: value
    for module in (connection, request, response, sending)
    for name, value in vars(module).items()
    if isinstance(value, PatchGuard)
}


@pytest.fixture(autouse=True)
def tried(monkeypatch):
    """Tries the fast path with whatever is installed, as if it were known.

    So one learns whether a new release may be added to the table; that nothing else is taken for
    known is what `test_fingerprints.py` shows.
    """
    everything = KnownCode(frozenset(guard.known_fingerprints()), libraries=True)
    monkeypatch.setattr(guard, "_known_code", everything)
    monkeypatch.setattr(guard, "on", True)
    for watching in GUARDS.values():
        monkeypatch.setattr(watching, "_known", True)


@pytest.fixture
def server(lab):
    return RawServer(lab)


@pytest.fixture
def taken(monkeypatch):
    """The ways that requests took: ``True`` is the direct one."""
    ways, sent = [], sending.answered_directly

    def noted(*args):
        answer = sent(*args)
        ways.append(isinstance(answer, urllib3.HTTPResponse))
        return answer

    monkeypatch.setattr(sending, "answered_directly", noted)
    return ways
