"""Ways around a certificate or a proxy that failed, for hosts that the policy names."""

import asyncio
import dataclasses
import hashlib
import ssl

import aiohttp
import pytest

from ringback import Backoff, Policy, Timeout
from ringback.client.aiohttp import Middleware
from ringback.testing.lab import proxy as lab_proxy
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.message import serve

LOCAL = frozenset({"127.0.0.1", "localhost"})

# aiohttp leaves the transport of a failed handshake to the event loop, which ends here at once.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def policy():
    return Policy(
        attempts=2,
        backoff=Backoff(base=0),
        timeout=Timeout(connect=30, read=30),
        breaker=None,
        budget=None,
    )


@pytest.fixture
def insecure(policy):
    return dataclasses.replace(policy, insecure_hosts=LOCAL)


@pytest.fixture
def direct(policy):
    return dataclasses.replace(policy, direct_hosts=LOCAL)


@pytest.fixture
def expired(lab):
    return secured("expired")(lab)


@pytest.fixture
def target(lab):
    return lab.listen(serve)


@pytest.fixture
def dead(lab):
    """A port for a proxy that is not there."""
    return lab.reserve().endpoint


def run(main):
    return asyncio.run(main)


@pytest.fixture
def call(events):
    """Makes calls of one session, one after the other; returns their bodies."""

    def make(policy, *urls, method="GET", session=None, sinks=None, **options):
        async def main():
            middleware = Middleware(policy, sinks=[events.append] if sinks is None else sinks)
            session_options = {"middlewares": [middleware], **(session or {})}
            async with aiohttp.ClientSession(**session_options) as client:
                return [await body(client, url) for url in urls]

        async def body(client, url):
            async with client.request(method, url, **options) as response:
                assert response.status == 200
                return await response.json(content_type=None)

        return run(main())

    return make


def trusting(endpoint):
    return ssl.create_default_context(cafile=endpoint.verify)


def at(endpoint, scheme="http", user=""):
    return f"{scheme}://{f'{user}@' if user else ''}{endpoint.host}:{endpoint.port}"


def told(events):
    return [event.detail for event in events if event.what == "fallback"]


# Without verification


def test_a_fingerprint_is_asked_for_in_any_case(insecure, call, expired):
    shown = ssl.get_server_certificate((expired.host, expired.port))
    right = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).digest()
    call(insecure, expired.url, ssl=aiohttp.Fingerprint(right))
    with pytest.raises(aiohttp.ServerFingerprintMismatch):
        call(insecure, expired.url, ssl=aiohttp.Fingerprint(bytes(32)))
    assert expired.requests == 1


def test_what_one_call_does_not_verify_another_does(insecure, policy, expired):
    async def main():
        async with aiohttp.ClientSession() as client:
            async with client.get(expired.url, middlewares=[Middleware(insecure, sinks=[])]):
                pass
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await client.get(expired.url, middlewares=[Middleware(policy, sinks=[])])
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await client.get(expired.url)

    run(main())


# Past a proxy


def test_the_environments_proxy_is_passed_by_in_the_same_way(
    direct, call, events, target, dead, monkeypatch
):
    monkeypatch.setenv("http_proxy", at(dead))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    call(direct, target.url, session={"trust_env": True})
    assert len(told(events)) == 1


def test_directly_no_credentials_of_the_proxy_are_sent(direct, call, events, target, dead):
    own = {"Proxy-Authorization": "Basic eA=="}
    call(direct, target.url, proxy=at(dead, user="u:hunter2"), headers=own)
    call(direct, target.url, proxy=at(dead), proxy_headers=own)
    assert len(told(events)) == 2
    assert "hunter2" not in repr(events)
    assert all(b"proxy-auth" not in seen.received.lower() for seen in target.seen)


def test_a_proxy_that_works_is_used_with_its_credentials(lab, direct, call, events, target):
    works = lab.listen(lab_proxy.proxy)
    call(direct, target.url, proxy=at(works), headers={"Proxy-Authorization": "Basic eA=="})
    call(direct, target.url, proxy=at(works, user="u:p"))
    assert works.requests == 2
    assert all(b"proxy-authorization: basic" in seen.received.lower() for seen in works.seen)
    assert told(events) == []
