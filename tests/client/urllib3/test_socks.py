from __future__ import annotations

import time

import pytest
import urllib3.exceptions
from urllib3.contrib.socks import SOCKSProxyManager

from ringback.client.deadline import within
from ringback.client.urllib3.socks import SocksPools
from ringback.client.wire import last_exchange
from ringback.testing.lab import FAULTS
from ringback.testing.lab.dns import answered_name
from ringback.testing.lab.resolver import resolving

HEALTHY = [name for name in FAULTS if name.startswith("ok:socks")]
FAILING = [
    name
    for name in FAULTS
    if name.startswith("proxy.")
    and "socks" in name
    and not name.endswith(("silent", "trickling_socks5"))
]


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


def failure(make, met):
    manager = make(met.proxies["http"], timeout=30, retries=False)
    with manager, pytest.raises(urllib3.exceptions.HTTPError) as caught:
        manager.request("GET", met.url)
    return caught.value


@pytest.mark.parametrize("name", FAILING)
def test_raises_what_plain_urllib3_raises(lab, name):
    met = lab.start(name)
    got, expected = failure(SocksPools, met), failure(SOCKSProxyManager, met)
    assert type(got) is type(expected)
    if "unreachable" not in name:
        assert str(got).partition(">")[2] == str(expected).partition(">")[2]
    assert last_exchange().sent == 0


@pytest.mark.parametrize("when", ["socks5_silent", "trickling_socks5"])
@pytest.mark.parametrize("limit", ["timeout", "deadline"])
def test_a_proxy_that_does_not_come_to_an_end_is_not_waited_for(lab, pools, when, limit):
    met = lab.start(f"proxy.no_response:{when}")
    manager = pools(SocksPools, met.proxies["http"])
    until = time.monotonic() + (0.1 if limit == "deadline" else 600)
    with within(until), pytest.raises(urllib3.exceptions.ConnectTimeoutError):
        manager.request("GET", met.url, timeout=600 if limit == "deadline" else 0.1)


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
