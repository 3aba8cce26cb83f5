"""Worlds in which something does not answer: all of them wait at the same time."""

import pytest
from e2e.judge import faults
from e2e.worlds import WORLDS as ALL

pytestmark = pytest.mark.netns

WORLDS = [world for world in ALL.values() if world.silent]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_verdict_names_the_fault(world, visits):
    wrong = faults(world, visits[world.name])
    assert not wrong, "\n".join(wrong)
