"""Each world truly has its fault: curl meets it too, as far as curl can see it."""

import pytest
from e2e.worlds import WORLDS

pytestmark = [pytest.mark.netns, pytest.mark.nightly]

_SEEN = [world for world in WORLDS.values() if world.curl]


@pytest.mark.visits("curled")
@pytest.mark.parametrize("world", _SEEN, ids=lambda world: world.name)
def test_curl_meets_the_fault_of_the_world(world, visit):
    said = visit(world, "curled")

    assert said.status in world.curl, said.err


def test_every_world_says_what_another_tool_would_have_to_say():
    told = [w.name for w in WORLDS.values() if not w.facts and w.expected.healthy is False]

    assert told == []
