import gc
import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from effort import examples
from hypothesis import HealthCheck, settings
from scheduling import Shared
from turns import take_turns

# Nothing of what is collected goes: to look for garbage again and again was a third of the time.
gc.disable()

LONG = ("tests/testing/", "tests/integrations/", "tests/e2e/")

BYTECODE = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")

if sys.dont_write_bytecode:
    # Somebody wants none beside the sources: without any, each Python that a test starts would
    # compile everything, and each worker would rewrite every assertion again.
    sys.pycache_prefix, sys.dont_write_bytecode = BYTECODE, False
    os.environ["PYTHONPYCACHEPREFIX"] = BYTECODE
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The machine may be slow at times; no property is about how long something takes.
settings.register_profile(
    "busy",
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("busy")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell ignores it in what runs in the background, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    """A test that is named itself runs, though it be one of those that take long."""
    if any("::" in word for word in config.args) and config.option.markexpr == "not full":
        config.option.markexpr = ""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    take_turns(items)
    # What waits most begins first, so that in the end no process is left alone with it.
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish(session):
    """What is imported by now stays: no collection of garbage has to look at it again."""
    gc.enable()
    if not session.config.option.collectonly:
        gc.collect()
        gc.freeze()


def pytest_xdist_auto_num_workers(config):
    """A worker for each core and six more where all tests run, for most of them wait at times.

    What was named on the command line runs in this process.
    """
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return (os.cpu_count() or 1) + 6 if everything else 0


def pytest_xdist_make_scheduler(config, log):
    """Tests that share servers stay together."""
    return Shared(config, log)


@pytest.fixture
def unused_port():
    """A TCP port of 127.0.0.1 that refuses: bound, so that nobody else takes it, not listening."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests():
    """Circuits and retry budgets belong to the process; ports are used again by other tests."""
    yield
    if origins := sys.modules.get("ringback.client.origins"):
        origins.forget()
    if diagnosing := sys.modules.get("ringback.client.diagnose_on_giveup"):
        diagnosing.forget_diagnoses()
