import pickle
from pathlib import Path

import pytest

from ringback.client.trust import ClientCertificate, Trust

PEM = "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["system"], Trust(system=True)),
        (["certifi"], Trust(certifi=True)),
        (["/etc/corp.pem"], Trust(ca=("/etc/corp.pem",))),
        ([Path("/etc/corp.pem")], Trust(ca=("/etc/corp.pem",))),
        ([PEM], Trust(ca=(PEM,))),
        ([["system", "a.pem", "a.pem"]], Trust(system=True, ca=("a.pem",))),
        ([Trust(certifi=True), Trust(ca=("a",))], Trust(certifi=True, ca=("a",))),
    ],
)
def test_short_forms(named, expected):
    assert Trust.of(*named) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("both.pem", ClientCertificate("both.pem")),
        (Path("both.pem"), ClientCertificate("both.pem")),
        (("c.pem", "k.pem"), ClientCertificate("c.pem", "k.pem")),
        (("c.pem", None, "secret"), ClientCertificate("c.pem", None, "secret")),
    ],
)
def test_short_forms_of_a_client_certificate(given, expected):
    assert Trust.of("system", client_certificate=given).client_certificate == expected
    assert Trust(system=True, client_certificate=given).client_certificate == expected


def test_trusting_nobody_is_refused():
    with pytest.raises(ValueError, match="say whom to trust"):
        Trust()
    with pytest.raises(ValueError, match="say whom to trust"):
        Trust.of(client_certificate="c.pem")


def test_the_password_is_not_shown():
    trust = Trust.of("system", client_certificate=("c.pem", "k.pem", "hunter2"))
    assert "hunter2" not in repr(trust)
    assert "hunter2" not in str(trust.client_certificate)
    assert "k.pem" in repr(trust)


def test_it_is_a_value():
    trust = Trust.of("system", "a.pem", client_certificate=("c.pem", "k.pem", "p"))
    assert pickle.loads(pickle.dumps(trust)) == trust
    assert len({trust, Trust.of("a.pem", trust)}) == 1
