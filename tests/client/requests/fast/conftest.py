import pytest
import urllib3
from client.dial.conftest import c_library  # noqa: F401 - found by its name
from client.requests.fast.raw_server import RawServer

from ringback.client.requests.fast import sending


@pytest.fixture
def server():
    with RawServer() as one:
        yield one


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
