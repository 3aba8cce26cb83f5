"""A server that cannot be connected to is told of as requests does, and asked no more often."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import requests
import urllib3
from client.requests.fast.raw_server import OK
from client.requests.fast.stock import Stock

from ringback import Backoff, Policy, Session
from ringback.client.requests.fast import Unconnected
from ringback.client.urllib3 import connection
from ringback.retry import Timeout


@pytest.fixture
def silent():
    """A port that nobody listens at, until ``listen`` is called."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one


@pytest.fixture
def dials(monkeypatch):
    """How often somebody tried to connect."""
    seen, dial = [], connection.dial

    def counted(*args, **kwargs):
        seen.append(args)
        return dial(*args, **kwargs)

    monkeypatch.setattr(connection, "dial", counted)
    return seen


def url_of(sock, scheme="http"):
    return f"{scheme}://127.0.0.1:{sock.getsockname()[1]}/"


def policy(attempts=4):
    return Policy(attempts, Backoff(0.0), Timeout(30, 30), breaker=None, budget=None)


def failing(call, *args, **options):
    with pytest.raises((requests.RequestException, urllib3.exceptions.HTTPError)) as caught:
        call(*args, **options)
    return caught.value


def story(error):
    """The classes and texts of a chain, from the outermost on, and its arguments."""
    told = []
    while error is not None:
        told.append((type(error).__mro__[-5:], [type(argument) for argument in error.args]))
        error = error.__cause__ or error.__context__
    return told


def prepared(url):
    with requests.Session() as session:
        return session.prepare_request(requests.Request("GET", url))


def sent_once(adapter, url, **options):
    return adapter.send_once(prepared(url), timeout=(30, 30), **options)


def unconnected(adapter, url, **options):
    """The second try: the first one finds the pool."""
    failing(adapter.send, prepared(url), **options)
    end = sent_once(adapter, url, **options)
    assert isinstance(end, Unconnected)
    return end


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_each_attempt_connects_once(silent, dials, scheme):
    with Session(policy=policy()) as session:
        for count in (4, 8):
            error = failing(session.get, url_of(silent, scheme))
            assert len(dials) == count
            assert [attempt.kind for attempt in error.attempts] == ["tcp.refused"] * 4


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_is_raised_is_what_requests_raises(silent, scheme):
    with closing(Stock()) as adapter, requests.Session() as plain:
        error = failing(unconnected(adapter, url_of(silent, scheme)).raise_error)
        expected = failing(plain.get, url_of(silent, scheme))
    assert story(error) == story(expected)
    assert error.request.url == url_of(silent, scheme)


def test_telling_of_it_connects_to_nobody_and_sends_nothing_over_what_another_kept(silent):
    with closing(Stock()) as adapter, ThreadPoolExecutor() as threads:
        end = unconnected(adapter, url_of(silent))
        silent.listen()
        served = threads.submit(answer_one, silent)
        assert sent_once(adapter, url_of(silent)).content == b"ok"
        assert isinstance(failing(end.raise_error), requests.ConnectionError)
        with served.result() as peer:
            assert peer.recv(1000) == b""
        silent.settimeout(0.05)
        with pytest.raises(TimeoutError):
            silent.accept()


def answer_one(listener):
    peer, _ = listener.accept()
    assert peer.recv(1000).startswith(b"GET ")
    peer.sendall(OK)
    return peer
