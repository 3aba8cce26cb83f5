import pytest

from ringback import Backoff, Policy, Session, Timeout
from ringback.testing.lab import Lab


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


@pytest.fixture
def policy():
    """Three attempts without a wait, each of them short."""
    return Policy(backoff=Backoff(base=0), timeout=Timeout(connect=0.5, read=0.5))


@pytest.fixture
def events():
    return []


@pytest.fixture
def session(policy, events):
    with Session(policy=policy, sinks=[events.append]) as one:
        one.trust_env = False
        yield one
