"""The proxies of the environment are those that requests would take."""

import os
import socket
from urllib.parse import urlsplit

import pytest
from client.proxies.environ import environ
from hypothesis import example, given
from hypothesis import strategies as st
from requests.utils import get_environ_proxies, select_proxy, should_bypass_proxies

from ringback.client.proxies import Proxies
from ringback.client.proxies.settings import environment as read

PROXY = "http://proxy.test:3128"

as_today = pytest.mark.skipif(
    should_bypass_proxies("http://notexample.test/", "example.test"),
    reason="this requests takes the end of a name for a name below it",
)

_labels = st.sampled_from(["a", "b", "example", "test", "EXAMPLE", "co", "xn--bcher-kva"])
_names = st.lists(_labels, min_size=1, max_size=4).map(".".join)
_addresses = st.sampled_from(
    ["127.0.0.1", "10.1.2.3", "10.1.3.3", "192.168.0.1", "127.1", "1", "0x7f.1", "010.1.2.3"]
)
_six = st.sampled_from(["[::1]", "[::]", "[fe80::1]", "[2001:db8::12]", "[2001:db8::]"])
_hosts = st.one_of(_names, _names.map(lambda name: f"{name}."), _addresses, _six)
_ports = st.sampled_from(["", ":80", ":443", ":8080", ":"])
_urls = st.builds(
    "{}://{}{}/path".format, st.sampled_from(["http", "https", "HTTPS", "ftp"]), _hosts, _ports
)
_networks = st.builds(
    "{}/{}".format,
    st.one_of(_addresses, st.sampled_from(["10.1.0.0", "0.0.0.0", "x", ""])),
    st.sampled_from(["1", "8", "16", "24", "31", "32", "0", "33", "x", "", "8/8", "255.0.0.0"]),
)
_entries = st.one_of(
    _names,
    _names.map(lambda name: f".{name}"),
    _names.map(lambda name: f"..{name}."),
    _names.map(lambda name: f"*.{name}"),
    st.builds("{}{}".format, _names, _ports),
    _addresses,
    st.builds("{}{}".format, _addresses, _ports),
    _networks,
    _six,
    _six.map(lambda six: six.strip("[]")),
    st.sampled_from(["*", "", ".", " ", "a b", "\t", ":", "::", "2001:db8:"]),
)
_lists = st.builds(
    str.join, st.sampled_from([",", ", ", " , ", ",,"]), st.lists(_entries, max_size=4)
)
_exceptions = st.fixed_dictionaries(
    {}, optional={"no_proxy": _lists, "NO_PROXY": _lists, "No_Proxy": _lists}
)
_settings = st.sampled_from(["", PROXY, "http://user:pw@other.test:8080", "socks5h://s.test"])
_proxies = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("http_proxy", "HTTP_PROXY", "Https_Proxy", "https_proxy", "HTTP_proxy", "all_proxy"),
        _settings,
    )
    | {"REQUEST_METHOD": st.just("GET")},
)


def _is_ipv4(host):
    try:
        return bool(socket.inet_aton(host))
    except OSError:
        return False


def as_requests(url):
    """The proxy that requests takes; but an address with a port, which it does not know, counts."""
    parts = urlsplit(url)
    host = parts.hostname
    if parts.port and (":" in host or _is_ipv4(host)):
        listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
        shown = f"[{host}]" if ":" in host else host
        if f"{shown}:{parts.port}" in listed.replace(" ", "").split(","):
            return None
    return select_proxy(url, get_environ_proxies(url))


@as_today
@given(_urls, _exceptions)
@example("http://a.test/", {"no_proxy": "*"})
@example("http://a.test/", {"no_proxy": "*, b.test"})
@example("http://10.1.2.3/", {"no_proxy": "10.0.0.0/8"})
@example("http://a.test:8080/", {"no_proxy": "a.test:8080"})
@example("http://10.1.2.3:8080/", {"no_proxy": "10.1.2.3:8080"})
@example("http://[::1]:8080/", {"no_proxy": "b.test,[::1]:8080"})
@example("http://10.1.2.3:8081/", {"no_proxy": "10.1.2.3:8080,[::1]:8081"})
@example("http://a.test/", {"no_proxy": "", "NO_PROXY": "a.test"})
@example("http://notexample.test/", {"no_proxy": "example.test"})
def test_exceptions_are_those_of_requests(url, exceptions):
    with environ(all_proxy=PROXY, **exceptions):
        assert (Proxies().candidates(url) or (None,)) == (as_requests(url),)


@as_today
@given(_urls, _proxies, _exceptions)
def test_proxies_are_those_of_requests(url, proxies, exceptions):
    with environ(**proxies, **exceptions):
        assert (Proxies().candidates(url) or (None,)) == (as_requests(url),)


@given(_urls, _lists)
def test_own_exceptions_mean_the_same(url, exceptions):
    own = Proxies(PROXY, no_proxy=exceptions).candidates(url)
    with environ(all_proxy=PROXY, no_proxy=exceptions):
        assert own == Proxies().candidates(url)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "Http_Proxy", "no_proxy"])
def test_the_environment_is_read_again_when_it_changes(name):
    with environ(http_proxy=PROXY):
        before = read()
        os.environ[name] = "changed.test"
        assert read() is not before
