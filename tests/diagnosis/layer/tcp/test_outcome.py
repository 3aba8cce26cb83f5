import pytest

from ringback.diagnosis.layer.connect import (
    KIND_OF,
    errno_name,
    kind_of,
    meaning,
    of_errno,
    of_icmp,
)
from ringback.diagnosis.layer.kernel import Icmp
from ringback.failure import KINDS


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


def test_meaning():
    assert meaning(icmp(4, 3, 13)) == "ICMP 3/13 (administratively prohibited)"
    assert meaning(icmp(6, 3, 0)) == "ICMPv6 3/0 (time to live exceeded)"
    assert meaning(icmp(4, 8, 0)) == "ICMP 8/0"


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


def test_names_of_numbers():
    assert errno_name(111) == "ECONNREFUSED"
    assert errno_name(99999) == "99999"
    assert errno_name(None) is None


def test_every_kind_is_one_of_the_taxonomy():
    assert {kind for kind in KIND_OF.values() if kind} <= set(KINDS)
