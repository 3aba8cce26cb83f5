import gc
import os
import signal
import socket

import pytest
from hypothesis import HealthCheck, settings
from nightly import THOROUGH, examples

# No property is about how long something takes: the machine may be slow at times. The gate tries
# the same examples each time; the long run looks for new ones.
settings.register_profile(
    "ringback",
    max_examples=examples(100),
    derandomize=not THOROUGH,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ringback")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell ignores it in what runs in the background, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers():
    """Half of the time tests wait for a timeout or a process: two workers for each core."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Nothing that is collected goes before the end: Python need not look for what might."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture
def unused_port():
    """A TCP port of 127.0.0.1 that refuses: bound, so that nobody else takes it, not listening."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
