"""Settings are merged as requests merges them; a change of the environment is never missed."""

from __future__ import annotations

import os
from collections import OrderedDict

import requests
from client.requests.fast.variables import only
from hypothesis import given
from hypothesis import strategies as st

from ringback.client.requests.fast import FastSession, request
from ringback.client.requests.fast.request import plain_url

URL = "http://example.com/"
PROXIES = ["", "http://proxy.example:3128", "proxy.example:3128", "socks5://proxy.example"]
OF_PROXIES = [
    *("http_proxy", "HTTP_PROXY", "Http_Proxy", "HTTP_proxy", "https_proxy", "ALL_PROXY"),
    *("all_proxy", "odd_proxy", "_PROXY", "HTTP_PROXY_", "xhttp_proxy"),
]
VARIABLES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(OF_PROXIES, st.sampled_from(PROXIES)),
        "no_proxy": st.sampled_from(["", "*", "example.com", ".com, x", "10.0.0.0/8", "h:8080"]),
        "NO_PROXY": st.sampled_from(["", "*", "example.org"]),
        "REQUEST_METHOD": st.just("GET"),
        "REQUESTS_CA_BUNDLE": st.sampled_from(["", "/one.pem"]),
        "CURL_CA_BUNDLE": st.sampled_from(["", "/two.pem"]),
    },
)
URLS = st.sampled_from(
    [URL, "https://example.com/a?b", "http://h:8080/", "http://10.1.2.3/", "http://[::1]:8/"]
)
OWN = st.fixed_dictionaries(
    {
        "proxies": st.sampled_from([{}, {"http": "http://own.example:1"}, {"no_proxy": "*"}, None]),
        "stream": st.sampled_from([None, True, False]),
        "verify": st.sampled_from([None, True, False, "/own.pem"]),
        "cert": st.sampled_from([None, "/cert.pem", ("/cert.pem", "/key.pem")]),
    }
)
SESSION = st.fixed_dictionaries(
    {},
    optional={
        "proxies": st.sampled_from([None, {"all": "http://session.example:2", "ftp": None}]),
        "stream": st.sampled_from([None, True]),
        "verify": st.sampled_from([None, False, "/session.pem"]),
        "cert": st.just("/session.cert"),
        "trust_env": st.booleans(),
    },
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*OF_PROXIES, "no_proxy", "http://example.com_proxy", "REQUEST_METHOD"]),
        st.sampled_from([None, "", "http://a.example:1", "http://b.example:2", "*"]),
    ),
    max_size=8,
)


def merged(session, url, own, of_session):
    vars(session).update(of_session)
    given_proxies = None if own["proxies"] is None else dict(own["proxies"])
    try:
        found = session.merge_environment_settings(url, **{**own, "proxies": given_proxies})
    except Exception as error:  # noqa: BLE001 - whatever is raised is compared
        return type(error), str(error), given_proxies
    return found, type(found["proxies"]), list(found["proxies"] or ()), given_proxies


def said(session):
    return session.merge_environment_settings(URL, {}, None, None, None)


@given(variables=VARIABLES, url=URLS, own=OWN, of_session=SESSION)
def test_settings_are_merged_alike(variables, url, own, of_session):
    with only(variables):
        plain = merged(requests.Session(), url, own, of_session)
        ours = merged(FastSession(), url, own, of_session)

    assert ours == plain


def test_ordinary_settings_take_the_fast_path():
    with only({"http_proxy": "http://proxy.example:3128"}):
        found = request.merged_settings(FastSession(), URL, {}, None, None, None)

    proxies = OrderedDict(http="http://proxy.example:3128")
    assert found == {"proxies": proxies, "stream": False, "verify": True, "cert": None}


@given(steps=STEPS)
def test_each_change_of_the_environment_is_seen(steps):
    plain, ours = requests.Session(), FastSession()
    with only({}):
        for name, value in steps:
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
            assert said(ours) == said(plain)


def test_a_change_while_it_is_read_is_not_remembered():
    with only({"http_proxy": "http://a.example:1"}):
        known = request.current_environment()
        os.environ["http_proxy"] = "http://b.example:2"
        known.proxies(plain_url(URL))
        os.environ["http_proxy"] = "http://a.example:1"
        found = request.current_environment().proxies(plain_url(URL))

    assert found == {"http": "http://a.example:1"}


def test_many_hosts_do_not_fill_the_memory():
    with only({"http_proxy": "http://a.example:1"}):
        known = request.current_environment()
        for number in range(1000):
            known.proxies(plain_url(f"http://host{number}.example/"))

        assert len(known._proxies) <= request._MAX_HOSTS


def test_a_replaced_reader_of_the_environment_is_asked(monkeypatch):
    monkeypatch.setattr("requests.utils.getproxies", lambda: {"http": "http://system.example:3"})

    assert request.current_environment() is None
    assert said(FastSession())["proxies"]["http"] == "http://system.example:3"
