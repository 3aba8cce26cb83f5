"""The worlds that the selected tests ask for, each built once for all of them."""

import contextlib
from functools import partial

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
    worlds, asked = {}, {}
    for world, names in _asked_for(request.session.items):
        worlds[world.name] = world
        asked.setdefault(world.name, set()).update(names)
    found = visited(worlds.values(), partial(_visits, asked))

    def result(world, name):
        came = found[world.name]
        if not isinstance(came, Exception):
            came = came[name]
        if isinstance(came, Exception):
            raise came
        return came

    return result


def _asked_for(items):
    """Each world that a test has among its parameters, with what it must know of it."""
    for item in items:
        if mark := item.get_closest_marker("visits"):
            for value in item.callspec.params.values():
                if isinstance(value, World):
                    yield value, mark.args


def _visits(asked, world, site):
    """Visit a world; what a visit raises is its result, for the test that asks for it."""
    came = {}
    for name, make in _VISITS.items():
        if name in asked[world.name]:
            # What limits how often it says something has not forgotten the visit before.
            again = came and world.limits
            with world.made() if again else contextlib.nullcontext(site) as fresh:
                try:
                    came[name] = make(world, fresh)
                except Exception as error:  # noqa: BLE001 - it is raised to the test
                    came[name] = error
    return came
