import errno
import os
import sys

import pytest

from ringback.failure.codes import system
from ringback.failure.codes.wording import ENGLISH, RESOLVER, TRANSLATED
from ringback.failure.kinds import KINDS


@pytest.mark.skipif(sys.platform != "linux", reason="compares the table with this Linux")
def test_the_numbers_of_linux_are_this_machines():
    assert {n: errno.errorcode[n] for n in system.LINUX} == system.LINUX


@pytest.mark.skipif(sys.platform != "linux", reason="compares the wording with this Linux")
@pytest.mark.parametrize(
    "name", ["ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ECONNRESET", "EPIPE"]
)
def test_this_machines_wording_is_in_the_table(name):
    words = os.strerror(getattr(errno, name)).lower()

    assert [found for part, found in ENGLISH.items() if part in words] == [name]


def test_every_name_has_a_kind():
    names = {*system.LINUX.values(), *system.MACOS.values(), *system.WINDOWS.values()}

    without = names - set(system.KIND_OF_NAME)

    assert without == {"ENOENT", "EMSGSIZE"}
    assert set(system.KIND_OF_NAME.values()) <= set(KINDS)


def test_the_same_number_differs_between_platforms():
    assert system.MACOS[61] == system.LINUX[111] == system.WINDOWS[10061] == "ECONNREFUSED"
    assert 61 not in system.LINUX


def test_wordings_are_lower_case_and_name_known_codes():
    for words, name in {**ENGLISH, **TRANSLATED}.items():
        assert words == words.lower()
        assert "’" not in words
        assert name in system.KIND_OF_NAME
    assert all(name.startswith("EAI_") for name in RESOLVER.values())


def test_no_wording_is_part_of_another_with_another_meaning():
    table = {**ENGLISH, **TRANSLATED, **RESOLVER}

    clashes = [
        (short, long)
        for short in table
        for long in table
        if short != long and short in long and table[short] != table[long]
    ]

    assert clashes == []
