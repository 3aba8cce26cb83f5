"""Waiting for what others do, and not for a time."""

import time

from ringback.client import origins

TEST_TIMEOUT = 30.0


def until(condition):
    end = time.monotonic() + TEST_TIMEOUT
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.01)


def calls_in_line():
    """How many calls of this process wait for the end of an outage."""
    return sum(state.waiting for state in origins.states().values())
