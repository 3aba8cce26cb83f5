import pytest

from ringback.diagnosis.layer.tls_readings import matches

SAME = [
    ("www.example.test", "www.example.test"),
    ("www.example.test", "WWW.Example.Test."),
    ("*.example.test", "www.example.test"),
    ("192.0.2.1", "192.0.2.1"),
    ("2001:db8::1", "[2001:0db8::1]"),
    ("fe80::1", "fe80::1%eth0"),
    ("xn--bcher-kva.test", "bücher.test"),
]
OTHER = [
    ("example.test", "www.example.test"),
    ("*.example.test", "example.test"),
    ("*.example.test", "a.b.example.test"),
    ("*.test", "www.test"),
    ("w*.example.test", "www.example.test"),
    ("*.0.2.1", "192.0.2.1"),
    ("192.0.2.1", "192.0.2.2"),
]


@pytest.mark.parametrize(("name", "host"), SAME)
def test_a_certificate_is_for_the_host(name, host):
    assert matches(["other.test", name], host)


@pytest.mark.parametrize(("name", "host"), OTHER)
def test_a_certificate_is_for_another(name, host):
    assert not matches([name], host)
