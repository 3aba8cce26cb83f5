"""The worlds that the selected tests ask for, each built once for all of them."""

import pytest
from e2e.census import visited
from e2e.visit import curled, diagnosed
from e2e.world import World
from requires import requires

_VISITS = {"diagnosed": diagnosed, "curled": curled}
"""What is done in a world, in this order: a diagnosis finds it as nobody has been there before."""


@pytest.fixture(scope="session")
def visit(request):
    """Return what came of a visit to a world: ``visit(world, "diagnosed")``."""
    requires("root", "netns", "ip", "iptables", "ip6tables", "nft", "setpriv", "curl")
    asked, worlds = {}, {}
    for item in request.session.items:
        if mark := item.get_closest_marker("visits"):
            for world in item.callspec.params.values():
                if isinstance(world, World):
                    worlds[world.name] = world
                    asked.setdefault(world.name, set()).update(mark.args)

    def all_of(world, site):
        return {
            name: _result(make, world, site)
            for name, make in _VISITS.items()
            if name in asked[world.name]
        }

    found = visited(worlds.values(), all_of)

    def result(world, name):
        made = found[world.name]
        came = made if isinstance(made, Exception) else made[name]
        if isinstance(came, Exception):
            raise came
        return came

    return result


def _result(make, world, site):
    try:
        return make(world, site)
    except Exception as error:  # noqa: BLE001 - raised to the test that asks for it
        return error
