"""Ways around a certificate or a proxy that failed, for hosts that the policy names."""

import asyncio
import dataclasses
import hashlib
import ssl

import aiohttp
import pytest

from ringback import Backoff, Policy, Timeout
from ringback.client.aiohttp import Middleware

LOCAL = frozenset({"127.0.0.1", "localhost"})

# aiohttp leaves the transport of a failed handshake to the event loop, which ends here at once.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


POLICY = Policy(
    2,
    backoff=Backoff(base=0),
    timeout=Timeout(connect=30, read=30),
    breaker=None,
    budget=None,
)
INSECURE = dataclasses.replace(POLICY, insecure_hosts=LOCAL)
DIRECT = dataclasses.replace(POLICY, direct_hosts=LOCAL)


@pytest.fixture
def call(events):
    """Makes a call of a session of its own."""

    def make(policy, url, session=(), **options):
        async def main():
            middlewares = [Middleware(policy, sinks=[events.append])]
            async with (
                aiohttp.ClientSession(middlewares=middlewares, **dict(session)) as client,
                client.get(url, **options) as response,
            ):
                assert response.status == 200

        asyncio.run(main())

    return make


def at(endpoint, user=""):
    return f"http://{user}{endpoint.host}:{endpoint.port}"


def told(events):
    return [event.detail for event in events if event.what == "fallback"]


# Without verification


def test_a_fingerprint_is_asked_for_in_any_case(call, expired):
    shown = ssl.get_server_certificate((expired.host, expired.port))
    right = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).digest()
    call(INSECURE, expired.url, ssl=aiohttp.Fingerprint(right))
    with pytest.raises(aiohttp.ServerFingerprintMismatch):
        call(INSECURE, expired.url, ssl=aiohttp.Fingerprint(bytes(32)))
    assert expired.requests == 1


def test_what_one_call_does_not_verify_another_does(expired):
    async def main():
        async with aiohttp.ClientSession() as client:
            async with client.get(expired.url, middlewares=[Middleware(INSECURE, sinks=[])]):
                pass
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await client.get(expired.url, middlewares=[Middleware(POLICY, sinks=[])])
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await client.get(expired.url)

    asyncio.run(main())


# Past a proxy


def test_the_environments_proxy_is_passed_by_in_the_same_way(
    call, events, target, dead, monkeypatch
):
    monkeypatch.setenv("http_proxy", at(dead))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    call(DIRECT, target.url, session={"trust_env": True})
    assert len(told(events)) == 1


def test_a_proxys_credentials_are_sent_to_it_and_nowhere_else(
    lab, call, events, target, works, dead
):
    own = {"Proxy-Authorization": "Basic eA=="}
    call(DIRECT, target.url, proxy=at(dead), proxy_headers=own)
    assert len(told(events)) == 1
    call(DIRECT, target.url, proxy=at(works), headers=own)
    call(DIRECT, target.url, proxy=at(works, "u:p@"))
    assert works.requests == 2
    assert all(b"proxy-authorization: basic" in seen.received.lower() for seen in works.seen)
    assert all(b"proxy-auth" not in seen.received.lower() for seen in target.seen)
    assert len(told(events)) == 1
