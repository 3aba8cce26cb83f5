import pytest
from rows import each

from ringback.failure import codes
from ringback.failure.kinds import KINDS


@each("number", range(400, 600))
def test_every_status_has_a_kind(number):
    assert codes.kind_of_status(number) in KINDS


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (407, "proxy.auth_required"),
        (403, "proxy.denied"),
        (405, "proxy.protocol_error"),
        (200, "proxy.protocol_error"),
        (502, "proxy.upstream_failed"),
    ],
)
def test_a_refused_tunnel(number, kind):
    assert codes.kind_of_connect_status(number) == kind
