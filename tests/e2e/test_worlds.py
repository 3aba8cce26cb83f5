"""Each world truly has its fault: curl meets it too, as far as curl can see it."""

import pytest
from e2e.census import visited
from e2e.visit import run
from e2e.worlds import WORLDS
from requires import requires

pytestmark = [pytest.mark.netns, pytest.mark.full]

_SEEN = [world for world in WORLDS.values() if world.curl]
_CURL = ("curl", "-sS", "-L", "--max-redirs", "5", "-o", "/dev/null", "--max-time", "6")


@pytest.fixture(scope="module")
def met():
    requires("root", "netns", "ip", "iptables", "ip6tables", "nft", "curl", "setpriv")
    return visited(
        _SEEN, lambda world, site: run(site, [*_CURL, world.target], world.environment())
    )


@pytest.mark.parametrize("world", _SEEN, ids=lambda world: world.name)
def test_curl_meets_the_fault_of_the_world(world, met):
    said = met[world.name]
    if isinstance(said, Exception):
        raise said

    assert said.status in world.curl, said.err


def test_every_world_says_what_another_tool_would_have_to_say():
    told = [w.name for w in WORLDS.values() if not w.facts and w.expected.healthy is False]

    assert told == []
