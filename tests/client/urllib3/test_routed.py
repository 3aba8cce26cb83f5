"""Ways around a certificate or a proxy that failed, for hosts that the policy names."""

import dataclasses
import hashlib
import json
import ssl

import pytest
import urllib3
from urllib3._collections import HTTPHeaderDict

from ringback import Policy, Timeout, errors
from ringback.client.urllib3 import ProxyManager
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.message import serve

LOCAL = frozenset({"127.0.0.1", "localhost"})

pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


LIMITS = Timeout(connect=30, read=30)
ONCE = Policy(attempts=1, timeout=LIMITS, breaker=None, budget=None)
INSECURE = dataclasses.replace(ONCE, insecure_hosts=LOCAL)
DIRECT = dataclasses.replace(ONCE, direct_hosts=LOCAL)


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


@pytest.mark.skipif(urllib3.__version__.startswith("1."), reason="needs urllib3 2")
@pytest.mark.parametrize("given", ["file", "context", "trust"])
def test_whoever_is_trusted_the_way_around_trusts_anybody(manager, events, expired, given):
    trusted = {
        "file": {"ca_certs": expired.verify},
        "context": {"ssl_context": ssl.create_default_context(cafile=expired.verify)},
        "trust": {"trust": expired.verify},
    }
    ours = manager(policy=INSECURE, **trusted[given])
    assert ours.request("GET", expired.url).status == 200
    assert len(told(events)) == 1


def test_a_fingerprint_is_asked_for_in_any_case(manager, expired):
    shown = ssl.get_server_certificate((expired.host, expired.port))
    right = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest()
    ours = manager(policy=INSECURE, ca_certs=expired.verify, assert_fingerprint=right)
    assert ours.request("GET", expired.url).status == 200
    wrong = "00" * 32
    ours = manager(policy=INSECURE, ca_certs=expired.verify, assert_fingerprint=wrong)
    with pytest.raises(errors.RingbackError):
        ours.request("GET", expired.url)
    assert expired.requests == 1


def test_a_certificate_of_ones_own_is_presented(lab, manager):
    def asking(context, lab):
        context.load_verify_locations(lab.certificates.bundle)
        context.verify_mode = ssl.CERT_REQUIRED

    endpoint = secured("expired", prepare=asking)(lab)
    ours = manager(policy=INSECURE, ca_certs=endpoint.verify, cert_file=endpoint.client_certificate)
    assert ours.request("GET", endpoint.url).status == 200


def test_a_body_that_can_be_sent_once_is_sent_once(manager, expired):
    ours = manager(policy=INSECURE, ca_certs=expired.verify)
    answer = ours.request("POST", expired.url, body=(part for part in [b"a", b"b"]))
    assert json.loads(answer.data)["size"] == 2
    assert expired.requests == 1


# Past a proxy


def test_directly_no_credentials_of_the_proxy_are_sent(lab, manager, events, dead):
    target = lab.listen(serve)
    secret = urllib3.make_headers(proxy_basic_auth="u:hunter2")
    ours = manager(ProxyManager, at(dead), policy=DIRECT, proxy_headers=secret)
    assert ours.request("GET", target.url).status == 200
    assert ours.request("GET", target.url, headers={"PROXY-authorization": "x"}).status == 200
    assert ours.request("GET", target.url, headers=HTTPHeaderDict(secret)).status == 200
    assert len(told(events)) == 3
    assert all(b"proxy-auth" not in seen.received.lower() for seen in target.seen)


def test_the_pools_go_with_the_manager(events, target, dead):
    ours = ProxyManager(at(dead), policy=DIRECT, sinks=[events.append])
    assert ours.request("GET", target.url).status == 200
    ours.clear()
    assert len(ours.call_settings.fallbacks._direct.pools) == 0
