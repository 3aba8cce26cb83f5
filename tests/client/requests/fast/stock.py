"""Sessions to compare: ours, and the fast paths alone."""

from urllib3.util.wait import wait_for_read

from ringback import Policy, Session
from ringback.client.requests.fast import FastAdapter, FastPools, FastSession


class Stock(FastAdapter):
    """A fast adapter over fast pools, without any policy."""

    def init_poolmanager(self, connections, maxsize, block=False, **options):
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager = FastPools(connections, maxsize=maxsize, block=block, **options)


def stock():
    """A stock session with such an adapter."""
    session = FastSession()
    session.mount("http://", Stock())
    return session


def single(policy=None):
    return Session(policy=policy or Policy(attempts=1, breaker=None, budget=None), sinks=[])


def kept(make, server):
    """A session with a connection to the server."""
    session = make()
    session.trust_env = False
    assert session.get(f"{server.url}/first", timeout=5).content == b"ok"
    return session


def pool_of(session, server):
    return session.get_adapter(server.url).poolmanager.connection_from_url(server.url)


def notice(session, server):
    """Wait until the kept connections that the server has closed have noticed."""
    pools = session.get_adapter(server.url).poolmanager.pools
    with pools.lock:
        kept = [one for pool in vars(pools)["_container"].values() for one in pool.pool.queue]
    for connection in kept:
        sock = getattr(connection, "sock", None)
        if sock is not None and sock.getsockname() in server.closed:
            assert wait_for_read(sock, 60)
