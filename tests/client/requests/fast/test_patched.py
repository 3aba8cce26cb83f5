"""Whoever has put something in the way of a request is asked."""

from __future__ import annotations

import logging

import pytest
import requests
import urllib3
from client.requests.fast.stock import Stock, kept, single, stock

from ringback.client.requests.fast import FastSession


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (requests.Session, "send"),
        (requests.adapters.HTTPAdapter, "send"),
        (requests.PreparedRequest, "prepare"),
        (urllib3.connectionpool.HTTPConnectionPool, "urlopen"),
        (urllib3.connection.HTTPConnection, "getresponse"),
        (urllib3.response.HTTPResponse, "read"),
    ],
)
def test_who_watches_the_libraries_sees_each_request(server, monkeypatch, owner, name):
    original, seen = getattr(owner, name), []

    def watched(*args, **kwargs):
        seen.append(name)
        return original(*args, **kwargs)

    with kept(single, server) as session:
        monkeypatch.setattr(owner, name, watched)
        session.get(f"{server.url}/", timeout=5)

    assert seen


def test_what_a_subclass_overrides_is_called(server):
    called = []

    class Own(FastSession):
        def get_redirect_target(self, resp):
            called.append("redirect")
            return super().get_redirect_target(resp)

        def prepare_request(self, request):
            called.append("prepare")
            return super().prepare_request(request)

    class OwnAdapter(Stock):
        def add_headers(self, request, **_):
            called.append("headers")
            request.headers["X-Added"] = "1"

        def request_url(self, request, proxies):
            called.append("url")
            return super().request_url(request, proxies)

        def build_connection_pool_key_attributes(self, request, verify, cert=None):
            called.append("key")
            return super().build_connection_pool_key_attributes(request, verify, cert)

        def build_response(self, req, resp):
            called.append("response")
            return super().build_response(req, resp)

    with Own() as session:
        session.mount("http://", OwnAdapter())
        for _ in range(2):
            called.clear()
            session.get(f"{server.url}/", timeout=5)

    assert sorted(called) == ["headers", "key", "prepare", "redirect", "response", "url"]
    assert all(b"X-Added: 1" in request for request in server.received[0])


def test_hooks_are_called_with_the_response(server):
    seen = []
    with kept(stock, server) as session:
        session.hooks["response"].append(lambda response, **words: seen.append((response, words)))
        found = session.get(f"{server.url}/", timeout=5, hooks={"response": []})

    assert seen[0][0] is found
    assert set(seen[0][1]) == {"timeout", "verify", "proxies", "stream", "cert"}


def test_a_log_that_wants_each_line_gets_it(server, caplog):
    with kept(stock, server) as session, caplog.at_level(logging.DEBUG, "urllib3"):
        session.get(f"{server.url}/", timeout=5)

    assert '"GET / HTTP/1' in caplog.text  # urllib3 2.2.2 writes HTTP/11
