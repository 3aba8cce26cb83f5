from functools import partial

import pytest
from e2e.preloaded import Preloaded
from e2e.run_parallel import run_parallel
from e2e.run_scenario import diagnosed_by
from requires import requires


@pytest.fixture(scope="session")
def program():
    requires("root", "netns", "ip", "iptables", "ip6tables", "nft", "setpriv")
    preloaded = Preloaded()
    yield preloaded
    preloaded.close()


@pytest.fixture(scope="module")
def visits(request, program):
    """What came of a diagnosis of each world of the module that is asked for: report and output."""
    return run_parallel(asked(request), partial(diagnosed_by, program))


def asked(request):
    """The worlds of those tests of the module that run."""
    worlds = {
        world.name: world
        for item in request.session.items
        if item.module is request.module and (world := item.callspec.params.get("world"))
    }
    return list(worlds.values())
