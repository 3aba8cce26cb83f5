import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from rows import each

from ringback.failure.kinds import KINDS
from ringback.testing.lab import FAULTS, find
from ringback.testing.lab.fault import NEEDS
from ringback.testing.lab.lab import GROUPS


def provoked():
    """The faults that the test files beside this one provoke: their ``TESTED`` names."""
    names = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        if path != Path(__file__):
            module = importlib.import_module(f"tests.testing.lab.{path.stem}")
            names.update(getattr(module, "TESTED", ()))
    return names


def test_every_fault_is_provoked_on_the_wire():
    assert set(FAULTS) - provoked() == set()


def test_no_test_provokes_what_is_not_there():
    assert provoked() - set(FAULTS) == set()


def test_names_are_unique():
    assert len(FAULTS) == sum(len(group) for group in GROUPS)


@each("name", FAULTS)
def test_a_fault_says_what_ringback_knows(name):
    fault = FAULTS[name]
    assert {fault.kind, *fault.also} <= {"ok", *KINDS}
    assert set(fault.needs) <= set(NEEDS)
    assert fault.summary
    assert not fault.summary.endswith(".")


def test_a_kind_finds_its_fault_or_its_first_variant():
    assert find("tcp.refused").name == "tcp.refused"
    assert find("tcp.reset").name == "tcp.reset:on_accept"
    assert find("tcp.reset:mid_body").when == "mid_body"


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [("tcp.rest", "tcp.reset"), ("tls.cert.expired", "expired"), ("tcp.reset:x", "on_accept")],
)
def test_what_is_not_there_is_answered_with_what_is(wrong, nearest):
    with pytest.raises(LookupError, match=nearest):
        find(wrong)


@pytest.mark.parametrize("wrong", ["", ":", "zzzzzzzz", "\0"])
def test_nonsense_is_answered_too(wrong):
    with pytest.raises(LookupError, match="nearest: "):
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
