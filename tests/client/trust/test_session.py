"""Trust, and calls without verification, through a session, against the lab."""

import dataclasses
import logging
import pickle
from pathlib import Path

import pytest
import urllib3

from ringback import Backoff, Policy, Session, Timeout, errors
from ringback.retry import GiveUp
from ringback.testing.lab import FAULTS
from ringback.testing.lab.healthy import over_tls, secured
from ringback.testing.lab.http import redirect
from ringback.testing.lab.message import answering
from ringback.testing.lab.proxy import proxy

CERTIFICATE_FAULTS = [
    name
    for name, fault in FAULTS.items()
    if fault.kind.startswith("tls.cert.") and fault.provoke == "get"
]
LOCAL = frozenset({"127.0.0.1", "localhost"})

pytestmark = [
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
    pytest.mark.skipif(urllib3.__version__.startswith("1."), reason="needs urllib3 2"),
]


@pytest.fixture
def policy():
    return Policy(
        backoff=Backoff(base=0), timeout=Timeout(connect=30, read=30), breaker=None, budget=None
    )


@pytest.fixture
def insecure(policy):
    return dataclasses.replace(policy, insecure_hosts=LOCAL)


@pytest.fixture
def open_session(events):
    opened = []

    def make(policy, **options):
        one = Session(policy=policy, sinks=[events.append], **options)
        one.trust_env = False
        opened.append(one)
        return one

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def expired(lab):
    """A server of its own whose certificate has expired."""
    return secured("expired")(lab)


def told(events):
    return [event.detail for event in events if event.what == "fallback"]


def decisions(events):
    return [type(event.decision) for event in events if event.what == "attempt"]


# Whom a session trusts


def test_a_session_trusts_whom_it_is_configured_to(lab, policy, open_session):
    endpoint = lab.start("ok:tls")
    with pytest.raises(errors.CertificateUntrusted):
        open_session(policy).get(endpoint.url)
    assert open_session(policy, trust=["certifi", endpoint.verify]).get(endpoint.url).ok


def test_what_the_program_says_goes_before_the_environment(
    lab, policy, open_session, monkeypatch, tmp_path
):
    endpoint = lab.start("ok:tls")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    session = open_session(policy, trust=endpoint.verify)
    session.trust_env = True
    assert session.get(endpoint.url).ok


def test_a_file_that_is_wrong_is_said_before_any_call(policy, open_session, tmp_path):
    missing = tmp_path / "corp.pem"
    with pytest.raises(errors.TLSFilesInvalid, match=f"CA file {missing}: there is no such file"):
        open_session(policy, trust=missing)


def test_a_file_that_goes_wrong_later_is_said_and_nothing_is_tried_again(
    lab, policy, open_session, events, tmp_path
):
    endpoint, file = secured()(lab), tmp_path / "corp.pem"
    file.write_bytes(Path(endpoint.verify).read_bytes())
    session = open_session(policy, trust=file)
    file.write_bytes(b"")
    with pytest.raises(errors.TLSFilesInvalid, match=f"CA file {file}: it is empty"):
        session.get(endpoint.url)
    assert decisions(events) == [GiveUp]


def test_a_proxy_over_tls_is_verified_by_the_same_trust(lab, policy, open_session):
    context = lab.certificates.server("good")
    secure_proxy = lab.listen(over_tls(context, proxy))
    target, through = lab.start("ok:tls"), f"https://localhost:{secure_proxy.port}"
    session = open_session(policy, trust=target.verify, proxies=through)
    assert session.get(target.url).ok
    with pytest.raises(errors.ProxyError):
        open_session(policy, trust="certifi", proxies=through).get(target.url)


# A certificate that fails


@pytest.mark.parametrize("fault", CERTIFICATE_FAULTS)
def test_it_is_not_tried_again_and_nothing_is_sent(lab, policy, open_session, events, fault):
    endpoint = FAULTS[fault].start(lab)
    with pytest.raises(errors.CertificateError) as caught:
        open_session(policy, trust=endpoint.verify).post(endpoint.url, data=b"secret")
    assert caught.value.failure.kind == FAULTS[fault].kind
    assert (len(endpoint.seen), endpoint.requests) == (1, 0)
    assert decisions(events) == [GiveUp]
    assert told(events) == []


@pytest.mark.parametrize("fault", CERTIFICATE_FAULTS)
def test_a_host_that_the_policy_names_is_called_without_verification(
    lab, insecure, open_session, events, fault
):
    endpoint = FAULTS[fault].start(lab)
    session = open_session(insecure, trust=endpoint.verify)
    for number in (1, 2):
        assert session.post(endpoint.url, data=b"once").status_code == 200
        assert endpoint.requests == number
    reason = f"which failed ({FAULTS[fault].kind})"
    assert told(events) == [f"verification of the server's certificate, {reason}"] * 2
    assert {event.failure.kind for event in events if event.failure} == {FAULTS[fault].kind}
    assert len(endpoint.seen) == 3, "each call verified first; the unverified connection was kept"


@pytest.mark.parametrize("named", [{"localhost"}, {"*.0.0.1"}, {"*"}, set()])
def test_a_host_that_is_not_named_is_not_called(policy, open_session, events, expired, named):
    policy = dataclasses.replace(policy, insecure_hosts=named)
    with pytest.raises(errors.CertificateExpired):
        open_session(policy, trust=expired.verify).get(expired.url)
    assert expired.requests == 0
    assert told(events) == []


def test_a_redirect_to_a_host_that_is_not_named_is_not_followed(
    lab, policy, open_session, events, expired
):
    policy = dataclasses.replace(policy, insecure_hosts={"localhost"})
    first = lab.listen(answering(redirect(expired.url)))
    with pytest.raises(errors.CertificateExpired):
        open_session(policy, trust=expired.verify).get(f"http://localhost:{first.port}/")
    assert expired.requests == 0
    assert told(events) == []


def test_a_good_certificate_is_verified_although_the_host_is_named(
    lab, insecure, open_session, events
):
    endpoint = secured()(lab)
    assert open_session(insecure, trust=endpoint.verify).get(endpoint.url).ok
    assert told(events) == []


def test_a_body_that_can_be_sent_once_is_sent_once(insecure, open_session, expired):
    session = open_session(insecure, trust=expired.verify)
    assert session.post(expired.url, data=(part for part in [b"a", b"b"])).json()["size"] == 2
    assert expired.requests == 1


def test_behind_a_proxy_over_tls_verification_is_never_left_out(
    lab, insecure, open_session, events, expired
):
    secure_proxy = lab.listen(over_tls(lab.certificates.server("good"), proxy))
    through = f"https://localhost:{secure_proxy.port}"
    with pytest.raises(errors.CertificateExpired):
        open_session(insecure, trust=expired.verify, proxies=through).get(expired.url)
    assert told(events) == []
    assert expired.requests == 0


def test_each_time_is_logged_as_a_warning_without_secrets(insecure, expired, caplog, logged):
    with caplog.at_level(logging.INFO), Session(policy=insecure, trust=expired.verify) as session:
        for _ in range(2):
            session.get(f"https://user:hunter2@127.0.0.1:{expired.port}/p?token=hunter2")
    levels, lines = logged()
    assert levels == ["WARNING", "WARNING"]
    assert (
        f"GET https://127.0.0.1:{expired.port}/p: going on without: verification of the server's "
        "certificate, which failed (tls.cert.date_invalid.expired)"
    ) in lines
    assert "hunter2" not in lines


def test_a_session_pickles_with_its_trust(lab, policy):
    endpoint = lab.start("ok:tls")
    with pickle.loads(pickle.dumps(Session(policy=policy, trust=endpoint.verify))) as restored:
        restored.trust_env = False
        assert restored.get(endpoint.url).ok
