import time

import pytest
from pulse import Pulse


@pytest.fixture
def seconds():
    """Tells how long a diagnosis took, without the time in which this process did not run."""
    with Pulse() as pulse:

        def since_it_began(context):
            now = time.monotonic()
            return pulse.ran(now - context.now(), now)

        yield since_it_began
