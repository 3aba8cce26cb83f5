"""Ways around a certificate or a proxy that failed, for hosts that the policy names."""

import asyncio
import dataclasses
import gc
import hashlib
import ssl

import aiohttp
import pytest

from ringback import Backoff, Policy, Timeout, errors
from ringback.client.aiohttp import Middleware
from ringback.retry import Done, Retry
from ringback.testing.lab import FAULTS, Lab
from ringback.testing.lab import proxy as lab_proxy
from ringback.testing.lab.healthy import over_tls, secured
from ringback.testing.lab.http import redirect
from ringback.testing.lab.message import answering, serve

LOCAL = frozenset({"127.0.0.1", "localhost"})
CERTIFICATE_FAULTS = [
    name
    for name, fault in FAULTS.items()
    if fault.kind.startswith("tls.cert.") and fault.provoke == "get"
]

# aiohttp leaves the transport of a failed handshake to the event loop, which ends here at once.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module", autouse=True)
def _nothing_left_to_others():
    """What is no warning here would be one in the module that comes next."""
    yield
    gc.collect()


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


@pytest.fixture
def events():
    return []


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
    """Run to the end; what aiohttp has left behind is gone after it."""
    try:
        return asyncio.run(main)
    finally:
        gc.collect()


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


@pytest.mark.parametrize("fault", CERTIFICATE_FAULTS)
def test_a_host_that_the_policy_names_is_called_without_verification(
    lab, insecure, call, events, fault
):
    endpoint = FAULTS[fault].start(lab)
    call(insecure, *[endpoint.url] * 2, method="POST", data=b"once", ssl=trusting(endpoint))
    assert endpoint.requests == 2
    reason = f"which failed ({FAULTS[fault].kind})"
    assert told(events) == [f"verification of the server's certificate, {reason}"] * 2
    assert {event.failure.kind for event in events if event.failure} == {FAULTS[fault].kind}
    assert len(endpoint.seen) == 3, "each call verified first; the unverified connection was kept"
    assert [type(event.decision) for event in events if event.decision] == [Done, Done]


@pytest.mark.parametrize("named", [{"localhost"}, {"*.0.0.1"}, {"*"}, set()])
def test_a_host_that_is_not_named_is_not_called(policy, call, events, expired, named):
    policy = dataclasses.replace(policy, insecure_hosts=named)
    with pytest.raises(errors.CertificateExpired):
        call(policy, expired.url, ssl=trusting(expired))
    assert expired.requests == 0
    assert told(events) == []


def test_a_redirect_to_a_host_that_is_not_named_is_not_followed(lab, policy, call, events, expired):
    policy = dataclasses.replace(policy, insecure_hosts={"localhost"})
    first = lab.listen(answering(redirect(expired.url)))
    with pytest.raises(errors.CertificateExpired):
        call(policy, f"http://localhost:{first.port}/", ssl=trusting(expired))
    assert expired.requests == 0
    assert told(events) == []


def test_a_fingerprint_is_asked_for_in_any_case(insecure, call, expired):
    shown = ssl.get_server_certificate((expired.host, expired.port))
    right = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).digest()
    call(insecure, expired.url, ssl=aiohttp.Fingerprint(right))
    with pytest.raises(aiohttp.ServerFingerprintMismatch):
        call(insecure, expired.url, ssl=aiohttp.Fingerprint(bytes(32)))
    assert expired.requests == 1


def test_no_other_failure_is_passed_by(lab, insecure, call, events):
    with pytest.raises(errors.RingbackError):
        call(insecure, lab.start("tls.version_or_cipher_mismatch:no_shared_cipher").url)
    assert told(events) == []


def test_what_fails_without_verification_is_a_failure_of_its_own(lab, insecure, call, events):
    broken = lab.listen(over_tls(lab.certificates.server("expired"), lambda one: one.read_head()))
    with pytest.raises(errors.NoResponse):
        call(insecure, at(broken, "https"), method="POST", data=b"once")
    assert len(told(events)) == 1


def test_the_next_attempt_verifies_first_again(lab, insecure, call, events):
    def breaking(connection):
        connection.read_head()
        if len(broken.seen) > 2:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    broken = lab.listen(over_tls(lab.certificates.server("expired"), breaking))
    call(insecure, at(broken, "https"))
    assert len(broken.seen) == 4
    assert len(told(events)) == 2
    assert [type(event.decision) for event in events if event.decision] == [Retry, Done]


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


def test_each_time_is_logged_as_a_warning(insecure, call, expired, logged):
    asked = f"{expired.url}p?token=hunter2"
    call(insecure, asked, asked, session={"middlewares": [Middleware(insecure)]})
    levels, lines = logged()
    assert levels == ["WARNING", "WARNING"]
    assert lines.count("going on without: verification of the server's certificate") == 2
    assert "hunter2" not in lines


def test_through_a_proxy_as_well(lab, insecure, call, events, expired):
    proxy = lab.start("ok:proxy_tunnel")
    call(insecure, expired.url, proxy=at(proxy))
    assert len(told(events)) == 1
    assert len(proxy.seen) == 2


# Past a proxy


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_the_policy_names_is_called_directly(lab, direct, call, events, dead, scheme):
    target = lab.listen(serve) if scheme == "http" else secured()(lab)
    context = trusting(secured()(lab))
    asked = f"{target.url}path?a=b"
    options = {"method": "POST", "data": b"once", "ssl": context}
    assert call(direct, asked, proxy=at(dead), **options)[0]["target"] == "/path?a=b"
    assert target.requests == 1
    assert told(events) == [f"the failed proxy {dead.host}:{dead.port}"]


def test_the_environments_proxy_is_passed_by_in_the_same_way(
    direct, call, events, target, dead, monkeypatch
):
    monkeypatch.setenv("http_proxy", at(dead))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    call(direct, target.url, session={"trust_env": True})
    assert len(told(events)) == 1


def test_a_host_that_is_not_named_is_not_called_directly(policy, call, events, target, dead):
    policy = dataclasses.replace(policy, direct_hosts={"localhost", "*.0.0.1"})
    with pytest.raises(errors.ProxyUnreachable):
        call(policy, target.url, proxy=at(dead))
    assert target.seen == []
    assert told(events) == []


def test_what_a_proxy_answers_is_no_reason_to_pass_it_by(lab, direct, call, events):
    proxy, target = lab.start("proxy.denied:403"), secured()(lab)
    with pytest.raises(errors.ProxyError):
        call(direct, target.url, proxy=proxy.proxies["https"])
    assert target.seen == []
    assert told(events) == []


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


def test_while_the_proxy_rests_each_direct_call_is_recorded(direct, call, events, target, dead):
    call(direct, *[target.url] * 2, proxy=at(dead))
    assert len(told(events)) == 2


def test_directly_the_certificate_is_verified_first_again(direct, call, events, dead, expired):
    both = dataclasses.replace(direct, insecure_hosts=LOCAL)
    call(both, expired.url, proxy=at(dead), ssl=trusting(expired))
    assert [detail.split()[0] for detail in told(events)] == ["the", "verification"]
    with pytest.raises(errors.CertificateExpired):
        call(direct, expired.url, proxy=at(dead), ssl=trusting(expired))
    assert expired.requests == 1
