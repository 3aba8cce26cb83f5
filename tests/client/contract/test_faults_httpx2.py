"""The faults of the lab through the integrations of httpx2."""

import pytest
from client.contract.faults import Faults
from client.contract.outcomes import shares


@pytest.mark.parametrize("share", shares("httpx2"))
class TestFaults(Faults):
    pass
