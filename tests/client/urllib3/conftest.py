from __future__ import annotations

import pytest
import requests
from requests.adapters import HTTPAdapter

from ringback import Backoff, Policy, Timeout
from ringback.client.urllib3 import PoolManager, Pools
from ringback.testing.lab import Lab
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.http import closing


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


@pytest.fixture
def pools():
    """Makes pool managers that are cleared in the end."""
    made = []

    def make(cls=Pools, *args, **options):
        made.append(cls(*args, timeout=30, retries=False, **options))
        return made[-1]

    yield make
    for manager in made:
        manager.clear()


@pytest.fixture
def events():
    return []


@pytest.fixture
def quick():
    """Three attempts without a wait; limits of time are for the tests that are about them."""
    return Policy(backoff=Backoff(base=0), timeout=Timeout(connect=30, read=30))


@pytest.fixture
def manager(quick, events):
    """Makes managers that are cleared in the end."""
    made = []

    def make(cls=PoolManager, *args, policy=None, **options):
        made.append(cls(*args, policy=policy or quick, sinks=[events.append], **options))
        return made[-1]

    yield make
    for manager in made:
        manager.clear()


@pytest.fixture
def serving(lab):
    """Starts a server that reads a request, sends bytes, and ends the connection.

    How: with a FIN; over TLS with close_notify (``tls``) or without (``tls, cut``).
    """

    def start(data, how="tcp"):
        def notifying(connection):
            connection.read_request()
            connection.send(data)

        if how == "tcp":
            return lab.listen(closing(data))
        return secured(handler=closing(data) if how == "tls, cut" else notifying)(lab)

    return start


class Mounted(HTTPAdapter):
    """Requests' own adapter over our pools."""

    def init_poolmanager(self, connections, maxsize, block=False, **options):
        self.poolmanager = Pools(connections, maxsize=maxsize, block=block, **options)


@pytest.fixture
def session():
    with requests.Session() as one:
        one.trust_env = False
        one.mount("http://", Mounted())
        one.mount("https://", Mounted())
        yield one
