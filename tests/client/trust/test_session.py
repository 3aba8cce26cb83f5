"""Trust, and calls without verification, through a session, against the lab."""

import dataclasses
import pickle
from pathlib import Path

import pytest
import urllib3

from ringback import Session, errors
from ringback.client.trust.context import certifi_bundle
from ringback.retry import GiveUp
from ringback.testing.lab.healthy import over_tls, secured
from ringback.testing.lab.proxy import proxy

LOCAL = frozenset({"127.0.0.1", "localhost"})

pytestmark = [
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
    pytest.mark.skipif(urllib3.__version__.startswith("1."), reason="needs urllib3 2"),
]


@pytest.fixture
def policy(policy):
    return dataclasses.replace(policy, breaker=None, budget=None)


@pytest.fixture
def insecure(policy):
    return dataclasses.replace(policy, insecure_hosts=LOCAL)


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


@pytest.fixture(params=["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def variable(request, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    return request.param


def test_verify_of_the_session_goes_before_the_environment(
    lab, policy, open_session, monkeypatch, variable
):
    endpoint = lab.start("ok:tls")
    monkeypatch.setenv(variable, certifi_bundle())

    def get(of_session, trust=None, **options):
        session = open_session(policy, trust=trust)
        session.trust_env, session.verify = True, of_session
        return session.get(endpoint.url, **options)

    for verify in (False, endpoint.verify):
        assert get(verify).ok
        assert get(True, verify=verify).ok
    for verify in (True, None, ""):  # none of them says not to verify
        with pytest.raises(errors.CertificateUntrusted):
            get(verify)
    for trust in (None, "certifi"):
        with pytest.raises(errors.CertificateUntrusted):
            get(False, trust, verify=True)


def test_a_failure_names_the_variable_that_decided(
    lab, policy, open_session, monkeypatch, tmp_path, variable
):
    endpoint, other = lab.start("ok:tls"), tmp_path / "other.pem"
    other.write_bytes(Path(certifi_bundle()).read_bytes())
    session = open_session(policy)
    session.trust_env = True
    missing = tmp_path / "none.pem"
    for path, named in ((other, errors.CertificateUntrusted), (missing, errors.TLSFilesInvalid)):
        monkeypatch.setenv(variable, str(path))
        with pytest.raises(named) as caught:
            session.get(endpoint.url)
        assert f"(trusts {path}, which {variable} names)" in caught.value.failure.message
        assert f"Set here: {variable}={path}." in caught.value.__notes__[0]
    session.verify = certifi_bundle()
    with pytest.raises(errors.CertificateUntrusted) as caught:
        session.get(endpoint.url)
    assert variable not in caught.value.failure.message + "".join(caught.value.__notes__)


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
    assert [type(event.decision) for event in events] == [GiveUp]


def test_a_proxy_over_tls_is_verified_by_the_same_trust(lab, policy, open_session):
    context = lab.certificates.server("good")
    secure_proxy = lab.listen(over_tls(context, proxy))
    target, through = lab.start("ok:tls"), f"https://localhost:{secure_proxy.port}"
    session = open_session(policy, trust=target.verify, proxies=through)
    assert session.get(target.url).ok
    with pytest.raises(errors.ProxyError):
        open_session(policy, trust="certifi", proxies=through).get(target.url)


# A certificate that fails


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
    assert [event.what for event in events] == ["attempt"]
    assert expired.requests == 0


def test_a_session_pickles_with_its_trust(lab, policy):
    endpoint = lab.start("ok:tls")
    with pickle.loads(pickle.dumps(Session(policy=policy, trust=endpoint.verify))) as restored:
        restored.trust_env = False
        assert restored.get(endpoint.url).ok
