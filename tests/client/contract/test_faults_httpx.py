"""The faults of the lab through the integrations of httpx."""

import pytest
from client.contract.faults import Faults
from client.contract.outcomes import shares


@pytest.mark.parametrize("share", shares("httpx"))
class TestFaults(Faults):
    pass
