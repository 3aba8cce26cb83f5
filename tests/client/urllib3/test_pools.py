from __future__ import annotations

import pytest
import urllib3
import urllib3.connectionpool
from urllib3.exceptions import EmptyPoolError

from ringback.client.urllib3 import ProxyPools, proxy_pools
from ringback.client.urllib3.socks import SocksPools
from ringback.client.wire import last_exchange
from ringback.retry import Timeout
from tests.requires import requires


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_class_in_the_place_of_urllib3s_is_used(pools, monkeypatch, scheme):
    """As a recorder of responses puts it there, before or after the pool was made."""
    stock = {
        "http": urllib3.connectionpool.HTTPConnectionPool,
        "https": urllib3.connectionpool.HTTPSConnectionPool,
    }[scheme]
    manager = pools()
    pool = manager.connection_from_url(f"{scheme}://localhost/")

    class Recorder(stock.ConnectionCls):
        pass

    with monkeypatch.context() as patched:
        patched.setattr(stock, "ConnectionCls", Recorder)
        assert type(pool._get_conn()) is Recorder
    assert type(pool._get_conn()) is not Recorder
    pool.ConnectionCls = Recorder
    assert type(pool._get_conn()) is Recorder


def test_the_wait_for_a_connection_has_a_timeout_of_its_own(lab, pools):
    met = lab.start("ok")
    manager = pools(maxsize=1, block=True, limits=Timeout(pool=0.05))
    held = manager.request("GET", met.url, preload_content=False)
    with held, pytest.raises(EmptyPoolError):
        manager.request("GET", met.url)


def test_a_connection_that_was_dropped_is_not_reused(lab, pools):
    met, manager = lab.start("ok"), pools()
    manager.request("GET", met.url, headers={"Connection": "close"})
    pool = manager.connection_from_url(met.url)
    kept = pool.pool.get()
    assert urllib3.util.wait_for_read(kept.sock, timeout=5)
    pool.pool.put(kept)
    manager.request("GET", met.url)
    assert not last_exchange().reused


@pytest.mark.parametrize("url", ["http://user:x@localhost:1/", "https://localhost:1"])
def test_a_proxy_that_speaks_http_has_its_headers(url):
    made = proxy_pools(url, username="", password="", headers={"A": "b"}, maxsize=3)
    assert isinstance(made, ProxyPools)
    assert made.proxy_headers["A"] == "b"


@pytest.mark.parametrize("url", ["socks5://localhost:1", "SOCKS4A://localhost:1"])
def test_a_proxy_that_speaks_socks_has_its_user(url):
    made = proxy_pools(url.lower(), username="u", password="p", headers={})
    assert isinstance(made, SocksPools)
    assert made.connection_pool_kw["_socks_options"]["username"] == "u"


@pytest.mark.parametrize("name", ["ok:proxy", "ok:proxy_tunnel"])
def test_a_request_through_a_proxy_is_known_as_one(lab, pools, name):
    requires("cryptography")
    met = lab.start(name)
    manager = pools(ProxyPools, met.proxies["http"], ca_certs=met.verify)
    assert manager.request("GET", met.url).status == 200
    assert last_exchange().proxied
    # What was said to the proxy to get the tunnel is none of the request.
    assert last_exchange().sent < 200
    assert last_exchange().sends == 1
