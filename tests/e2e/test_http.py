import pytest
from e2e.judge import faults
from e2e.worlds import answering, http, proxy, redirects, status, urls

pytestmark = pytest.mark.netns

WORLDS = answering(http, proxy, redirects, status, urls)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_verdict_names_the_fault(world, visits):
    wrong = faults(world, visits[world.name])
    assert not wrong, "\n".join(wrong)
