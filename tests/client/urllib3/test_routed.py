"""Ways around a certificate or a proxy that failed, for hosts that the policy names."""

import contextlib
import dataclasses
import hashlib
import json
import ssl

import pytest
import urllib3
from urllib3._collections import HTTPHeaderDict

from ringback import Policy, Timeout, errors
from ringback.client.urllib3 import PoolManager, ProxyManager
from ringback.client.urllib3.socks import SOCKSProxyManager
from ringback.retry import Done, GiveUp
from ringback.sink import LogSink
from ringback.testing.lab import FAULTS
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

pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


@pytest.fixture
def policy():
    return Policy(attempts=1, timeout=Timeout(connect=30, read=30), breaker=None, budget=None)


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


def at(endpoint, scheme="http"):
    return f"{scheme}://{endpoint.host}:{endpoint.port}"


def told(events):
    return [event.detail for event in events if event.what == "fallback"]


# Without verification


@pytest.mark.parametrize("fault", CERTIFICATE_FAULTS)
def test_a_host_that_the_policy_names_is_called_without_verification(
    lab, insecure, manager, events, fault
):
    endpoint = FAULTS[fault].start(lab)
    ours = manager(policy=insecure, ca_certs=endpoint.verify)
    for number in (1, 2):
        assert ours.request("POST", endpoint.url, body=b"once").status == 200
        assert endpoint.requests == number
    reason = f"which failed ({FAULTS[fault].kind})"
    assert told(events) == [f"verification of the server's certificate, {reason}"] * 2
    assert {event.failure.kind for event in events if event.failure} == {FAULTS[fault].kind}
    assert len(endpoint.seen) == 3, "each call verified first; the unverified connection was kept"
    assert [type(event.decision) for event in events if event.decision] == [Done, Done]


@pytest.mark.parametrize("named", [{"localhost"}, {"*.0.0.1"}, {"*"}, set()])
def test_a_host_that_is_not_named_is_not_called(policy, manager, events, expired, named):
    policy = dataclasses.replace(policy, insecure_hosts=named)
    with pytest.raises(errors.CertificateExpired):
        manager(policy=policy, ca_certs=expired.verify).request("GET", expired.url)
    assert expired.requests == 0
    assert told(events) == []


def test_a_redirect_to_a_host_that_is_not_named_is_not_followed(
    lab, policy, manager, events, expired
):
    policy = dataclasses.replace(policy, insecure_hosts={"localhost"})
    first = lab.listen(answering(redirect(expired.url)))
    with pytest.raises(errors.CertificateExpired):
        manager(policy=policy, ca_certs=expired.verify).request(
            "GET", f"http://localhost:{first.port}/"
        )
    assert expired.requests == 0
    assert told(events) == []


@pytest.mark.skipif(urllib3.__version__.startswith("1."), reason="needs urllib3 2")
@pytest.mark.parametrize("given", ["file", "context", "trust"])
def test_whoever_is_trusted_the_way_around_trusts_anybody(
    insecure, manager, events, expired, given
):
    trusted = {
        "file": {"ca_certs": expired.verify},
        "context": {"ssl_context": ssl.create_default_context(cafile=expired.verify)},
        "trust": {"trust": expired.verify},
    }
    ours = manager(policy=insecure, **trusted[given])
    assert ours.request("GET", expired.url).status == 200
    assert len(told(events)) == 1


def test_a_fingerprint_is_asked_for_in_any_case(insecure, manager, expired):
    shown = ssl.get_server_certificate((expired.host, expired.port))
    right = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest()
    ours = manager(policy=insecure, ca_certs=expired.verify, assert_fingerprint=right)
    assert ours.request("GET", expired.url).status == 200
    wrong = "00" * 32
    ours = manager(policy=insecure, ca_certs=expired.verify, assert_fingerprint=wrong)
    with pytest.raises(errors.RingbackError):
        ours.request("GET", expired.url)
    assert expired.requests == 1


def test_a_certificate_of_ones_own_is_presented(lab, insecure, manager):
    def asking(context, lab):
        context.load_verify_locations(lab.certificates.bundle)
        context.verify_mode = ssl.CERT_REQUIRED

    endpoint = secured("expired", prepare=asking)(lab)
    ours = manager(policy=insecure, ca_certs=endpoint.verify, cert_file=endpoint.client_certificate)
    assert ours.request("GET", endpoint.url).status == 200


def test_no_other_failure_is_passed_by(lab, insecure, manager, events):
    endpoint = lab.start("tls.version_or_cipher_mismatch:no_shared_cipher")
    with pytest.raises(errors.RingbackError):
        manager(policy=insecure).request("GET", endpoint.url)
    assert told(events) == []


def test_what_fails_without_verification_is_a_failure_of_its_own(lab, insecure, manager, events):
    broken = lab.listen(over_tls(lab.certificates.server("expired"), lambda one: one.read_head()))
    with pytest.raises(errors.NoResponse):
        manager(policy=insecure).request("POST", at(broken, "https"), body=b"once")
    assert len(told(events)) == 1


def test_a_body_that_can_be_sent_once_is_sent_once(insecure, manager, expired):
    ours = manager(policy=insecure, ca_certs=expired.verify)
    answer = ours.request("POST", expired.url, body=(part for part in [b"a", b"b"]))
    assert json.loads(answer.data)["size"] == 2
    assert expired.requests == 1


def test_each_time_is_logged_as_a_warning(insecure, expired, logged):
    with PoolManager(policy=insecure, sinks=[LogSink()], ca_certs=expired.verify) as ours:
        for _ in range(2):
            ours.request("GET", f"{expired.url}p?token=hunter2")
    levels, lines = logged()
    assert levels == ["WARNING", "WARNING"]
    assert lines.count("going on without: verification of the server's certificate") == 2
    assert "hunter2" not in lines


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_through_a_proxy_as_well(lab, insecure, manager, events, expired, scheme):
    kind = "ok:socks5" if scheme == "socks5" else "ok:proxy_tunnel"
    cls = SOCKSProxyManager if scheme == "socks5" else ProxyManager
    proxy = lab.start(kind)
    ours = manager(cls, at(proxy, scheme), policy=insecure, ca_certs=expired.verify)
    assert ours.request("GET", expired.url).status == 200
    assert len(told(events)) == 1
    assert len(proxy.seen) == 2


# Past a proxy


@pytest.mark.parametrize("proxied", ["http http", "http https", "socks5 http", "socks5 https"])
def test_a_host_that_the_policy_names_is_called_directly(
    lab, direct, manager, events, dead, proxied
):
    of_proxy, scheme = proxied.split()
    target = lab.listen(serve) if scheme == "http" else secured()(lab)
    cls, proxy = (SOCKSProxyManager, ProxyManager)[of_proxy == "http"], at(dead, of_proxy)
    ours = manager(cls, proxy, policy=direct, ca_certs=secured()(lab).verify)
    answer = ours.request("POST", f"{target.url}path?a=b", body=b"once")
    assert json.loads(answer.data)["target"] == "/path?a=b"
    assert target.requests == 1
    assert told(events) == [f"the failed proxy {dead.host}:{dead.port}"]


def test_a_host_that_is_not_named_is_not_called_directly(policy, manager, events, target, dead):
    policy = dataclasses.replace(policy, direct_hosts={"localhost", "*.0.0.1"})
    with pytest.raises(errors.ProxyUnreachable):
        manager(ProxyManager, at(dead), policy=policy).request("GET", target.url)
    assert target.seen == []
    assert told(events) == []


def test_what_a_proxy_answers_is_no_reason_to_pass_it_by(lab, direct, manager, target):
    proxy = lab.start("proxy.denied:403")
    ours = manager(ProxyManager, proxy.proxies["https"], policy=direct)
    with pytest.raises(errors.ProxyError):
        ours.request("GET", secured()(lab).url)


def test_directly_no_credentials_of_the_proxy_are_sent(lab, direct, manager, events, dead):
    target = lab.listen(serve)
    secret = urllib3.make_headers(proxy_basic_auth="u:hunter2")
    ours = manager(ProxyManager, at(dead), policy=direct, proxy_headers=secret)
    assert ours.request("GET", target.url).status == 200
    assert ours.request("GET", target.url, headers={"PROXY-authorization": "x"}).status == 200
    assert ours.request("GET", target.url, headers=HTTPHeaderDict(secret)).status == 200
    assert len(told(events)) == 3
    assert all(b"proxy-auth" not in seen.received.lower() for seen in target.seen)


def test_while_the_proxy_rests_each_direct_call_is_recorded(direct, manager, events, target, dead):
    ours = manager(ProxyManager, at(dead), policy=direct)
    for _ in range(2):
        assert ours.request("GET", target.url).status == 200
    assert len(told(events)) == 2
    assert len(dead.seen) == 0


def test_a_proxy_that_works_is_used(lab, direct, manager, events, target):
    works = lab.listen(lab_proxy.proxy)
    assert manager(ProxyManager, at(works), policy=direct).request("GET", target.url).status == 200
    assert works.requests == 1
    assert told(events) == []


def test_directly_the_certificate_is_verified_first_again(direct, manager, events, dead, expired):
    both = dataclasses.replace(direct, insecure_hosts=LOCAL)
    ours = manager(ProxyManager, at(dead), policy=both, ca_certs=expired.verify)
    assert ours.request("GET", expired.url).status == 200
    assert [detail.split()[0] for detail in told(events)] == ["the", "verification"]
    ours = manager(ProxyManager, at(dead), policy=direct, ca_certs=expired.verify)
    with pytest.raises(errors.CertificateExpired):
        ours.request("GET", expired.url)
    assert expired.requests == 1


def test_the_pools_go_with_the_manager(direct, events, target, dead):
    ours = ProxyManager(at(dead), policy=direct, sinks=[events.append])
    assert ours.request("GET", target.url).status == 200
    ours.clear()
    assert len(ours.call_settings.fallbacks._direct.pools) == 0


def test_no_manager_without_such_hosts_has_any(manager):
    assert manager().call_settings.fallbacks is None
    with contextlib.closing(manager().connection_from_url("http://127.0.0.1/")) as pool:
        assert pool.pool_settings["host"] == "127.0.0.1"


def test_what_is_given_up_is_recorded_as_ever(insecure, manager, events, expired):
    other = dataclasses.replace(insecure, insecure_hosts={"elsewhere.example"})
    with pytest.raises(errors.CertificateExpired) as caught:
        manager(policy=other, ca_certs=expired.verify).request("GET", expired.url)
    assert len(caught.value.attempts) == 1
    assert [type(event.decision) for event in events] == [GiveUp]
