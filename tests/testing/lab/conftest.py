import pytest

from ringback.testing.lab import Lab


@pytest.fixture
def lab():
    with Lab() as running:
        yield running
