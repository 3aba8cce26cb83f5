"""The two drivers are one text: the same substitutions turn one into the other."""

import re
from pathlib import Path

import pytest

import ringback.client

ROOM = Path(ringback.client.__file__).parent
RULES = [
    (r"The loop of attempts for tasks; a test holds it equal to its twin\.",
     "The loop of attempts; with its twin for tasks, the only code that waits."),
    (r"from collections\.abc import Awaitable, Callable", "from collections.abc import Callable"),
    (r"Awaitable\[T \| Failed\[T\]\]", "T | Failed[T]"),
    (r"\basync def\b", "def"),
    (r"\bawait ", ""),
    (r"import AsyncClock, Call, ", "import Call, Clock, "),
    (r"\bAsyncClock\b", "Clock"),
    (r", run\.policy, clock\.sleep\)", ", run.policy)"),
    (r"\badiagnosed\b", "diagnosed"),
]  # fmt: skip


def substituted(text):
    for pattern, replacement in RULES:
        text, count = re.subn(pattern, replacement, text)
        assert count, f"nothing to substitute for {pattern}"
    return text


def test_the_drivers_are_twins():
    synchronous = (ROOM / "drive_sync.py").read_text("utf-8")
    assert substituted((ROOM / "drive_async.py").read_text("utf-8")) == synchronous


@pytest.mark.parametrize("changed", ["run.abandon()", "outcome.release()", "clock.monotonic()"])
def test_a_difference_would_be_seen(changed):
    asynchronous = (ROOM / "drive_async.py").read_text("utf-8").replace(changed, "pass", 1)
    assert substituted(asynchronous) != (ROOM / "drive_sync.py").read_text("utf-8")
