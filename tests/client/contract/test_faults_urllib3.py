"""The faults of the lab through the integrations of urllib3."""

import pytest
from client.contract.faults import Faults
from client.contract.outcomes import shares


@pytest.mark.parametrize("share", shares("urllib3"))
class TestFaults(Faults):
    pass
