"""The program as a user starts it: an ordinary user, a process of its own."""

import pytest
from e2e.judge import faults
from e2e.run_parallel import run_parallel
from e2e.run_scenario import diagnosed
from e2e.worlds import WORLDS as ALL

pytestmark = pytest.mark.netns

WORLDS = [ALL[name] for name in ("healthy-https", "name-missing", "certificate-expired")]


@pytest.fixture(scope="module")
def started(program):
    return run_parallel(WORLDS, diagnosed)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_verdict_names_the_fault(world, started):
    wrong = faults(world, started[world.name])
    assert not wrong, "\n".join(wrong)
