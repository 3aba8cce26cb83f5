import errno
import os
import sys

import pytest

from ringback.failure import codes
from ringback.failure.kinds import KINDS
from ringback.failure.text.wording import RESOLVER_ENGLISH, SYSTEM_ENGLISH, SYSTEM_TRANSLATED


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
