import pytest

from ringback.testing.lab import Lab


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running
