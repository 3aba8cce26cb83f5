import pytest

from ringback.testing.lab import Lab


@pytest.fixture(scope="module")
def lab():
    """A lab of the module's own: what its endpoints have seen comes from there alone."""
    with Lab() as running:
        yield running
