from __future__ import annotations

import pytest
import requests
from requests.adapters import HTTPAdapter

from ringback.client.urllib3 import PoolManager, Pools
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.http import closing


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
def manager(policy, events):
    """Makes managers that are cleared in the end."""
    made = []

    def make(cls=PoolManager, *args, **options):
        given = {"policy": policy, "sinks": [events.append], **options}
        made.append(cls(*args, **given))
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
