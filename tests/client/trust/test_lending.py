"""urllib3's own connections, with contexts lent to them, against the lab."""

import ssl

import pytest
import urllib3
from urllib3.util import ssl_

from ringback import classify, errors
from ringback.client.trust import Trust, context
from ringback.client.trust.context import certifi_bundle
from ringback.client.trust.lending import lent

pytestmark = pytest.mark.skipif(urllib3.__version__.startswith("1."), reason="needs urllib3 2")


@pytest.fixture
def connection():
    class Lent(urllib3.connection.HTTPSConnection):
        trust, used = None, ()

        def connect(self):
            with lent(self, self.trust):
                type(self).used += (self.ssl_context,)
                super().connect()

    return Lent


@pytest.fixture
def call(connection):
    pools = []

    def get(endpoint, trust=None, **options):
        pool = urllib3.HTTPSConnectionPool(endpoint.host, endpoint.port, retries=False, **options)
        pool.ConnectionCls = connection
        connection.trust = trust
        pools.append(pool)
        return pool.request("GET", "/").status

    yield get
    for pool in pools:
        pool.close()


@pytest.fixture
def endpoint(lab):
    return lab.start("ok:tls")


def test_connections_share_a_context(call, connection, endpoint):
    for _ in range(3):
        assert call(endpoint, ca_certs=endpoint.verify) == 200
    (shared,) = set(connection.used)
    assert type(shared).__name__ == "SharedContext"


def test_what_the_connection_was_given_is_back_afterwards(call, connection, endpoint):
    with pytest.raises(urllib3.exceptions.SSLError):
        call(endpoint, ca_certs=certifi_bundle())
    one = connection(endpoint.host, endpoint.port, ca_certs=endpoint.verify)
    one.connect()
    one.close()
    assert (one.ca_certs, one.ssl_context) == (endpoint.verify, None)


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_what_one_calls_unverified_another_still_verifies(call, lab):
    expired = lab.start("tls.cert.date_invalid.expired")
    assert call(expired, ca_certs=expired.verify, cert_reqs="CERT_NONE") == 200
    with pytest.raises(urllib3.exceptions.SSLError) as caught:
        call(expired, ca_certs=expired.verify)
    assert classify(caught.value).kind == "tls.cert.date_invalid.expired"


def test_a_client_certificate_is_presented(call, lab):
    asking = lab.start("ok:client_certificate")
    own = asking.client_certificate
    assert call(asking, ca_certs=asking.verify, cert_file=own) == 200
    assert call(asking, Trust.of(asking.verify, client_certificate=own)) == 200


def test_the_programs_trust_takes_the_place_of_certifis_bundle(call, endpoint):
    trust = Trust.of(endpoint.verify)
    assert call(endpoint, trust, ca_certs=certifi_bundle()) == 200
    assert call(endpoint, trust) == 200


def test_a_bundle_of_the_connections_own_goes_before_the_programs_trust(call, lab, endpoint):
    stranger = lab.certificates._file("stranger", lab.certificates.unknown_root.pem)
    with pytest.raises(urllib3.exceptions.SSLError):
        call(endpoint, Trust.of(endpoint.verify), ca_certs=stranger)


def test_a_file_of_the_programs_trust_that_is_wrong_is_named(call, endpoint, tmp_path):
    file = tmp_path / "ca.pem"
    with pytest.raises(urllib3.exceptions.SSLError, match="there is no such file") as caught:
        call(endpoint, Trust.of(file))
    assert isinstance(caught.value.__cause__, errors.TLSFilesInvalid)
    assert classify(caught.value).kind == "config.tls_files_invalid"


@pytest.mark.parametrize(
    "own",
    [
        {"assert_hostname": "localhost"},
        {"assert_hostname": False},
        {"ssl_minimum_version": ssl.TLSVersion.TLSv1_2},
        {"ssl_context": ssl.create_default_context()},
    ],
)
def test_settings_of_its_own_are_left_to_urllib3(call, connection, endpoint, own):
    assert call(endpoint, ca_certs=endpoint.verify, **own) == 200
    (used,) = connection.used
    assert used is own["ssl_context"] if "ssl_context" in own else type(used) is ssl.SSLContext


def test_whoever_has_taken_the_place_of_pythons_contexts_is_used(
    call, connection, endpoint, monkeypatch
):
    class Theirs(ssl.SSLContext):
        pass

    monkeypatch.setattr(ssl_, "SSLContext", Theirs)
    assert call(endpoint, ca_certs=endpoint.verify) == 200
    (used,) = connection.used
    assert type(used) is Theirs


def test_a_context_is_that_which_urllib3_would_make(endpoint):
    theirs = ssl_.create_urllib3_context()
    ours = context.ssl_context(Trust.of(endpoint.verify))
    for name in (
        "verify_mode", "check_hostname", "verify_flags", "minimum_version", "maximum_version",
        "post_handshake_auth", "hostname_checks_common_name", "keylog_filename",
    ):  # fmt: skip
        assert getattr(ours, name) == getattr(theirs, name), name
    assert [cipher["name"] for cipher in ours.get_ciphers()] == [
        cipher["name"] for cipher in theirs.get_ciphers()
    ]
