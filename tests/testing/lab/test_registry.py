import subprocess
import sys

import pytest

from ringback.failure.kinds import KINDS
from ringback.testing.lab import FAULTS, find
from ringback.testing.lab.fault import NEEDS
from ringback.testing.lab.lab import GROUPS


def test_a_fault_says_what_ringback_knows():
    assert len(FAULTS) == sum(len(group) for group in GROUPS)
    kinds = {kind for fault in FAULTS.values() for kind in (fault.kind, *fault.also)}
    assert kinds <= {"ok", *KINDS}
    assert {need for fault in FAULTS.values() for need in fault.needs} <= set(NEEDS)
    assert all(fault.summary for fault in FAULTS.values())


def test_a_kind_finds_its_fault_or_its_first_variant():
    assert find("tcp.refused").name == "tcp.refused"
    assert find("tcp.reset").name == "tcp.reset:on_accept"
    assert find("tcp.reset:mid_body").when == "mid_body"


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [("tcp.rest", "tcp.reset"), ("tcp.reset:x", "on_accept"), ("\0", "nearest: ")],
)
def test_what_is_not_there_is_answered_with_what_is(wrong, nearest):
    with pytest.raises(LookupError, match=nearest):
        find(wrong)


def test_the_plain_faults_do_without_optional_packages():
    code = """
import sys
sys.modules.update(cryptography=None, h2=None)
from ringback.testing.lab import Lab
from ringback.testing.lab.fault import NeedMissingError
with Lab() as lab:
    lab.start("tcp.reset")
    for name in ("ok:tls", "ok:http2"):
        try:
            lab.start(name)
        except NeedMissingError:
            continue
        raise AssertionError(name)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
