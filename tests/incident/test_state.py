"""The state table is complete, and says what the prose above it says."""

from typing import get_args

import pytest

from ringback.incident.model import EndpointState, Input
from ringback.incident.state import TABLE, next_state


@pytest.mark.parametrize("state", get_args(EndpointState))
def test_every_input_is_answered_in_every_state(state):
    assert set(TABLE[state]) == set(get_args(Input))


@pytest.mark.parametrize("state", get_args(EndpointState))
def test_enough_failures_are_down_and_a_check_that_says_nothing_changes_nothing(state):
    assert next_state(state, "failed_enough") == "down"
    assert next_state(state, "not_known") == state
    assert next_state(state, "recovered") == "ok"


def test_one_failure_is_a_suspicion_and_one_success_no_recovery():
    assert next_state("ok", "failure") == "suspect"
    assert next_state("suspect", "success") == "ok"
    assert next_state("down", "success") == "recovering"
    assert next_state("recovering", "failure") == "down"
