"""Sees to it that a run with ringback proves something."""

from typing import Any

import pytest

from ringback.client.origins import states
from ringback.retry import Policy


def assert_all_on(policy: Policy) -> None:
    """Refuse to run where a default is off.

    Args:
        policy: The one that calls are made with.
    """
    if policy.attempts < 2 or not policy.budget or not policy.breaker or not policy.timeout.read:
        raise pytest.UsageError(f"the default policy is not what is to be proved: {policy}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many origins were called through ringback."""
    terminalreporter.write_line(f"ringback has called {len(states())} origins")
