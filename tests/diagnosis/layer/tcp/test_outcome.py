import pytest

from ringback.diagnosis.layer.connect import (
    kind_of,
    of_errno,
    of_icmp,
)
from ringback.diagnosis.layer.kernel import Icmp


def icmp(family, type_, code):
    return Icmp(
        family=family, type=type_, code=code, sender="192.0.2.1", own=False, is_target=False
    )


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ((4, 3, 0), "network_unreachable"),
        ((4, 3, 1), "host_unreachable"),
        ((4, 3, 2), "prohibited"),
        ((4, 3, 3), "refused"),
        ((4, 3, 4), None),  # too big: TCP sends less
        ((4, 3, 9), "prohibited"),
        ((4, 3, 10), "prohibited"),
        ((4, 3, 13), "prohibited"),
        ((4, 11, 0), "host_unreachable"),
        ((4, 12, 0), "error"),
        ((4, 3, 99), None),
        ((4, 8, 0), None),
        ((6, 1, 0), "network_unreachable"),
        ((6, 1, 1), "prohibited"),
        ((6, 1, 3), "host_unreachable"),
        ((6, 1, 4), "refused"),
        ((6, 1, 5), "prohibited"),
        ((6, 1, 6), "prohibited"),
        ((6, 2, 0), None),
        ((6, 3, 0), "host_unreachable"),
    ],
)
def test_icmp(message, outcome):
    assert of_icmp(icmp(*message)) == outcome


@pytest.mark.parametrize(
    ("name", "outcome", "kind"),
    [
        ("ECONNREFUSED", "refused", "tcp.refused"),
        ("ENETUNREACH", "network_unreachable", "tcp.address_unreachable.network"),
        ("EAFNOSUPPORT", "network_unreachable", "tcp.address_unreachable.network"),
        ("EHOSTUNREACH", "host_unreachable", "tcp.address_unreachable.host"),
        ("EACCES", "prohibited", "tcp.address_unreachable.prohibited"),
        ("EPERM", "prohibited", "tcp.address_unreachable.prohibited"),
        ("EINVAL", "invalid", "tcp.address_invalid"),
        ("EADDRNOTAVAIL", "invalid", "client.local_address"),
        ("EMFILE", "error", "client.resources_exhausted"),
        ("EIO", "error", "tcp.failed"),
        (None, "error", "tcp.failed"),
    ],
)
def test_errno(name, outcome, kind):
    assert of_errno(name) == outcome
    assert kind_of(outcome, name) == kind


def test_without_an_ipv6_address_there_is_no_way():
    assert of_errno("EADDRNOTAVAIL", 6) == "network_unreachable"
