from __future__ import annotations

import pytest
import urllib3.exceptions

from ringback.client.urllib3.socks import SocksPools
from ringback.client.wire import last_exchange
from ringback.testing.lab import FAULTS
from ringback.testing.lab.dns import answered_name
from ringback.testing.lab.resolver import resolving

HEALTHY = [name for name in FAULTS if name.startswith("ok:socks")]


@pytest.mark.parametrize("name", HEALTHY)
def test_a_request_gets_through(lab, pools, name):
    met = lab.start(name)
    manager = pools(SocksPools, met.proxies["http"])
    for reused in (False, True):
        assert manager.request("GET", met.url).status == 200
        assert (last_exchange().proxied, last_exchange().reused) == (True, reused)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "socks4a"])
def test_a_name_is_resolved_here_or_there(lab, pools, scheme):
    """The lab's names exist for this process only: the proxy could not resolve them."""
    met = answered_name(lab, "ok")
    proxy = lab.start("ok:socks4" if "4" in scheme else "ok:socks5")
    manager = pools(SocksPools, f"{scheme}://{proxy.host}:{proxy.port}")
    here = met.url if scheme in {"socks5", "socks4"} else f"http://localhost:{met.port}/"
    with resolving(met.nameserver):
        assert manager.request("GET", here).status == 200


def test_a_name_that_does_not_exist_is_said_to_be_one(lab, pools):
    met = lab.start("dns.name_not_resolved")
    proxy = lab.start("ok:socks5")
    manager = pools(SocksPools, proxy.proxies["http"])
    with resolving(met.nameserver), pytest.raises(urllib3.exceptions.NewConnectionError):
        manager.request("GET", met.url)


def test_a_name_is_resolved_only_once_the_proxy_has_answered(lab, pools):
    met, proxy = lab.start("dns.name_not_resolved"), lab.start("proxy.auth_required:socks5")
    manager = pools(SocksPools, f"socks5://{proxy.host}:{proxy.port}")
    with resolving(met.nameserver), pytest.raises(urllib3.exceptions.NewConnectionError) as caught:
        manager.request("GET", met.url)
    assert "authentication" in str(caught.value)
