import socket
import sys

import pytest

from ringback.failure import codes


@pytest.mark.skipif(sys.platform != "linux", reason="compares the table with this Linux")
def test_the_numbers_are_this_machines():
    here = {n: name for n, name in codes.EAI_NAME_OF_NUMBER.items() if n < 0}

    assert {n: name for n, name in here.items() if getattr(socket, name, n) != n} == {}


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (-2, "dns.name_not_resolved"),
        (8, "dns.name_not_resolved"),
        (11001, "dns.name_not_resolved"),
        (-3, "dns.temporary_failure"),
        (2, "dns.temporary_failure"),
        (11002, "dns.temporary_failure"),
        (-5, "dns.no_address"),
        (7, "dns.no_address"),
        (11004, "dns.no_address"),
        (-4, "dns.failed"),
        (-999, "dns.failed"),
    ],
)
def test_one_kind_on_every_platform(number, kind):
    assert codes.kind_of_eai(number) == kind
