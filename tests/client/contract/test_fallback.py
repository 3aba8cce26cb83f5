"""Ways around a certificate or a proxy that failed, for hosts that the policy names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from client.contract.integrations import AT_ONCE, INTEGRATIONS, across, of_ours, present
from nightly import pairs

from ringback import errors
from ringback.retry import Done, Retry
from ringback.sink import LogSink
from ringback.testing.lab import FAULTS
from ringback.testing.lab import proxy as lab_proxy
from ringback.testing.lab.healthy import over_tls, secured
from ringback.testing.lab.http import redirect
from ringback.testing.lab.message import answering, serve

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore:Unverified HTTPS request",
)

LOCAL = frozenset({"127.0.0.1", "localhost"})
ONCE = replace(AT_ONCE, attempts=1)
INSECURE = replace(ONCE, insecure_hosts=LOCAL)
DIRECT = replace(ONCE, direct_hosts=LOCAL)
CERTIFICATES = [
    name
    for name, fault in FAULTS.items()
    if fault.kind.startswith("tls.cert.") and fault.provoke == "get"
]
OURS = [name for name in present() if of_ours(INTEGRATIONS[name])]

of_our_own = across(also="httpx2-async", only=of_ours)


def told(events):
    return [event.detail for event in events if event.what == "fallback"]


def at(endpoint, scheme="http", user=""):
    return f"{scheme}://{f'{user}@' if user else ''}{endpoint.host}:{endpoint.port}"


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


def refused(integration, policy, expected, url, **settings):
    """What a call raises that goes no way around."""
    events = []
    client = integration.client(policy, events.append, **settings)
    with client as made, pytest.raises(expected) as caught:
        made.request("GET", url)
    assert told(events) == []
    return caught.value


# Without verification


@pytest.mark.parametrize(("fault", "name"), pairs(CERTIFICATES, OURS))
def test_a_host_that_is_named_is_called_without_verification(lab, integration, events, fault):
    endpoint = FAULTS[fault].start(lab)
    with integration.client(INSECURE, events.append, verify=endpoint.verify) as client:
        for number in (1, 2):
            assert client.request("POST", endpoint.url, b"once").status == 200
            assert endpoint.requests == number
    reason = f"which failed ({FAULTS[fault].kind})"
    assert told(events) == [f"verification of the server's certificate, {reason}"] * 2
    assert {event.failure.kind for event in events if event.failure} == {FAULTS[fault].kind}
    assert len(endpoint.seen) == 3, "each call verified first; the unverified connection was kept"
    assert [type(event.decision) for event in events if event.decision] == [Done, Done]


@pytest.mark.parametrize(("named", "name"), pairs(["localhost", "*.0.0.1", "*", ""], OURS))
def test_a_host_that_is_not_named_is_not(integration, expired, named):
    policy = replace(ONCE, insecure_hosts={named} - {""})
    how = {"verify": expired.verify}
    refused(integration, policy, errors.CertificateExpired, expired.url, **how)
    assert expired.requests == 0


@of_our_own
def test_a_redirect_to_a_host_that_is_not_named_is_not_followed(lab, integration, expired):
    policy = replace(ONCE, insecure_hosts={"localhost"})
    first = f"http://localhost:{lab.listen(answering(redirect(expired.url))).port}/"
    refused(integration, policy, errors.CertificateExpired, first, verify=expired.verify)
    assert expired.requests == 0


@of_our_own
def test_no_other_failure_is_passed_by(lab, integration):
    url = lab.start("tls.version_or_cipher_mismatch:no_shared_cipher").url
    refused(integration, INSECURE, errors.RingbackError, url)


@of_our_own
def test_what_fails_without_verification_is_a_failure_of_its_own(lab, integration, events):
    broken = lab.listen(over_tls(lab.certificates.server("expired"), lambda one: one.read_head()))
    with integration.client(INSECURE, events.append) as client, pytest.raises(errors.NoResponse):
        client.request("POST", at(broken, "https"), b"once")
    assert len(told(events)) == 1


@of_our_own
def test_the_next_attempt_verifies_first_again(lab, integration, events):
    def breaking(connection):
        connection.read_head()
        if len(broken.seen) > 2:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    broken = lab.listen(over_tls(lab.certificates.server("expired"), breaking))
    policy = replace(INSECURE, attempts=2)
    with integration.client(policy, events.append) as client:
        assert client.request("GET", at(broken, "https")).status == 200
    assert len(broken.seen) == 4
    assert len(told(events)) == 2
    assert [type(event.decision) for event in events if event.decision] == [Retry, Done]


@of_our_own
def test_each_time_is_logged_as_a_warning(integration, expired, logged):
    asked = f"{expired.url}p?token=hunter2"
    with integration.client(INSECURE, LogSink(), verify=expired.verify) as client:
        for _ in range(2):
            client.request("GET", asked)
    levels, lines = logged()
    assert levels == ["WARNING", "WARNING"]
    assert lines.count("going on without: verification of the server's certificate") == 2
    assert "hunter2" not in lines


@of_our_own
def test_through_a_proxy_as_well(lab, integration, events, expired):
    proxy = lab.start("ok:proxy_tunnel")
    settings = {"proxy": at(proxy), "verify": expired.verify}
    with integration.client(INSECURE, events.append, **settings) as client:
        for number in (1, 2):
            assert client.request("GET", expired.url).status == 200
            assert len(told(events)) == number
    assert len(proxy.seen) == 3, "each call verified first; the unverified connection was kept"


# Past a proxy


def proxied(way, name):
    return way.startswith(INTEGRATIONS[name].proxies)


@pytest.mark.parametrize(
    ("way", "name"),
    pairs(["http http", "http https", "socks5 http", "socks5 https"], OURS, proxied),
)
def test_a_host_that_is_named_is_called_directly(lab, integration, events, dead, way):
    of_proxy, scheme = way.split()
    endpoint = lab.listen(serve) if scheme == "http" else secured()(lab)
    settings = {"proxy": at(dead, of_proxy), "verify": secured()(lab).verify}
    with integration.client(DIRECT, events.append, **settings) as client:
        answer = client.request("POST", f"{endpoint.url}path?a=b", b"once")
    assert b'"target": "/path?a=b"' in answer.body
    assert endpoint.requests == 1
    assert told(events) == [f"the failed proxy {dead.host}:{dead.port}"]


@of_our_own
def test_a_host_that_is_not_named_is_not_called_directly(integration, target, dead):
    policy = replace(ONCE, direct_hosts={"localhost", "*.0.0.1"})
    error = refused(integration, policy, errors.ProxyUnreachable, target.url, proxy=at(dead))
    assert error.failure.target.proxy == f"{dead.host}:{dead.port}"
    assert target.seen == []


@of_our_own
def test_what_a_proxy_answers_is_no_reason_to_pass_it_by(lab, integration):
    proxy, target = lab.start("proxy.denied:403").proxies["https"], secured()(lab)
    refused(integration, DIRECT, errors.ProxyError, target.url, proxy=proxy)
    assert target.seen == []


@of_our_own
def test_directly_no_credentials_of_the_proxy_are_sent(integration, events, target, dead):
    own = {"Proxy-Authorization": "Basic eA=="}
    proxy = at(dead, user="u:hunter2")
    with integration.client(DIRECT, events.append, proxy=proxy) as client:
        client.request("GET", target.url, headers=own)
    assert len(told(events)) == 1
    assert "hunter2" not in repr(events)
    assert all(b"proxy-auth" not in seen.received.lower() for seen in target.seen)


@of_our_own
def test_a_proxy_that_works_is_used(lab, integration, events, target):
    works = lab.listen(lab_proxy.proxy)
    with integration.client(DIRECT, events.append, proxy=at(works)) as client:
        assert client.request("GET", target.url).status == 200
    assert works.requests == 1
    assert told(events) == []


@of_our_own
def test_while_the_proxy_rests_each_direct_call_is_recorded(integration, events, target, dead):
    with integration.client(DIRECT, events.append, proxy=at(dead)) as client:
        for _ in range(2):
            assert client.request("GET", target.url).status == 200
    assert len(told(events)) == 2


@of_our_own
def test_directly_the_certificate_is_verified_first_again(integration, events, dead, expired):
    settings = {"proxy": at(dead), "verify": expired.verify}
    both = replace(DIRECT, insecure_hosts=LOCAL)
    with integration.client(both, events.append, **settings) as client:
        assert client.request("GET", expired.url).status == 200
    assert [detail.split()[0] for detail in told(events)] == ["the", "verification"]
    with integration.client(DIRECT, **settings) as client, pytest.raises(errors.CertificateExpired):
        client.request("GET", expired.url)
    assert expired.requests == 1
