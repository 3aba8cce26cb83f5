"""How the tests of a run ended, and what differs between two runs."""

import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

BROKEN = ("failed", "error")
PASSED = "passed"
MISSING = "missing"
"""Ended a test that another run has and this one has not: it was not collected, or not reached."""


@dataclass(frozen=True)
class Outcome:
    """How one test ended.

    Attributes:
        was: ``passed``, ``failed``, ``error`` (outside the test's own call), ``skipped``,
            ``xfailed`` or ``xpassed``.
        said: First line of what was raised.
    """

    was: str
    said: str = ""


@dataclass(frozen=True)
class Result:
    """How a run ended.

    Attributes:
        form: Name of the form.
        judged: Does it count as ringback's?
        seconds: How long it took.
        status: Exit status of pytest.
        tests: Outcome of each test.
    """

    form: str
    judged: bool
    seconds: float
    status: int
    tests: Mapping[str, Outcome] = field(default_factory=dict)

    def counts(self) -> Counter[str]:
        """Return how many tests ended how."""
        return Counter(outcome.was for outcome in self.tests.values())


def outcomes(lines: Iterable[str]) -> dict[str, Outcome]:
    """Return how each test ended.

    Args:
        lines: What ``swap.record`` wrote: one JSON object for each phase of a test.
    """
    found: dict[str, Outcome] = {}
    for phase in map(json.loads, lines):
        if phase["phase"] != "call" and phase["outcome"] == PASSED:
            continue  # it says nothing yet: the process may end in the test
        outcome, before = _of_phase(phase), found.get(phase["test"])
        if before is None or (before.was not in BROKEN and outcome.was != PASSED):
            found[phase["test"]] = outcome
    return found


def differing(plain: Result, other: Result) -> dict[str, tuple[Outcome, Outcome]]:
    """Return the tests that ended differently, with how.

    Args:
        plain: The library as it is.
        other: The form to compare.
    """
    missing = Outcome(MISSING)
    names = dict.fromkeys([*plain.tests, *other.tests])
    pairs = {
        name: (plain.tests.get(name, missing), other.tests.get(name, missing)) for name in names
    }
    return {name: pair for name, pair in pairs.items() if pair[0].was != pair[1].was}


def lost(plain: Result, other: Result, accepted: Container[str] = ()) -> list[str]:
    """Return the tests that pass in one run and not in the other.

    Args:
        plain: The library as it is.
        other: The form to compare.
        accepted: Those that may be lost.
    """
    pairs = differing(plain, other).items()
    return [name for name, pair in pairs if pair[0].was == PASSED and name not in accepted]


def _of_phase(phase: Mapping[str, object]) -> Outcome:
    was, called = str(phase["outcome"]), phase["phase"] == "call"
    if phase["expected"]:
        return Outcome({"skipped": "xfailed", "passed": "xpassed"}.get(was, was))
    if was == "failed" and not called:
        was = "error"
    return Outcome(was, next(iter(str(phase["said"]).splitlines()), ""))
