import pytest

from ringback.testing.lab import Lab
from tests.requires import requires


@pytest.fixture(scope="module")
def lab():
    requires("cryptography")
    with Lab() as running:
        yield running
