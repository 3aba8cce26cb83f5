"""The state table is complete, and says what the prose above it says."""

from typing import get_args

import pytest

from ringback.incident.model import EndpointState, Input
from ringback.incident.state import TABLE, after


@pytest.mark.parametrize("state", get_args(EndpointState))
def test_every_input_is_answered_in_every_state(state):
    assert set(TABLE[state]) == set(get_args(Input))


@pytest.mark.parametrize("state", get_args(EndpointState))
def test_enough_failures_are_down_and_a_check_that_says_nothing_changes_nothing(state):
    assert after(state, "failed_enough") == "down"
    assert after(state, "not_known") == state
    assert after(state, "recovered") == "ok"


def test_one_failure_is_a_suspicion_and_one_success_no_recovery():
    assert after("ok", "failure") == "suspect"
    assert after("suspect", "success") == "ok"
    assert after("down", "success") == "recovering"
    assert after("recovering", "failure") == "down"
