import email.message
import urllib.error

import pytest

from ringback.client.http import failure_of_status
from ringback.failure import Target, classify, codes
from ringback.failure.kinds import KINDS


def test_every_status_has_a_kind():
    assert {codes.kind_of_status(number) for number in range(400, 600)} <= set(KINDS)


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


@pytest.mark.parametrize(
    ("number", "delivered"),
    [
        (404, "yes"),
        (408, "maybe"),
        (425, "no"),
        (429, "no"),
        (500, "yes"),
        (502, "maybe"),
        (503, "yes"),
        (504, "maybe"),
        (520, "maybe"),
        (521, "no"),
        (522, "maybe"),
        (523, "maybe"),
        (524, "maybe"),
        (525, "no"),
        (526, "no"),
        (529, "yes"),
    ],
)
def test_what_a_status_says_of_delivery(number, delivered):
    """The same by its number, and by the exception of a client that has it."""
    error = urllib.error.HTTPError("http://api.example/", number, "", email.message.Message(), None)
    with error:
        assert classify(error).delivered == delivered
    assert failure_of_status(number, "", Target()).delivered == delivered
