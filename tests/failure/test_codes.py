import email.message
import errno
import os
import socket
import ssl
import sys
import urllib.error

import pytest

from ringback.client.http import failure_of_status
from ringback.failure import Target, classify, codes
from ringback.failure.kinds import KINDS
from ringback.failure.text.wording import RESOLVER_ENGLISH, SYSTEM_ENGLISH, SYSTEM_TRANSLATED


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


@pytest.mark.skipif(sys.platform != "linux", reason="compares the table with this Linux")
def test_the_numbers_of_linux_are_this_machines():
    assert {n: errno.errorcode[n] for n in codes.LINUX_ERRNO} == codes.LINUX_ERRNO


@pytest.mark.skipif(sys.platform != "linux", reason="compares the wording with this Linux")
@pytest.mark.parametrize(
    "name", ["ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ECONNRESET", "EPIPE"]
)
def test_this_machines_wording_is_in_the_table(name):
    words = os.strerror(getattr(errno, name)).lower()

    assert [found for part, found in SYSTEM_ENGLISH.items() if part in words] == [name]


def test_every_name_has_a_kind():
    names = {
        *codes.LINUX_ERRNO.values(),
        *codes.MACOS_ERRNO.values(),
        *codes.WINDOWS_ERRNO.values(),
    }

    without = names - set(codes.KIND_OF_ERRNO)

    assert without == {"ENOENT", "EMSGSIZE"}
    assert set(codes.KIND_OF_ERRNO.values()) <= set(KINDS)


def test_no_wording_is_part_of_another_with_another_meaning():
    table = {**SYSTEM_ENGLISH, **SYSTEM_TRANSLATED, **RESOLVER_ENGLISH}

    clashes = [
        (short, long)
        for short in table
        for long in table
        if short != long and short in long and table[short] != table[long]
    ]

    assert clashes == []


@pytest.mark.skipif(sys.platform != "linux", reason="compares the table with this Linux")
def test_the_numbers_are_this_machines():
    here = {n: name for n, name in codes.EAI_NAME_OF_NUMBER.items() if n < 0}

    assert {n: name for n, name in here.items() if getattr(socket, name, n) != n} == {}


def test_every_kind_exists():
    named = {*codes.KIND_OF_OPENSSL_REASON.values(), *codes.KIND_OF_TLS_ALERT.values()}

    assert named | set(codes.KIND_OF_VERIFY_CODE.values()) <= set(KINDS)


def test_every_alert_of_the_standard_is_named():
    assert {int(alert) for alert in ssl.AlertDescription} <= set(codes.KIND_OF_TLS_ALERT)
