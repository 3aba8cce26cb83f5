"""The faults of the lab through the integrations of aiohttp."""

import pytest
from client.contract.faults import Faults
from client.contract.outcomes import shares


@pytest.mark.parametrize("share", shares("aiohttp"))
class TestFaults(Faults):
    pass
