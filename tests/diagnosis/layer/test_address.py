import socket

import pytest

from ringback.diagnosis.layer.kernel import sockaddr_of


def test_families():
    assert sockaddr_of("192.0.2.1", 80) == (socket.AF_INET, ("192.0.2.1", 80))
    assert sockaddr_of("2001:db8::1", 80) == (socket.AF_INET6, ("2001:db8::1", 80, 0, 0))
    assert sockaddr_of("fe80::1%1", 80)[1][3] == 1


@pytest.mark.parametrize("text", ["nowhere.invalid", "fe80::1%nothing0", "300.1.1.1"])
def test_no_address(text):
    with pytest.raises(socket.gaierror):
        sockaddr_of(text, 80)
