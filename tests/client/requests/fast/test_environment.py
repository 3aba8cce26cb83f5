"""A change of the environment is never missed, however it comes about."""

from __future__ import annotations

import os
import threading

import requests
from client.requests.fast.variables import only
from hypothesis import given
from hypothesis import strategies as st

from ringback.client.requests.fast import FastSession, request
from ringback.client.requests.fast.request import plain_url

URL = "http://example.com/"
NAMES = st.sampled_from(
    [
        "http_proxy",
        "HTTP_PROXY",
        "Http_Proxy",
        "no_proxy",
        "all_proxy",
        "other_proxy",
        "http://example.com_proxy",
        "REQUEST_METHOD",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "OTHER",
    ]
)
STEPS = st.lists(
    st.tuples(NAMES, st.sampled_from([None, "", "http://a.example:1", "http://b.example:2", "*"])),
    max_size=8,
)


def said(session):
    return session.merge_environment_settings(URL, {}, None, None, None)


@given(steps=STEPS)
def test_each_step_is_seen(steps):
    plain, ours = requests.Session(), FastSession()
    with only({}):
        for name, value in steps:
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
            assert said(ours) == said(plain)


def test_the_same_environment_is_read_once():
    with only({"http_proxy": "http://a.example:1"}):
        assert request.current_environment() is request.current_environment()


def test_a_change_and_back_again_are_two_changes():
    with only({}):
        first = request.current_environment()
        os.environ["http_proxy"] = "http://a.example:1"
        changed = request.current_environment()
        found = changed.proxies(plain_url(URL))
        del os.environ["http_proxy"]
        again = request.current_environment()

    assert found == {"http": "http://a.example:1"}
    assert not first.proxied
    assert not again.proxied


def test_another_order_is_another_environment():
    first, second = {"HTTP_PROXY": "http://a.example:1"}, {"Http_Proxy": "http://b.example:2"}
    found = []
    for variables in ({**first, **second}, {**second, **first}):
        with only(variables):
            found.append(request.current_environment().proxies(plain_url(URL)))
            assert found[-1] == requests.utils.get_environ_proxies(URL)

    assert found == [{"http": "http://b.example:2"}, {"http": "http://a.example:1"}]


def test_so_it_is_where_one_of_them_takes_the_other_away():
    first, second = {"http_proxy": "http://a.example:1"}, {"HTTP_proxy": ""}
    found = []
    for variables in ({**first, **second}, {**second, **first}):
        with only(variables):
            found.append(said(FastSession())["proxies"])
            assert found[-1] == said(requests.Session())["proxies"]

    assert found == [{}, {"http": "http://a.example:1"}]


def test_a_change_while_it_is_read_is_not_remembered():
    with only({"http_proxy": "http://a.example:1"}):
        known = request.current_environment()
        os.environ["http_proxy"] = "http://b.example:2"
        known.proxies(plain_url(URL))
        os.environ["http_proxy"] = "http://a.example:1"

        assert request.current_environment().proxies(plain_url(URL)) == {
            "http": "http://a.example:1"
        }


def test_an_exchange_of_a_value_for_one_as_long_is_seen():
    with only({"http_proxy": "http://a.example:1"}):
        request.current_environment()
        os.environ["http_proxy"] = "http://b.example:1"

        assert request.current_environment().proxies(plain_url(URL)) == {
            "http": "http://b.example:1"
        }


def test_another_value_of_what_requests_does_not_read_is_no_change():
    with only({"http_proxy": "http://a.example:1", "PROGRESS": "1 %"}):
        first = request.current_environment()
        os.environ["PROGRESS"] = "2 %"

        assert request.current_environment() is first


def test_a_change_by_another_thread_is_seen():
    with only({"http_proxy": "http://a.example:1"}):
        request.current_environment()
        change = threading.Thread(target=os.environ.__setitem__, args=("http_proxy", "http://b:2"))
        change.start()
        change.join()

        assert request.current_environment().proxies(plain_url(URL)) == {"http": "http://b:2"}


def test_what_is_returned_may_be_changed():
    with only({"http_proxy": "http://a.example:1"}):
        request.current_environment().proxies(plain_url(URL)).clear()

        assert request.current_environment().proxies(plain_url(URL)) == {
            "http": "http://a.example:1"
        }


def test_many_hosts_do_not_fill_the_memory():
    with only({"http_proxy": "http://a.example:1"}):
        known = request.current_environment()
        for number in range(1000):
            known.proxies(plain_url(f"http://host{number}.example/"))

        assert len(known._proxies) <= request._MAX_HOSTS


def test_another_kind_of_environment_is_left_to_requests(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "environ", {"http_proxy": "http://a.example:1"})

        assert request.current_environment() is None


def test_a_replaced_reader_of_the_environment_is_asked(monkeypatch):
    monkeypatch.setattr("requests.utils.getproxies", lambda: {"http": "http://system.example:3"})

    assert request.current_environment() is None
    assert said(FastSession())["proxies"]["http"] == "http://system.example:3"
