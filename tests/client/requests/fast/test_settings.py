"""Settings are merged as requests merges them, whatever the environment says."""

from __future__ import annotations

from collections import OrderedDict

import pytest
import requests
from client.requests.fast.variables import only
from hypothesis import given
from hypothesis import strategies as st

from ringback.client.requests.fast import FastSession, request

PROXIES = ["", "http://proxy.example:3128", "proxy.example:3128", "socks5://proxy.example"]
VARIABLES = st.fixed_dictionaries(
    {},
    optional={
        **{
            name: st.sampled_from(PROXIES)
            for name in [
                "http_proxy",
                "HTTP_PROXY",
                "Http_Proxy",
                "HTTP_proxy",
                "https_proxy",
                "ALL_PROXY",
                "all_proxy",
                "ftp_proxy",
                "odd_proxy",
                "_PROXY",
                "HTTP_PROXY_",
                "xhttp_proxy",
            ]
        },
        "no_proxy": st.sampled_from(["", "*", "example.com", ".com, x", "10.0.0.0/8", "h:8080"]),
        "NO_PROXY": st.sampled_from(["", "*", "example.org"]),
        "REQUEST_METHOD": st.just("GET"),
        "REQUESTS_CA_BUNDLE": st.sampled_from(["", "/one.pem"]),
        "CURL_CA_BUNDLE": st.sampled_from(["", "/two.pem"]),
    },
)
URLS = st.sampled_from(
    [
        "http://example.com/",
        "https://example.com/a?b",
        "http://h:8080/",
        "http://10.1.2.3/",
        "http://EXAMPLE.com/",
        "http://[::1]:8/",
        "mailto:someone",
    ]
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


def merged(session, url, own, of_session):
    vars(session).update(of_session)
    given_proxies = None if own["proxies"] is None else dict(own["proxies"])
    try:
        found = session.merge_environment_settings(url, **{**own, "proxies": given_proxies})
    except Exception as error:  # noqa: BLE001 - whatever is raised is compared
        return type(error), str(error), given_proxies
    return found, type(found["proxies"]), list(found["proxies"] or ()), given_proxies


@given(variables=VARIABLES, url=URLS, own=OWN, of_session=SESSION)
def test_settings_are_merged_alike(variables, url, own, of_session):
    with only(variables):
        plain = merged(requests.Session(), url, own, of_session)
        ours = merged(FastSession(), url, own, of_session)

    assert ours == plain


def test_ordinary_settings_take_the_fast_path():
    with only({"http_proxy": "http://proxy.example:3128"}):
        found = request.merged_settings(FastSession(), "http://example.com/", {}, None, None, None)

    assert found == {
        "proxies": OrderedDict(http="http://proxy.example:3128"),
        "stream": False,
        "verify": True,
        "cert": None,
    }


@pytest.mark.parametrize("proxies", [None, {"http": "http://own.example:1"}, OrderedDict()])
def test_proxies_of_the_request_are_left_to_requests(proxies):
    found = request.merged_settings(FastSession(), "http://example.com/", proxies, None, None, None)

    assert found is None
