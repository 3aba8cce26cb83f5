"""The faults of the lab through the integrations of requests."""

import pytest
from client.contract.faults import Faults
from client.contract.outcomes import shares


@pytest.mark.parametrize("share", shares("requests"))
class TestFaults(Faults):
    pass
