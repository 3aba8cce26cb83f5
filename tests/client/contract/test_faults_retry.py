"""The faults of the lab through ``ringback.retry`` around what comes with Python."""

import pytest
from client.contract.faults import Faults
from client.contract.outcomes import shares


@pytest.mark.parametrize("share", shares("urllib", "http.client", "socket", "asyncio"))
class TestFaults(Faults):
    pass
